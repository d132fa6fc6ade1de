"""Pull requests, checks and reviews, in GitHub's words."""

from enum import StrEnum

from agent.domain.ids import ActorId, BranchName, CommitSha
from agent.domain.value import Value

EVIDENCE_CHECK = "backsmith/evidence"
"""The name of the commit status that carries our own verdict; it is no check of the team's CI."""


class PullRequest(Value):
    """A pull request as it stands now."""

    repository: str
    number: int
    url: str
    title: str = ""
    body: str = ""
    branch: BranchName
    base: str
    head: CommitSha
    is_open: bool
    is_merged: bool
    is_draft: bool


class CheckRun(Value):
    """One CI check (a check run or a commit status) on one commit."""

    name: str
    conclusion: str | None
    """GitHub's conclusion; None while it is still running."""
    url: str | None = None
    log: str = ""
    """The tail of its log; only read for failed checks."""

    def is_failure(self) -> bool:
        """Tell whether the check ended in a way that someone must look at."""
        return self.conclusion not in (None, "success", "neutral", "skipped")


class ChecksState(StrEnum):
    """What all checks on a commit say together."""

    NONE = "none"
    """No check has been reported yet; this is not success."""
    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


def checks_state(
    checks: tuple[CheckRun, ...], required: frozenset[str] = frozenset()
) -> ChecksState:
    """Roll the newest check per name up into one state; a required one not yet seen is pending."""
    if any(check.is_failure() for check in checks):
        return ChecksState.FAILURE
    if not checks and not required:
        return ChecksState.NONE
    seen = {check.name for check in checks if check.conclusion is not None}
    if required - seen or any(check.conclusion is None for check in checks):
        return ChecksState.PENDING
    return ChecksState.SUCCESS


class ReviewState(StrEnum):
    """What a reviewer decided."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    COMMENTED = "commented"


class ReviewComment(Value):
    """A person's comment on the pull request that wants an answer.

    `id` tells the kind: `review:12` (the text of a review), `line:34` (on a line of the diff),
    `issue:56` (in the conversation).
    """

    id: str
    author: ActorId
    author_name: str
    text: str
    path: str | None = None
    line: int | None = None


class Feedback(Value):
    """Everything that people have said on a pull request, and the newest decision."""

    state: ReviewState | None
    """The newest decision of a reviewer that still counts."""
    unanswered: tuple[ReviewComment, ...]
    """Oldest first; those that carry our marker, or that we answered, are left out."""
