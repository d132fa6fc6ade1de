"""The webhooks that a Jira Cloud administrator sets up.

Shapes after the captured samples of mattermost-plugin-jira (server/testdata, Apache-2.0): links go
to REST version 2, and texts are wiki markup whatever version wrote them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from office.jira import payloads, render
from office.jira.models import Comment, Entry, Ticket
from office.people import Person
from office.world import Hook, Post, now, signature

Json = dict[str, Any]


def ticket_event(
    event: str, kind: str, entry: Entry, ticket: Ticket, others: Mapping[str, Ticket], origin: str
) -> Json:
    """Return the body of `jira:issue_created` or `jira:issue_updated`."""
    base = f"{origin}/rest/api/2"
    fields = payloads.fields(ticket, others, base)
    # Comments have events of their own, and the status category is a newer field of REST only.
    for name in ("comment", "worklog", "statusCategory"):
        del fields[name]
    return {
        "timestamp": _milliseconds(),
        "webhookEvent": event,
        "issue_event_type_name": kind,
        "user": payloads.user(entry.author, base),
        "issue": {
            "id": ticket.id,
            "self": f"{base}/issue/{ticket.id}",
            "key": ticket.key,
            "fields": {**fields, "description": render.wiki(ticket.description)},
        },
        "changelog": {"id": entry.id, "items": [payloads.item(each) for each in entry.items]},
    }


def comment_event(event: str, comment: Comment, ticket: Ticket, origin: str) -> Json:
    """Return the body of `comment_created` or `comment_updated`; it has no `user`."""
    base = f"{origin}/rest/api/2"
    shown = payloads.comment(comment, ticket, base)
    return {
        "timestamp": _milliseconds(),
        "webhookEvent": event,
        "comment": {
            **shown,
            "author": _commenter(comment.author, base),
            "updateAuthor": _commenter(comment.update_author, base),
            "body": render.wiki(comment.body),
        },
        "issue": {
            "id": ticket.id,
            "self": f"{base}/issue/{ticket.id}",
            "key": ticket.key,
            "fields": {
                "summary": ticket.summary,
                "issuetype": payloads.issue_type(ticket.issue_type, base),
                "project": payloads.project(ticket.project, base),
                "assignee": payloads.user(ticket.assignee, base) if ticket.assignee else None,
                "priority": payloads.priority(ticket.priority, base),
                "status": payloads.status(ticket.status, base),
            },
        },
    }


def send(hooks: Sequence[Hook], post: Post, body: Json, delays: Sequence[float]) -> None:
    """Deliver `body` to every hook; the identifier stays the same across the retries."""
    raw = json.dumps(body).encode()
    for hook in hooks:
        fixed = {
            "Content-Type": "application/json; charset=UTF-8",
            "User-Agent": "Atlassian Webhook HTTP Client",
            "X-Atlassian-Webhook-Identifier": str(uuid.uuid4()),
            "X-Atlassian-Webhook-Flow": "Primary",
            "X-Hub-Signature": signature(hook.secret, raw),
        }
        post.send(hook.url, raw, _Headers(fixed), delays)


class _Headers:
    """The headers of each attempt; only a retry says that it is one."""

    def __init__(self, fixed: Mapping[str, str]) -> None:
        self._fixed = fixed

    def __call__(self, attempt: int) -> Mapping[str, str]:
        retry = {"X-Atlassian-Webhook-Retry": str(attempt)} if attempt else {}
        return {**self._fixed, **retry}


def _commenter(person: Person, base: str) -> Json:
    shown = payloads.user(person, base)
    del shown["emailAddress"]
    return shown


def _milliseconds() -> int:
    return int(now().timestamp() * 1000)
