"""Reviews and the comments that they carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from office.github.accounts import Account
from office.github.errors import not_found, unprocessable
from office.github.hub import Hub, role, touch
from office.github.lines import PatchLine, at_position, find
from office.github.payloads.conversation import review as review_payload
from office.github.payloads.conversation import review_comment
from office.github.payloads.pulls import simple_pull
from office.github.records import PullRequest, Review, ReviewComment
from office.world import now

STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def submit_review(
    hub: Hub,
    pull: PullRequest,
    reviewer: Account,
    *,
    event: str | None,
    body: str = "",
    comments: Sequence[Mapping[str, Any]] = (),
    commit_id: str | None = None,
) -> Review:
    """Submit a review with its comments, or without an event keep it pending.

    Raises:
        Refused: a verdict on one's own pull request, an empty review, or a line that is not
            part of the diff (422); then nothing is stored.
    """
    if role(pull.repository, reviewer) == "none":
        raise not_found()
    _refuse_empty_or_own(pull, reviewer, event, body or comments)
    places = [_place(pull, comment) for comment in comments]
    entry = Review(
        hub.new_id(), reviewer, body, "PENDING", commit_id or pull.head_sha, submitted_at=None
    )
    pull.reviews.append(entry)
    added = [
        _add_comment(hub, pull, entry, comment, place)
        for comment, place in zip(comments, places, strict=True)
    ]
    if event:
        finish_review(hub, pull, entry, event, body)
        for comment in added:
            announce_comment(hub, pull, comment)
    return entry


def _refuse_empty_or_own(
    pull: PullRequest, reviewer: Account, event: str | None, content: object
) -> None:
    if event is not None and event not in STATES:
        raise unprocessable(f"Variable $event of type PullRequestReviewEvent was provided {event}")
    if reviewer == pull.user and event == "APPROVE":
        raise unprocessable("Can not approve your own pull request")
    if reviewer == pull.user and event == "REQUEST_CHANGES":
        raise unprocessable("Can not request changes on your own pull request")
    if event in ("REQUEST_CHANGES", "COMMENT") and not content:
        raise unprocessable("Body can't be blank")


def finish_review(
    hub: Hub, pull: PullRequest, entry: Review, event: str, body: str | None = None
) -> None:
    """Turn a pending review into a verdict that everybody sees."""
    entry.state, entry.submitted_at = STATES[event], now()
    entry.body = entry.body if body is None else body
    pull.requested = [account for account in pull.requested if account != entry.user]
    touch(pull)
    payload = review_payload(pull, entry) | {"state": entry.state.lower()}
    hub.emit(
        "pull_request_review",
        pull.repository,
        entry.user,
        {"action": "submitted", "review": payload, "pull_request": simple_pull(pull)},
    )
    hub.publish(
        "review",
        pull.repository,
        number=pull.number,
        id=entry.id,
        state=entry.state,
        body=entry.body,
        by=entry.user.login,
    )


def _place(pull: PullRequest, comment: Mapping[str, Any]) -> PatchLine:
    """Return where in the diff a comment belongs."""
    patches = {file.path: file.patch or "" for file in pull.diff.files}
    patch = patches.get(str(comment.get("path")))
    if patch is None:
        raise unprocessable("Path could not be resolved")
    if comment.get("line") is not None:
        place = find(patch, int(comment["line"]), comment.get("side") or "RIGHT")
    else:
        place = at_position(patch, int(comment.get("position") or 0))
    if place is None:
        raise unprocessable("Line could not be resolved")
    if not str(comment.get("body") or "").strip():
        raise unprocessable("Body can't be blank")
    return place


def _add_comment(
    hub: Hub, pull: PullRequest, review: Review, comment: Mapping[str, Any], place: PatchLine
) -> ReviewComment:
    side = comment.get("side") or ("LEFT" if place.right is None else "RIGHT")
    line = (place.left if side == "LEFT" else place.right) or 0
    entry = ReviewComment(
        id=hub.new_id(),
        review_id=review.id,
        user=review.user,
        body=str(comment["body"]),
        path=str(comment["path"]),
        side=side,
        original_line=line,
        line=line,
        original_position=place.position,
        position=place.position,
        diff_hunk=place.hunk,
        commit_id=pull.head_sha,
        original_commit_id=review.commit_id,
        created_at=now(),
        updated_at=now(),
        start_line=comment.get("start_line"),
    )
    pull.review_comments.append(entry)
    return entry


def announce_comment(hub: Hub, pull: PullRequest, entry: ReviewComment) -> None:
    """Send the webhook of a new comment at a line."""
    hub.emit(
        "pull_request_review_comment",
        pull.repository,
        entry.user,
        {
            "action": "created",
            "comment": review_comment(pull, entry),
            "pull_request": simple_pull(pull),
        },
    )
    hub.publish(
        "comment",
        pull.repository,
        number=pull.number,
        id=entry.id,
        body=entry.body,
        path=entry.path,
        in_reply_to=entry.in_reply_to,
        by=entry.user.login,
    )


def find_comment(pull: PullRequest, number: int) -> ReviewComment:
    """Return a comment at a line by id, or refuse with 404."""
    for entry in pull.review_comments:
        if entry.id == number:
            return entry
    raise not_found()


def reply(
    hub: Hub, pull: PullRequest, author: Account, comment_id: int, body: str
) -> ReviewComment:
    """Answer in a thread; each reply is a review of its own, as on GitHub.

    Raises:
        Refused: unknown comment (404), or an empty body (422).
    """
    if role(pull.repository, author) == "none":
        raise not_found()
    first = find_comment(pull, find_comment(pull, comment_id).thread)
    if not body.strip():
        raise unprocessable("Body can't be blank")
    holder = Review(hub.new_id(), author, "", "PENDING", pull.head_sha, submitted_at=None)
    pull.reviews.append(holder)
    entry = ReviewComment(
        id=hub.new_id(),
        review_id=holder.id,
        user=author,
        body=body,
        path=first.path,
        side=first.side,
        original_line=first.original_line,
        line=first.line,
        original_position=first.original_position,
        position=first.position,
        diff_hunk=first.diff_hunk,
        commit_id=first.commit_id,
        original_commit_id=first.original_commit_id,
        created_at=now(),
        updated_at=now(),
        start_line=first.start_line,
        in_reply_to=first.id,
    )
    pull.review_comments.append(entry)
    finish_review(hub, pull, holder, "COMMENT")
    announce_comment(hub, pull, entry)
    return entry
