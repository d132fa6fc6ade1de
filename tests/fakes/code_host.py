"""A code host in memory, with the acts of the people and the CI that use it.

`FakeCodeHost` is held honest by `tests/contract/test_code_host.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent.domain.errors import DeveloperError, NotFoundError, PermanentError
from agent.domain.evidence import Verdict
from agent.domain.ids import ActorId, CommitSha
from agent.domain.pull_request import CheckRun, Feedback, PullRequest, ReviewComment, ReviewState
from agent.ports import PullRequestDraft

LEAD = ActorId("github:2")
LEAD_LOGIN = "tech-lead"


@dataclass
class FakePull:
    """One pull request with all that was said on it."""

    value: PullRequest
    requested: list[str] = field(default_factory=list)
    decisions: dict[ActorId, ReviewState] = field(default_factory=dict)
    said: list[ReviewComment] = field(default_factory=list)
    """People's comments, oldest first."""
    answers: dict[str, str] = field(default_factory=dict)
    """Our answers by the id of the comment."""
    reason: str | None = None
    """Why we closed it."""


class FakeCodeHost:
    """Repositories with branches, pull requests and checks."""

    def __init__(self) -> None:
        self.branches: dict[tuple[str, str], CommitSha] = {}
        self.pulls: dict[tuple[str, int], FakePull] = {}
        self.checks: dict[tuple[str, CommitSha], dict[str, CheckRun]] = {}
        self.required: dict[tuple[str, str], frozenset[str]] = {}
        self.verdicts: dict[tuple[str, CommitSha], list[tuple[Verdict, str, str]]] = {}
        """Our verdicts, with text and address, oldest first."""
        self.failures: list[DeveloperError] = []
        """Raised by the next calls, one each."""
        self._number = 100

    def open_pull_request(self, draft: PullRequestDraft) -> PullRequest:
        self._fail()
        for pull in self.pulls.values():
            value = pull.value
            where = (value.repository, value.branch)
            if value.is_open and where == (draft.repository, draft.branch):
                self._put(pull, title=draft.title, body=draft.body)
                return pull.value
        if (draft.repository, draft.branch) not in self.branches:
            raise PermanentError(f"{draft.branch} was never pushed.")
        number = self._next()
        value = PullRequest(
            repository=draft.repository,
            number=number,
            url=f"https://github.example.com/{draft.repository}/pull/{number}",
            title=draft.title,
            body=draft.body,
            branch=draft.branch,
            base=draft.base,
            head=self.branches[draft.repository, draft.branch],
            is_open=True,
            is_merged=False,
            is_draft=True,
        )
        self.pulls[draft.repository, number] = FakePull(value)
        return value

    def read_pull_request(self, repository: str, number: int) -> PullRequest:
        self._fail()
        return self._pull(repository, number).value

    def show_verdict(
        self, repository: str, commit: CommitSha, verdict: Verdict, text: str, url: str
    ) -> None:
        self._fail()
        shown = self.verdicts.setdefault((repository, commit), [])
        if not shown or shown[-1] != (verdict, text, url):
            shown.append((verdict, text, url))

    def read_checks(self, repository: str, commit: CommitSha) -> tuple[CheckRun, ...]:
        self._fail()
        found = self.checks.get((repository, commit), {})
        return tuple(found[name] for name in sorted(found))

    def required_checks(self, repository: str, branch: str) -> frozenset[str]:
        self._fail()
        return self.required.get((repository, branch), frozenset())

    def read_feedback(self, repository: str, number: int) -> Feedback:
        self._fail()
        pull = self._pull(repository, number)
        waiting = tuple(comment for comment in pull.said if comment.id not in pull.answers)
        for state in (ReviewState.CHANGES_REQUESTED, ReviewState.APPROVED, ReviewState.COMMENTED):
            if state in pull.decisions.values():
                return Feedback(state=state, unanswered=waiting)
        return Feedback(state=None, unanswered=waiting)

    def reply(self, repository: str, number: int, comment: str, text: str) -> str:
        self._fail()
        pull = self._pull(repository, number)
        if comment not in {each.id for each in pull.said}:
            raise NotFoundError(f"There is no comment {comment}.")
        pull.answers.setdefault(comment, text)
        kind, _, written = comment.partition(":")
        return f"{'line' if kind == 'line' else 'issue'}:{written}0"

    def request_review(self, repository: str, number: int, reviewers: Sequence[str]) -> None:
        self._fail()
        pull = self._pull(repository, number)
        self._put(pull, is_draft=False)
        pull.requested += [login for login in reviewers if login not in pull.requested]

    def close_pull_request(self, repository: str, number: int, reason: str) -> None:
        self._fail()
        pull = self._pull(repository, number)
        if pull.value.is_merged:
            return
        pull.reason = pull.reason or reason
        self._put(pull, is_open=False)

    def push(self, repository: str, branch: str, commit: str) -> None:
        """Somebody pushes a commit."""
        self.branches[repository, branch] = CommitSha(commit)
        for pull in self.pulls.values():
            value = pull.value
            if value.is_open and (value.repository, value.branch) == (repository, branch):
                self._put(pull, head=CommitSha(commit))

    def report(
        self, repository: str, commit: str, name: str, conclusion: str | None, log: str = ""
    ) -> None:
        """CI reports a check; None as the conclusion means that it runs."""
        check = CheckRun(name=name, conclusion=conclusion)
        if check.is_failure():
            check = check.model_copy(update={"log": log})
        self.checks.setdefault((repository, CommitSha(commit)), {})[name] = check

    def review(
        self,
        repository: str,
        number: int,
        state: ReviewState,
        body: str = "",
        lines: Iterable[tuple[str, int, str]] = (),
        by: ActorId = LEAD,
    ) -> None:
        """A person submits a review with comments on lines."""
        pull = self._pull(repository, number)
        if state is not ReviewState.COMMENTED or by not in pull.decisions:
            pull.decisions[by] = state
        if body:
            self._say(pull, "review", body, by)
        for path, line, text in lines:
            self._say(pull, "line", text, by, path, line)

    def say(self, repository: str, number: int, text: str, by: ActorId = LEAD) -> str:
        """A person comments in the conversation."""
        return self._say(self._pull(repository, number), "issue", text, by)

    def answer(self, repository: str, number: int, comment: str, text: str) -> str:
        """A person writes in the thread of a comment on a line."""
        pull = self._pull(repository, number)
        first = next(each for each in pull.said if each.id == comment)
        return self._say(pull, "line", text, LEAD, first.path, first.line)

    def merge(self, repository: str, number: int) -> None:
        """A person merges."""
        self._put(self._pull(repository, number), is_open=False, is_merged=True)

    def close(self, repository: str, number: int) -> None:
        """A person closes."""
        self._put(self._pull(repository, number), is_open=False)

    def _say(
        self,
        pull: FakePull,
        kind: str,
        text: str,
        by: ActorId,
        path: str | None = None,
        line: int | None = None,
    ) -> str:
        comment = ReviewComment(
            id=f"{kind}:{self._next()}",
            author=by,
            author_name=LEAD_LOGIN,
            text=text,
            path=path,
            line=line,
        )
        pull.said.append(comment)
        return comment.id

    def _pull(self, repository: str, number: int) -> FakePull:
        if (repository, number) not in self.pulls:
            raise NotFoundError(f"There is no pull request {repository}#{number}.")
        return self.pulls[repository, number]

    def _put(self, pull: FakePull, **changes: object) -> None:
        pull.value = pull.value.model_copy(update=changes)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
