"""Slack's payloads to events (pure): what people write in threads, and the buttons they press.

Only the fields that we use are read. An empty string counts as absent, as in Slack's own samples.
Source: Slack, events `message` and `app_mention`; interaction payload `block_actions`.
"""

from collections.abc import Mapping
from typing import Any

from agent.domain.event import ButtonPressed, Event, ThreadReplied
from agent.domain.ids import ActorId, TicketKey, is_ticket_key
from integrations.slack.blocks import ACTION_PREFIX
from integrations.slack.mrkdwn import from_mrkdwn

_POSTS = ("", "thread_broadcast", "file_share")
"""Subtypes of a message that a person has just written; all others are edits, joins and such."""

Payload = Mapping[str, Any]


def parse_message(body: Payload) -> Event | None:
    """Return a reply in a thread or a mention of us; None for everything else.

    A post that mentions us arrives twice, as `message` and as `app_mention` with event ids of
    their own. The event's id is made of the post itself, so that both are the same event.
    """
    post = _part(body, "event")
    channel, ts, thread = (_word(post, name) for name in ("channel", "ts", "thread_ts"))
    if not _is_written_by_a_person(post) or not channel or not ts:
        return None
    if _word(post, "type") == "message" and thread in ("", ts):
        return None
    return Event(
        id=f"slack:message:{channel}:{ts}",
        happening=ThreadReplied(
            channel=channel,
            thread_ts=thread or ts,
            actor=_author(body, post),
            text=from_mrkdwn(_word(post, "text"), _our_users(body)),
        ),
    )


def parse_action(body: Payload) -> Event | None:
    """Return the press of one of our buttons; None for other apps' and for plain links."""
    actions = body.get("actions") or [{}]
    action, user = actions[0], _part(body, "user")
    name, ticket = _word(action, "action_id"), _word(action, "value")
    if not name.startswith(ACTION_PREFIX) or not is_ticket_key(ticket) or not _word(user, "id"):
        return None
    return Event(
        id=f"slack:action:{_press_id(body, action)}",
        happening=ButtonPressed(
            key=TicketKey(ticket),
            action=name.removeprefix(ACTION_PREFIX),
            actor=_presser(body, user),
        ),
    )


def _is_written_by_a_person(post: Payload) -> bool:
    return (
        _word(post, "type") in ("message", "app_mention")
        and _word(post, "subtype") in _POSTS
        and bool(_word(post, "user"))
        and not _word(post, "bot_id")
        and not _word(_part(post, "edited"), "ts")
        and not post.get("hidden")
    )


def _author(body: Payload, post: Payload) -> ActorId:
    """Return who wrote; a guest from another workspace gets an id that no plain id equals."""
    team = _word(post, "user_team") or _word(post, "team")
    is_ours = not body.get("is_ext_shared_channel") or team in ("", _word(body, "team_id"))
    return _actor(_word(post, "user"), "" if is_ours else team)


def _presser(body: Payload, user: Payload) -> ActorId:
    """Return who pressed; members of one enterprise grid count as one workspace."""
    team, ours = _word(user, "team_id"), _word(_part(body, "team"), "id")
    is_ours = team in ("", ours) or not ours or bool(_part(body, "enterprise").get("id"))
    return _actor(_word(user, "id"), "" if is_ours else team)


def _actor(user: str, foreign_team: str) -> ActorId:
    return ActorId(f"slack:{foreign_team}:{user}" if foreign_team else f"slack:{user}")


def _press_id(body: Payload, action: Payload) -> str:
    fallback = f"{_word(_part(body, 'container'), 'message_ts')}:{_word(action, 'action_ts')}"
    return _word(body, "trigger_id") or fallback


def _our_users(body: Payload) -> frozenset[str]:
    authorizations = body.get("authorizations") or []
    return frozenset(_word(each, "user_id") for each in authorizations if each.get("is_bot"))


def _part(payload: Payload, name: str) -> Payload:
    part = payload.get(name)
    return part if isinstance(part, Mapping) else {}


def _word(payload: Payload, name: str) -> str:
    word = payload.get(name)
    return word if isinstance(word, str) else ""
