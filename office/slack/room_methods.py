"""Web API: `conversations.*`, `users.*`, `bots.info`, `auth.test` and the rest."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Sequence
from typing import Any

from office.people import BOT, PEOPLE
from office.slack import payloads
from office.slack.call import Call
from office.slack.errors import Refused
from office.slack.models import Message

Json = dict[str, Any]


def api_test(call: Call) -> Json:
    """Return the arguments; `error` fails with that error."""
    if call.text("error"):
        raise Refused(call.text("error"), args=dict(call.arguments))
    return {"args": {name: each for name, each in call.arguments.items() if name != "token"}}


def auth_test(call: Call) -> Json:
    """Say whose token this is."""
    slack = call.slack
    return {
        "url": f"{slack.origin}/",
        "team": "Office",
        "user": BOT.login,
        "team_id": slack.team_id,
        "user_id": slack.bot_user,
        "bot_id": slack.bot_id,
        "is_enterprise_install": False,
    }


def list_channels(call: Call) -> Json:
    """Return a page of the public channels."""
    kinds = call.text("types", "public_channel").split(",")
    channels = list(call.slack.channels.values()) if "public_channel" in kinds else []
    start, limit = _offset(call), call.number("limit", 100, 1000)
    page = channels[start : start + limit]
    return {
        "channels": [payloads.channel(each, call.slack) for each in page],
        "response_metadata": {"next_cursor": _cursor(start + limit, len(channels))},
    }


def channel_info(call: Call) -> Json:
    """Return one channel."""
    return {"channel": payloads.channel(call.channel(), call.slack)}


def history(call: Call) -> Json:
    """Return a page of a channel without the replies in threads, newest first."""
    channel = call.channel(as_member=True)
    top = [each for each in channel.messages if not each.is_reply or each.broadcast]
    return _page(call, _between(call, top)[::-1], 100)


def replies(call: Call) -> Json:
    """Return a page of a thread, oldest first; its first message leads every first page."""
    channel, ts = call.channel(as_member=True), call.needed("ts")
    message = channel.find(ts)
    if message is None:
        raise Refused("thread_not_found")
    first = channel.find(message.thread_ts or ts)
    thread = channel.replies(message.thread_ts or ts)
    return _page(call, [*([first] if first else []), *_between(call, thread)], 1000)


def _between(call: Call, messages: Sequence[Message]) -> list[Message]:
    oldest = float(call.text("oldest") or 0)
    latest = float(call.text("latest") or "inf")
    if call.flag("inclusive"):
        return [each for each in messages if oldest <= float(each.ts) <= latest]
    return [each for each in messages if oldest < float(each.ts) < latest]


def _page(call: Call, messages: Sequence[Message], default: int) -> Json:
    start, limit = _offset(call), call.number("limit", default, 999)
    with_metadata = call.flag("include_all_metadata")
    shown = [
        payloads.message(each, call.slack, with_metadata=with_metadata)
        for each in messages[start : start + limit]
    ]
    cursor = _cursor(start + limit, len(messages))
    body: Json = {
        "messages": shown,
        "has_more": bool(cursor),
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    return {**body, "response_metadata": {"next_cursor": cursor}} if cursor else body


def join(call: Call) -> Json:
    """Make the bot a member of a channel."""
    channel = call.channel()
    if BOT in channel.members:
        known = payloads.channel(channel, call.slack)
        metadata = {"warnings": ["already_in_channel"]}
        return {"channel": known, "warning": "already_in_channel", "response_metadata": metadata}
    channel.members.append(BOT)
    return {"channel": payloads.channel(channel, call.slack)}


def members(call: Call) -> Json:
    """Return the ids of a channel's members."""
    ids = [each.slack_id for each in call.channel().members]
    return {"members": ids, "response_metadata": {"next_cursor": ""}}


def user_info(call: Call) -> Json:
    """Return one person."""
    for person in PEOPLE:
        if person.slack_id == call.needed("user"):
            return {"user": payloads.user(person, call.slack)}
    raise Refused("user_not_found")


def list_users(call: Call) -> Json:
    """Return everybody."""
    return {
        "members": [payloads.user(person, call.slack) for person in PEOPLE],
        "cache_ts": int(time.time()),
        "response_metadata": {"next_cursor": ""},
    }


def user_by_email(call: Call) -> Json:
    """Return the person with an address; bots have none."""
    for person in PEOPLE:
        if person.email == call.needed("email") and person is not BOT:
            return {"user": payloads.user(person, call.slack)}
    raise Refused("users_not_found")


def bot_info(call: Call) -> Json:
    """Return the bot."""
    if call.text("bot", call.slack.bot_id) != call.slack.bot_id:
        raise Refused("bot_not_found")
    return {"bot": payloads.bot(call.slack)}


def open_connection(call: Call) -> Json:
    """Return the address of a new Socket Mode connection."""
    return {"url": call.slack.sockets.new_address()}


def _offset(call: Call) -> int:
    cursor = call.text("cursor")
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("next:"))
    except (ValueError, binascii.Error) as error:
        raise Refused("invalid_cursor") from error


def _cursor(end: int, total: int) -> str:
    return base64.b64encode(f"next:{end}".encode()).decode() if end < total else ""
