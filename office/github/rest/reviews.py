"""REST: reviews and the comments at lines."""

from __future__ import annotations

from office.github.acts.reviews import (
    announce_comment,
    find_comment,
    finish_review,
    reply,
    submit_review,
)
from office.github.errors import Refused, custom, invalid, not_found
from office.github.payloads.conversation import review, review_comment
from office.github.records import PullRequest, Review, ReviewComment
from office.github.rest.call import Answer, Call, Table, page
from office.world import now

table = Table()
_PULLS = "/repos/{owner}/{repo}/pulls"
_PULL = f"{_PULLS}/{{number}}"
_REVIEW = f"{_PULL}/reviews/{{review}}"


def _visible(call: Call, pull: PullRequest) -> list[Review]:
    """Return the reviews; a pending one is seen by its author only."""
    account = call.caller.account if call.caller else None
    return [entry for entry in pull.reviews if entry.state != "PENDING" or entry.user == account]


def _review(call: Call, pull: PullRequest) -> Review:
    number = call.number("review")
    for entry in _visible(call, pull):
        if entry.id == number:
            return entry
    raise not_found()


@table("GET", f"{_PULL}/reviews")
async def list_reviews(call: Call) -> Answer:
    """Return the reviews, oldest first."""
    pull = call.pull
    return page(call, _visible(call, pull), lambda entry: review(pull, entry))


@table("POST", f"{_PULL}/reviews")
async def create_review(call: Call) -> Answer:
    """Submit a review."""
    pull = call.pull
    entry = submit_review(
        call.hub,
        pull,
        call.known.account,
        event=call.optional("event", str),
        body=call.optional("body", str) or "",
        comments=call.optional("comments", list) or (),
        commit_id=call.optional("commit_id", str),
    )
    return Answer(review(pull, entry))


@table("GET", _REVIEW)
async def get_review(call: Call) -> Answer:
    """Return a review."""
    pull = call.pull
    return Answer(review(pull, _review(call, pull)))


@table("POST", f"{_REVIEW}/events")
async def submit_pending(call: Call) -> Answer:
    """Submit a pending review."""
    pull, event = call.pull, call.text("event", "PullRequestReview")
    entry = _review(call, pull)
    if entry.state != "PENDING" or event not in ("APPROVE", "REQUEST_CHANGES", "COMMENT"):
        raise invalid("PullRequestReview", "event")
    if entry.user == pull.user and event != "COMMENT":
        raise Refused(422, "Unprocessable Entity", ["Can not approve your own pull request"])
    finish_review(call.hub, pull, entry, event, call.optional("body", str))
    for comment in pull.review_comments:
        if comment.review_id == entry.id:
            announce_comment(call.hub, pull, comment)
    return Answer(review(pull, entry))


@table("PUT", f"{_REVIEW}/dismissals")
async def dismiss(call: Call) -> Answer:
    """Dismiss a verdict."""
    pull = call.pull
    entry = _review(call, pull)
    call.text("message", "PullRequestReview")
    if entry.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise Refused(422, "Can not dismiss a commented pull request review")
    entry.state = "DISMISSED"
    return Answer(review(pull, entry))


@table("GET", f"{_REVIEW}/comments")
async def list_comments_of_review(call: Call) -> Answer:
    """Return the comments of one review."""
    pull = call.pull
    number = _review(call, pull).id
    found = [entry for entry in pull.review_comments if entry.review_id == number]
    return page(call, found, lambda entry: review_comment(pull, entry))


@table("GET", f"{_PULL}/comments")
async def list_review_comments(call: Call) -> Answer:
    """Return all comments at lines."""
    pull = call.pull
    pending = {entry.id for entry in pull.reviews if entry.state == "PENDING"}
    found = [entry for entry in pull.review_comments if entry.review_id not in pending]
    return page(call, found, lambda entry: review_comment(pull, entry))


@table("POST", f"{_PULL}/comments")
async def create_review_comment(call: Call) -> Answer:
    """Comment at a line, or with `in_reply_to` answer in a thread."""
    pull, body = call.pull, call.text("body", "PullRequestReviewComment")
    parent = call.optional("in_reply_to", int)
    if parent is not None:
        entry = reply(call.hub, pull, call.known.account, parent, body)
    else:
        entry = _single_comment(call, pull)
    answer = review_comment(pull, entry)
    return Answer(answer, 201, {"Location": answer["url"]})


def _single_comment(call: Call, pull: PullRequest) -> ReviewComment:
    """Comment outside of a review; the reasons of a refusal have another form here."""
    call.text("path", "PullRequestReviewComment")
    author, comments = call.known.account, [call.fields]
    try:
        submit_review(call.hub, pull, author, event="COMMENT", comments=comments)
    except Refused as refusal:
        if refusal.status != 422:
            raise
        raise custom("PullRequestReviewComment", str(refusal.errors[0])) from refusal
    return pull.review_comments[-1]


@table("POST", f"{_PULL}/comments/{{comment}}/replies")
async def create_reply(call: Call) -> Answer:
    """Answer in a thread."""
    pull, body = call.pull, call.text("body", "PullRequestReviewComment")
    entry = reply(call.hub, pull, call.known.account, call.number("comment"), body)
    answer = review_comment(pull, entry)
    return Answer(answer, 201, {"Location": answer["url"]})


@table("GET", f"{_PULLS}/comments/{{comment}}")
async def get_review_comment(call: Call) -> Answer:
    """Return a comment at a line."""
    pull = _pull_of(call)
    return Answer(review_comment(pull, find_comment(pull, call.number("comment"))))


@table("PATCH", f"{_PULLS}/comments/{{comment}}")
async def edit_review_comment(call: Call) -> Answer:
    """Change the text of one's own comment."""
    pull = _pull_of(call)
    entry = find_comment(pull, call.number("comment"))
    if entry.user != call.known.account:
        raise Refused(403, "Must have admin rights to Repository.")
    entry.body, entry.updated_at = call.text("body", "PullRequestReviewComment"), now()
    return Answer(review_comment(pull, entry))


def _pull_of(call: Call) -> PullRequest:
    number = call.number("comment")
    for pull in call.repository.pulls.values():
        if any(entry.id == number for entry in pull.review_comments):
            return pull
    raise not_found()
