"""Commits, the pull request, its checks and its review."""

from dataclasses import dataclass

from temporalio import activity

from agent.commits import LOOKED_AT, commit_message, style_of
from agent.diffs import changed_paths
from agent.domain.errors import NotFoundError, PermissionDeniedError
from agent.domain.evidence import Gate, verdict
from agent.domain.ids import BranchName, CommitSha, LifeId, RunId, TicketKey
from agent.domain.plan import Plan
from agent.domain.pull_request import ChecksState, PullRequest, ReviewState, checks_state
from agent.domain.repository import Repository
from agent.domain.value import Value
from agent.done import verdict_text
from agent.evidence.openapi import comparison_in
from agent.ports import Artifacts, CodeHost, Ledger, PullRequestDraft, Workspace
from agent.report import Revisions, pull_request_body, pull_request_title
from workflows.activities.heartbeat import heartbeating


class Publication(Value):
    """What is to be published: a snapshot, as one commit on what was published before."""

    life: LifeId
    key: TicketKey
    run: RunId
    steps: int
    repository: Repository
    branch: BranchName
    base: CommitSha
    parent: CommitSha
    head: CommitSha
    approved_by: str


class PullRequestRef(Value):
    """A pull request in a ticket's life."""

    life: LifeId
    repository: str
    number: int


class PullRequestView(Value):
    """A pull request as far as a workflow must know it."""

    number: int
    url: str
    head: CommitSha
    is_open: bool
    is_merged: bool
    is_draft: bool


class CheckQuery(Value):
    """Which commit's checks to read; failing logs are kept as the brief of `run`."""

    pull_request: PullRequestRef
    commit: CommitSha
    base: str
    run: RunId


class CheckView(Value):
    """What CI says about a commit."""

    state: ChecksState
    failing: tuple[str, ...] = ()


class ReviewQuery(Value):
    """Which review to read; open comments are kept as the brief of `run`."""

    pull_request: PullRequestRef
    run: RunId


class ReviewView(Value):
    """What reviewers say."""

    state: ReviewState | None
    open_comments: int


class ReviewRequest(Value):
    """Whom to ask for a review."""

    pull_request: PullRequestRef
    reviewers: tuple[str, ...]


class Settled(Value):
    """A run's answers to review comments, and the commit that settles them."""

    pull_request: PullRequestRef
    run: RunId
    commit: CommitSha


class Closing(Value):
    """A pull request to close, and why."""

    pull_request: PullRequestRef
    reason: str


