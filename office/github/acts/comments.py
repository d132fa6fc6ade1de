"""Comments: in the conversation, and where those at lines go when the head moves."""

from __future__ import annotations

from office.github.accounts import Account
from office.github.errors import Refused, invalid, not_found
from office.github.git import git
from office.github.hub import Hub, role, touch
from office.github.lines import find, moved
from office.github.payloads.conversation import comment as comment_payload
from office.github.payloads.conversation import issue
from office.github.records import Comment, PullRequest
from office.world import now


def add_comment(hub: Hub, pull: PullRequest, author: Account, body: str) -> Comment:
    """Add a comment to the conversation; whoever may read may comment."""
    if role(pull.repository, author) == "none":
        raise not_found()
    if not body.strip():
        raise invalid("IssueComment", "body", "missing_field")
    entry = Comment(hub.new_id(), author, body, now(), now())
    pull.comments.append(entry)
    touch(pull)
    payload = {"action": "created", "issue": issue(pull), "comment": comment_payload(pull, entry)}
    hub.emit("issue_comment", pull.repository, author, payload)
    hub.publish(
        "comment",
        pull.repository,
        number=pull.number,
        id=entry.id,
        body=body,
        path=None,
        in_reply_to=None,
        by=author.login,
    )
    return entry


def edit_comment(hub: Hub, pull: PullRequest, editor: Account, entry: Comment, body: str) -> None:
    """Change the text of one's own comment; writers may change any."""
    if editor != entry.user and role(pull.repository, editor) not in ("admin", "write"):
        raise Refused(403, "Must have admin rights to Repository.")
    before, entry.body, entry.updated_at = entry.body, body, now()
    payload = {
        "action": "edited",
        "changes": {"body": {"from": before}},
        "issue": issue(pull),
        "comment": comment_payload(pull, entry),
    }
    hub.emit("issue_comment", pull.repository, editor, payload)
    hub.publish(
        "comment",
        pull.repository,
        number=pull.number,
        id=entry.id,
        body=body,
        path=None,
        in_reply_to=None,
        by=editor.login,
        edited=True,
    )


async def relocate(pull: PullRequest, old: str, new: str) -> None:
    """Move the comments at lines along with the code; those whose line changed are outdated."""
    patches = {file.path: file.patch or "" for file in pull.diff.files}
    for entry in pull.review_comments:
        if entry.line is None:
            continue
        if entry.side == "RIGHT":
            between = ("diff", "--no-color", "-U0", old, new, "--", entry.path)
            entry.line = moved(await git(pull.repository.path, *between), entry.line)
        place = find(patches.get(entry.path, ""), entry.line, entry.side) if entry.line else None
        entry.position = place.position if place else None
        entry.line = entry.line if place else None
        entry.commit_id = new if place else entry.commit_id
