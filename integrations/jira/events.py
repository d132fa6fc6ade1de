"""Jira's webhooks as events: bytes in, values out.

Source: developer.atlassian.com, "Webhooks" of the Jira Cloud platform; X-Hub-Signature follows
WebSub; shapes from the webhooks captured by mattermost/mattermost-plugin-jira.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from agent.domain.errors import PermanentError
from agent.domain.event import Event, Happening, TicketAssigned, TicketCommented, TicketUpdated
from agent.domain.ids import ActorId, TicketKey, is_ticket_key
from integrations.jira.markup import read_body
from integrations.jira.people import actor_of

Json = Mapping[str, Any]


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Tell whether the delivery was signed with our secret; an empty secret verifies nothing."""
    given = _header(headers, "x-hub-signature")
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(given.encode(), expected.encode())


def parse(headers: Mapping[str, str], body: bytes) -> Event | None:
    """Return what a delivery says, or None when it is of no concern to us.

    Raises:
        PermanentError: The body is not JSON.
    """
    try:
        payload = json.loads(body)
    except ValueError as error:
        raise PermanentError("A Jira webhook's body is not JSON.") from error
    happening = _happening(_object(payload))
    if happening is None:
        return None
    delivery = _header(headers, "x-atlassian-webhook-identifier")
    return Event(
        id=f"jira:{delivery or hashlib.sha256(body).hexdigest()}",
        happening=happening,
    )


def _happening(payload: Json) -> Happening | None:
    key = _object(payload.get("issue")).get("key")
    if not isinstance(key, str) or not is_ticket_key(key):
        return None
    match payload.get("webhookEvent"):
        case "comment_created":
            return _commented(TicketKey(key), payload)
        case "jira:issue_created":
            return _created(TicketKey(key), payload)
        case "jira:issue_updated":
            return _updated(TicketKey(key), payload)
        case _:
            return None


def _commented(key: TicketKey, payload: Json) -> Happening | None:
    comment = _object(payload.get("comment"))
    actor = actor_of(comment.get("author"))
    if actor is None or not comment.get("id"):
        return None
    text = read_body(comment.get("body"))
    return TicketCommented(key=key, comment_id=str(comment["id"]), actor=actor, text=text)


def _created(key: TicketKey, payload: Json) -> Happening | None:
    actor = actor_of(payload.get("user"))
    assignee = _assignee(payload)
    if actor is None:
        return None
    if assignee is None:
        return TicketUpdated(key=key, actor=actor, fields=("created",))
    return TicketAssigned(key=key, assignee=assignee, actor=actor)


def _updated(key: TicketKey, payload: Json) -> Happening | None:
    kind = payload.get("issue_event_type_name")
    # Data Center tells of a comment as an update of the ticket; old servers leave out the type.
    if "comment" in payload and kind in ("issue_commented", None):
        comment = _object(payload["comment"])
        is_new = comment.get("created") == comment.get("updated")
        return _commented(key, payload) if is_new else None
    actor = actor_of(payload.get("user"))
    if actor is None:
        return None
    changes = _changes(payload)
    if "assignee" in changes or kind == "issue_assigned":
        return TicketAssigned(key=key, assignee=_assignee(payload), actor=actor)
    return TicketUpdated(key=key, actor=actor, fields=changes) if changes else None


def _assignee(payload: Json) -> ActorId | None:
    issue = _object(payload.get("issue"))
    return actor_of(_object(issue.get("fields")).get("assignee"))


def _changes(payload: Json) -> tuple[str, ...]:
    """Return the ids of the fields that changed."""
    items = _object(payload.get("changelog")).get("items")
    records = [_object(item) for item in items] if isinstance(items, list) else []
    names = [record.get("fieldId") or record.get("field") for record in records]
    return tuple(str(name) for name in names if name)


def _object(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
