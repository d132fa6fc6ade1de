"""REST: the issue side of pull requests: conversation and labels."""

from __future__ import annotations

from office.github.acts.comments import add_comment, edit_comment
from office.github.errors import Refused, invalid, not_found
from office.github.hub import Hub, require_write, touch
from office.github.payloads.conversation import comment, issue
from office.github.payloads.pulls import label
from office.github.records import Comment, Label, PullRequest, Repository
from office.github.rest.call import Answer, Call, Table, page

table = Table()
_REPO = "/repos/{owner}/{repo}"
_ISSUE = f"{_REPO}/issues/{{number}}"


@table("GET", _ISSUE)
async def get_issue(call: Call) -> Answer:
    """Return a pull request as an issue."""
    return Answer(issue(call.pull))


@table("GET", f"{_ISSUE}/comments")
async def list_comments(call: Call) -> Answer:
    """Return the conversation, oldest first."""
    pull = call.pull
    return page(call, pull.comments, lambda entry: comment(pull, entry))


@table("POST", f"{_ISSUE}/comments")
async def create_comment(call: Call) -> Answer:
    """Add to the conversation."""
    pull, body = call.pull, call.text("body", "IssueComment")
    answer = comment(pull, add_comment(call.hub, pull, call.known.account, body))
    return Answer(answer, 201, {"Location": answer["url"]})


def _comment(call: Call) -> tuple[PullRequest, Comment]:
    number = call.number("comment")
    for pull in call.repository.pulls.values():
        for entry in pull.comments:
            if entry.id == number:
                return pull, entry
    raise not_found()


@table("GET", f"{_REPO}/issues/comments/{{comment}}")
async def get_comment(call: Call) -> Answer:
    """Return a comment."""
    return Answer(comment(*_comment(call)))


@table("PATCH", f"{_REPO}/issues/comments/{{comment}}")
async def update_comment(call: Call) -> Answer:
    """Change the text of a comment."""
    pull, entry = _comment(call)
    edit_comment(call.hub, pull, call.known.account, entry, call.text("body", "IssueComment"))
    return Answer(comment(pull, entry))


@table("DELETE", f"{_REPO}/issues/comments/{{comment}}")
async def delete_comment(call: Call) -> Answer:
    """Remove one's own comment."""
    pull, entry = _comment(call)
    if entry.user != call.known.account:
        raise Refused(403, "Must have admin rights to Repository.")
    pull.comments.remove(entry)
    return Answer(status=204)


def _names(call: Call) -> list[str]:
    """Read the object form, the array form, and the array of objects."""
    raw = call.body.get("labels") if isinstance(call.body, dict) else call.body
    if not isinstance(raw, list):
        raise invalid("Label", "name", "missing_field")
    return [str(entry["name"] if isinstance(entry, dict) else entry) for entry in raw]


def _label(hub: Hub, known: Repository, name: str) -> Label:
    """Return a label of the repository; one that is not there yet is made, as GitHub does."""
    if name not in known.labels:
        known.labels[name] = Label(hub.new_id(), name)
    return known.labels[name]


@table("GET", f"{_REPO}/labels")
async def list_repository_labels(call: Call) -> Answer:
    """Return all labels of the repository."""
    known = call.repository
    return page(call, list(known.labels.values()), lambda entry: label(known, entry))


@table("POST", f"{_REPO}/labels")
async def create_label(call: Call) -> Answer:
    """Make a label."""
    known, name = call.repository, call.text("name", "Label")
    require_write(known, call.known.account)
    if name in known.labels:
        raise invalid("Label", "name", "already_exists")
    entry = _label(call.hub, known, name)
    entry.color = (call.optional("color", str) or entry.color).removeprefix("#")
    entry.description = call.optional("description", str) or ""
    answer = label(known, entry)
    return Answer(answer, 201, {"Location": answer["url"]})


@table("GET", f"{_REPO}/labels/{{name}}")
async def get_label(call: Call) -> Answer:
    """Return a label of the repository."""
    known = call.repository
    entry = known.labels.get(call.path("name"))
    if entry is None:
        raise not_found()
    return Answer(label(known, entry))


@table("GET", f"{_ISSUE}/labels")
async def list_labels(call: Call) -> Answer:
    """Return the labels of a pull request."""
    pull = call.pull
    return page(call, pull.labels, lambda entry: label(pull.repository, entry))


@table("PUT", f"{_ISSUE}/labels")
@table("POST", f"{_ISSUE}/labels")
async def add_labels(call: Call) -> Answer:
    """Add labels, or with PUT replace those that are there."""
    pull = call.pull
    require_write(pull.repository, call.known.account)
    entries = [_label(call.hub, pull.repository, name) for name in _names(call)]
    kept = [] if call.request.method == "PUT" else pull.labels
    pull.labels = kept + [entry for entry in entries if entry not in kept]
    touch(pull)
    return Answer([label(pull.repository, entry) for entry in pull.labels])


@table("DELETE", f"{_ISSUE}/labels/{{name}}")
async def remove_label(call: Call) -> Answer:
    """Remove a label."""
    pull, name = call.pull, call.path("name")
    require_write(pull.repository, call.known.account)
    if name not in [entry.name for entry in pull.labels]:
        raise Refused(404, "Label does not exist")
    pull.labels = [entry for entry in pull.labels if entry.name != name]
    touch(pull)
    return Answer([label(pull.repository, entry) for entry in pull.labels])