@dataclass(frozen=True)
class CodeHostActivities:
    """What is done on the code host."""

    host: CodeHost
    ledger: Ledger
    workspace: Workspace
    artifacts: Artifacts
    notices: tuple[str, ...] = ()
    """Warnings that every pull request must carry, such as a missing sandbox."""

    @activity.defn
    def commit_and_push(self, what: Publication) -> CommitSha:
        """Put the snapshot on the branch as one commit with trailers; return the commit."""
        summary = self.ledger.find(what.life, "summary", "current") or {}
        with heartbeating():
            style = style_of(self.workspace.subjects(what.repository, what.base, LOOKED_AT))
            changed = changed_paths(self.workspace.diff(what.repository, what.parent, what.head))
            message = commit_message(what.key, summary, what.run, what.steps, style, changed)
            commit = self.workspace.commit(what.repository, what.head, what.parent, message)
            self.workspace.push(what.repository, what.branch, commit)
        self._adopt_evidence(what.life, what.head, commit)
        if commit != what.parent:
            self.ledger.keep(what.life, "commit", commit, commit)
            self.ledger.note(what.life, "backsmith", "pushed", f"{what.branch} at {commit[:8]}")
        return commit

    def _adopt_evidence(self, life: LifeId, snapshot: CommitSha, commit: CommitSha) -> None:
        """The commit has the snapshot's tree, so what was proven there holds here too."""
        for item in self.ledger.evidence(life, snapshot):
            self.ledger.record(life, item.model_copy(update={"commit": commit}))

    @activity.defn
    def open_pull_request(self, what: Publication) -> PullRequestView:
        """Open the pull request of the branch, or bring its text up to date."""
        ledger, life = self.ledger, what.life
        summary = ledger.find(life, "summary", "current") or {}
        first = ledger.keep(life, "title", "current", summary.get("title") or what.key)
        plan = ledger.find(life, "plan", "current")
        body = pull_request_body(
            ledger.find(life, "ticket", "current") or {"key": what.key, "summary": "", "url": ""},
            ledger.keep(life, "summary", "first", summary),
            Plan.model_validate(plan) if plan else None,
            [e for e in ledger.evidence(life, what.base) if e.gate is Gate.TESTS],
            ledger.evidence(life, what.head),
            what.approved_by,
            self.notices,
            changed_paths(self.workspace.diff(what.repository, what.base, what.head)),
            comparison_in(self.artifacts, ledger.evidence(life, what.head)),
            Revisions(base=what.base, head=what.head),
        )
        found = self.host.open_pull_request(
            PullRequestDraft(
                repository=what.repository.name,
                branch=what.branch,
                base=what.repository.default_branch,
                title=pull_request_title(what.key, str(first)),
                body=body,
            )
        )
        self._show_verdict(what, found.url)
        name = f"{found.repository}#{found.number}"
        if ledger.sent(f"{life}/pull-request") is None:
            ledger.note(life, "backsmith", "opened the pull request", found.url)
        ledger.record_sent(f"{life}/pull-request", name)
        return _view(found)

    def _show_verdict(self, what: Publication, url: str) -> None:
        """Put the verdict on the commit; a token that may not is no reason to stop."""
        evidence = self.ledger.evidence(what.life, what.head)
        says, text = verdict(evidence), verdict_text(evidence)
        try:
            self.host.show_verdict(what.repository.name, what.head, says, text, url)
        except (NotFoundError, PermissionDeniedError) as error:
            why = f"the verdict could not be put on {what.head[:8]}"
            self.ledger.note(what.life, "backsmith", why, str(error))

    @activity.defn
    def read_pull_request(self, ref: PullRequestRef) -> PullRequestView:
        """Read the pull request as it stands."""
        return _view(self.host.read_pull_request(ref.repository, ref.number))

    @activity.defn
    def read_checks(self, query: CheckQuery) -> CheckView:
        """Read what CI says about a commit."""
        ref = query.pull_request
        checks = self.host.read_checks(ref.repository, query.commit)
        required = self.host.required_checks(ref.repository, query.base)
        failing = [check for check in checks if check.is_failure()]
        if failing:
            rows = [{"name": c.name, "conclusion": c.conclusion, "log": c.log} for c in failing]
            self.ledger.replace(ref.life, "brief", query.run, {"checks": rows})
        names = tuple(check.name for check in failing)
        return CheckView(state=checks_state(checks, required), failing=names[:10])

    @activity.defn
    def read_review(self, query: ReviewQuery) -> ReviewView:
        """Read what reviewers decided and asked."""
        ref = query.pull_request
        feedback = self.host.read_feedback(ref.repository, ref.number)
        if feedback.unanswered:
            rows = [comment.model_dump(mode="json") for comment in feedback.unanswered]
            self.ledger.replace(ref.life, "brief", query.run, {"comments": rows})
        return ReviewView(state=feedback.state, open_comments=len(feedback.unanswered))

    @activity.defn
    def request_review(self, request: ReviewRequest) -> None:
        """Mark the pull request ready and ask for reviews."""
        ref = request.pull_request
        self.host.request_review(ref.repository, ref.number, request.reviewers)

    @activity.defn
    def answer_review(self, settled: Settled) -> int:
        """Answer each comment of the run's brief, once; return how many."""
        ref = settled.pull_request
        brief = self.ledger.find(ref.life, "brief", settled.run) or {"comments": []}
        for number, comment in enumerate(brief["comments"], start=1):
            reply = self.ledger.find(ref.life, "reply", f"{settled.run}/{number}")
            text = reply["reply"] if reply else "I have looked at this."
            answer = f"{text}\n\n({settled.commit[:8]})"
            self.host.reply(ref.repository, ref.number, comment["id"], answer)
        return len(brief["comments"])

    @activity.defn
    def close_pull_request(self, closing: Closing) -> None:
        """Close without merging and say why."""
        ref = closing.pull_request
        self.host.close_pull_request(ref.repository, ref.number, closing.reason)


def _view(found: PullRequest) -> PullRequestView:
    return PullRequestView(
        number=found.number,
        url=found.url,
        head=found.head,
        is_open=found.is_open,
        is_merged=found.is_merged,
        is_draft=found.is_draft,
    )
