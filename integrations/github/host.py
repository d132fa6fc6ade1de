"""GitHub as the `CodeHost`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from threading import RLock

from github import Github, GithubException
from github.PullRequest import PullRequest as GitHubPullRequest
from github.Repository import Repository as GitHubRepository

from agent.domain.evidence import Verdict
from agent.domain.ids import BranchName, CommitSha
from agent.domain.pull_request import EVIDENCE_CHECK, CheckRun, Feedback, PullRequest
from agent.domain.repository import Repository
from agent.ports import PullRequestDraft
from integrations.github import checks, feedback, protection
from integrations.github.connection import Account, GitHubConnection, git_environment
from integrations.github.errors import reasons, translated
from integrations.github.replies import has_written, reply_to
from integrations.github.texts import CLOSED, quiet


class GitHubHost:
    """Pull requests, checks and reviews on GitHub or GitHub Enterprise Server.

    One call at a time: PyGithub's connection may not be shared between threads, and GitHub asks
    for serial requests.
    """

    def __init__(self, connection: GitHubConnection) -> None:
        self._connection = connection
        self._lock = RLock()

    def open_pull_request(self, draft: PullRequestDraft) -> PullRequest:
        """Open a draft pull request, or return the open one of the branch with its text updated.

        Mentions, closing keywords and images in the body are made harmless.
        """
        with self._asking(f"opening a pull request for {draft.branch}"):
            repository = self._repository(draft.repository)
            pull = _find_open(repository, draft) or _create(repository, draft)
            return _as_value(draft.repository, _with_text(pull, draft))

    def read_pull_request(self, repository: str, number: int) -> PullRequest:
        """Read a pull request as it stands now."""
        with self._asking(f"reading {repository}#{number}"):
            return _as_value(repository, self._pull(repository, number))

    def show_verdict(
        self, repository: str, commit: CommitSha, verdict: Verdict, text: str, url: str
    ) -> None:
        """Put our verdict on a commit; nothing happens when it is shown there already."""
        with self._asking(f"putting the verdict on {repository}@{commit[:9]}"):
            found = self._repository(repository).get_commit(commit)
            checks.show_verdict(found, verdict, text, url)

    def read_checks(self, repository: str, commit: CommitSha) -> tuple[CheckRun, ...]:
        """Return the newest check per name on a commit, failed ones with the tail of their log."""
        with self._asking(f"reading the checks of {repository}@{commit[:9]}"):
            found = self._repository(repository).get_commit(commit)
            return checks.read_checks(self._client, repository, found)

    def required_checks(self, repository: str, branch: str) -> frozenset[str]:
        """Return the names of the checks that branch protection asks for; empty when unknown."""
        with self._asking(f"reading the protection of {repository}:{branch}"):
            required = protection.required_checks(self._client, repository, branch)
            return required - {EVIDENCE_CHECK}

    def read_feedback(self, repository: str, number: int) -> Feedback:
        """Return the newest decision and the comments by people that we have not answered."""
        with self._asking(f"reading the reviews of {repository}#{number}"):
            return feedback.read_feedback(self._pull(repository, number), self._ourselves.login)

    def reply(self, repository: str, number: int, comment: str, text: str) -> str:
        """Answer one comment of `read_feedback`, once; return the answer's id."""
        with self._asking(f"answering {comment} on {repository}#{number}"):
            return reply_to(self._pull(repository, number), comment, text, self._ourselves.login)

    def request_review(self, repository: str, number: int, reviewers: Sequence[str]) -> None:
        """Mark the pull request ready and ask for reviews; what is so already is left alone."""
        with self._asking(f"asking for a review of {repository}#{number}"):
            pull = self._pull(repository, number)
            if pull.draft:
                pull.mark_ready_for_review()
            known = {user.login.lower() for user in pull.requested_reviewers}
            known |= {review.user.login.lower() for review in pull.get_reviews() if review.user}
            known.add(pull.user.login.lower())
            missing = [login for login in reviewers if login.lower() not in known]
            if missing:
                pull.create_review_request(reviewers=missing)

    def close_pull_request(self, repository: str, number: int, reason: str) -> None:
        """Close without merging and say why, once; a merged pull request is left alone."""
        with self._asking(f"closing {repository}#{number}"):
            pull = self._pull(repository, number)
            if pull.merged_at is not None:
                return
            said = pull.get_issue_comments()
            if not any(has_written(self._ourselves.login, comment, CLOSED) for comment in said):
                pull.create_issue_comment(f"{quiet(reason)}\n\n{CLOSED}")
            if pull.state == "open":
                pull.edit(state="closed")

    def git_credentials(self, repository: Repository) -> dict[str, str]:
        """Return the environment in which git may fetch from and push to a repository."""
        with self._lock:
            return git_environment(self._connection, self._client, repository)

    def whoami(self) -> str:
        """Return our own account id, prefixed `github:`. Raises PermissionDeniedError."""
        with self._asking("asking who we are"):
            return f"github:{self._ourselves.id}"

    @cached_property
    def _client(self) -> Github:
        return self._connection.connect()

    @cached_property
    def _ourselves(self) -> Account:
        return self._connection.own_account(self._client)

    @contextmanager
    def _asking(self, doing: str) -> Iterator[None]:
        with self._lock, translated(doing):
            yield

    def _repository(self, name: str) -> GitHubRepository:
        return self._client.get_repo(name)

    def _pull(self, repository: str, number: int) -> GitHubPullRequest:
        pull = self._repository(repository).get_pull(number)
        pull.complete()
        return pull


def _find_open(repository: GitHubRepository, draft: PullRequestDraft) -> GitHubPullRequest | None:
    owner = draft.repository.split("/")[0]
    found = repository.get_pulls(state="open", head=f"{owner}:{draft.branch}")
    return next((pull for pull in found if pull.head.ref == draft.branch), None)


def _create(
    repository: GitHubRepository, draft: PullRequestDraft, as_draft: bool = True
) -> GitHubPullRequest:
    try:
        return repository.create_pull(
            draft.base, draft.branch, title=draft.title, body=quiet(draft.body), draft=as_draft
        )
    except GithubException as error:
        said = reasons(error).lower() if error.status == 422 else ""
        if "already exists" in said and (found := _find_open(repository, draft)):
            return found
        if as_draft and "draft" in said:  # private repositories of some plans have no drafts
            return _create(repository, draft, as_draft=False)
        raise


def _with_text(pull: GitHubPullRequest, draft: PullRequestDraft) -> GitHubPullRequest:
    body = quiet(draft.body)
    if (pull.title, (pull.body or "").replace("\r\n", "\n")) != (draft.title, body):
        pull.edit(title=draft.title, body=body)
    return pull


def _as_value(repository: str, pull: GitHubPullRequest) -> PullRequest:
    return PullRequest(
        repository=repository,
        number=pull.number,
        url=pull.html_url,
        title=pull.title,
        body=pull.body or "",
        branch=BranchName(pull.head.ref),
        base=pull.base.ref,
        head=CommitSha(pull.head.sha),
        is_open=pull.state == "open",
        is_merged=pull.merged_at is not None,
        is_draft=bool(pull.draft),
    )
