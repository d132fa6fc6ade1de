"""What people have said on a pull request."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from github.IssueComment import IssueComment
from github.NamedUser import NamedUser
from github.PullRequest import PullRequest
from github.PullRequestComment import PullRequestComment
from github.PullRequestReview import PullRequestReview

from agent.domain.ids import ActorId
from agent.domain.pull_request import Feedback, ReviewComment, ReviewState
from integrations.github.texts import answered, visible

_DECISIONS = {
    "APPROVED": ReviewState.APPROVED,
    "CHANGES_REQUESTED": ReviewState.CHANGES_REQUESTED,
    "DISMISSED": None,
}
_INSIDERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_GHOST = 10137
"""The account that GitHub shows for deleted people."""


class _Said(NamedTuple):
    """One text on the pull request, whoever wrote it."""

    when: datetime
    id: str
    user: NamedUser | None
    text: str
    path: str | None = None
    line: int | None = None
    association: str = "NONE"
    """How GitHub says that the author belongs to the repository."""


def read_feedback(pull: PullRequest, own_login: str) -> Feedback:
    """Return the decision that stands, and people's comments without our answer, oldest first.

    Only people who belong to the repository count: on a public one everybody may comment.

    Answered is what a comment of ours names in its hidden marker; a marker that somebody else
    writes counts for nothing.
    """
    reviews = list(pull.get_reviews())
    said = [*_reviews(reviews), *_lines(pull), *_conversation(pull)]
    done = answered(item.text for item in said if _login(item.user) == own_login.lower())
    waiting = [
        comment
        for item in sorted(said, key=lambda item: item.when)
        if item.id not in done
        and _is_person(item.user, own_login)
        and item.association in _INSIDERS
        if (comment := _comment(item)).text
    ]
    return Feedback(state=_decision(reviews, own_login), unanswered=tuple(waiting))


def _decision(reviews: list[PullRequestReview], own_login: str) -> ReviewState | None:
    """Roll the newest decision of each reviewer up as GitHub does: one objection outweighs.

    Only people who belong to the repository decide; GitHub shows others' reviews but counts
    them for nothing.
    """
    newest: dict[str, ReviewState | None] = {}
    people = [review for review in reviews if _is_person(review.user, own_login)]
    for review in people:
        if review.state in _DECISIONS and review.author_association in _INSIDERS:
            newest[_login(review.user)] = _DECISIONS[review.state]
    for state in (ReviewState.CHANGES_REQUESTED, ReviewState.APPROVED):
        if state in newest.values():
            return state
    return ReviewState.COMMENTED if any(r.state == "COMMENTED" for r in people) else None


def _reviews(reviews: list[PullRequestReview]) -> Iterator[_Said]:
    for review in reviews:
        if review.state != "PENDING":
            yield _Said(
                review.submitted_at,
                f"review:{review.id}",
                review.user,
                review.body or "",
                association=review.author_association,
            )


def _lines(pull: PullRequest) -> Iterator[_Said]:
    comment: PullRequestComment
    for comment in pull.get_review_comments():
        yield _Said(
            comment.created_at,
            f"line:{comment.id}",
            comment.user,
            comment.body or "",
            comment.path,
            comment.line or comment.original_line,
            comment.author_association,
        )


def _conversation(pull: PullRequest) -> Iterator[_Said]:
    comment: IssueComment
    for comment in pull.get_issue_comments():
        user = comment.user if isinstance(comment.user, NamedUser) else None
        yield _Said(
            comment.created_at,
            f"issue:{comment.id}",
            user,
            comment.body or "",
            association=comment.author_association,
        )


def _comment(item: _Said) -> ReviewComment:
    return ReviewComment(
        id=item.id,
        author=ActorId(f"github:{item.user.id if item.user else _GHOST}"),
        author_name=item.user.login if item.user else "ghost",
        text=visible(item.text),
        path=item.path,
        line=item.line,
    )


def _login(user: NamedUser | None) -> str:
    return user.login.lower() if user else ""


def _is_person(user: NamedUser | None, own_login: str) -> bool:
    return _login(user) != own_login.lower() and (user is None or user.type != "Bot")
