"""Web API: `chat.*`, `reactions.*` and `views.open`."""

from __future__ import annotations

from typing import Any

from office.people import BOT, PEOPLE
from office.slack import blocks, payloads
from office.slack.call import Call
from office.slack.errors import Refused
from office.slack.models import Message

Json = dict[str, Any]
LONGEST_TEXT = 40_000
LONGEST_UPDATE = 4_000


def post_message(call: Call) -> Json:
    """Write a message as the bot."""
    channel = call.channel(as_member=True)
    message = _composed(call, channel.id)
    if message.is_reply and channel.find(str(message.thread_ts)) is None:
        raise Refused("thread_not_found")
    if call.slack.limit is not None:
        call.slack.limit.take(channel.id)
    call.slack.post(message)
    shown = payloads.message(message, call.slack, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def _composed(call: Call, channel: str) -> Message:
    text, found = call.text("text"), call.json("blocks")
    if not text and not found and not call.json("attachments"):
        raise Refused("no_text")
    if len(text) > LONGEST_TEXT:
        raise Refused("msg_too_long")
    return Message(
        channel=channel,
        ts=call.slack.next_ts(),
        author=BOT,
        text=text,
        blocks=blocks.checked(found) if found else [],
        thread_ts=call.text("thread_ts") or None,
        metadata=_metadata(call),
        client_msg_id=call.text("client_msg_id") or None,
        broadcast=call.flag("reply_broadcast"),
    )


def _metadata(call: Call) -> Json | None:
    found = call.json("metadata")
    if not found:
        return None
    if (
        not isinstance(found, dict)
        or not isinstance(found.get("event_type"), str)
        or not isinstance(found.get("event_payload"), dict)
    ):
        raise Refused("invalid_metadata_format")
    return found


def update(call: Call) -> Json:
    """Edit one of the bot's messages in place.

    A text without blocks takes the blocks away; metadata stays unless new metadata is given.
    """
    channel, ts = call.channel(), call.needed("ts")
    message = call.slack.message(channel.id, ts)
    if message.author is not BOT:
        raise Refused("cant_update_message")
    text, found = call.arguments.get("text"), call.json("blocks")
    if not text and found is None:
        raise Refused("no_text")
    if len(text or "") > LONGEST_UPDATE:
        raise Refused("msg_too_long")
    if call.json("metadata") is not None:
        message.metadata = _metadata(call)
    call.slack.edit(message, text, blocks.checked(found) if found else [])
    shown = payloads.message(message, call.slack, with_metadata=True)
    return {"channel": channel.id, "ts": ts, "text": message.text, "message": shown}


def delete(call: Call) -> Json:
    """Delete one of the bot's messages."""
    channel, ts = call.channel(), call.needed("ts")
    message = call.slack.message(channel.id, ts)
    if message.author is not BOT:
        raise Refused("cant_delete_message")
    call.slack.delete(message)
    return {"channel": channel.id, "ts": ts}


def post_ephemeral(call: Call) -> Json:
    """Show something to one person."""
    channel = call.channel(as_member=True)
    user = call.needed("user")
    if user not in {each.slack_id for each in channel.members}:
        raise Refused("user_not_in_channel")
    message = _composed(call, channel.id)
    call.slack.ephemeral.append(
        {"channel": channel.id, "user": user, "text": message.text, "blocks": message.blocks}
    )
    return {"message_ts": message.ts}


def permalink(call: Call) -> Json:
    """Return the address of a message."""
    channel = call.channel()
    message = call.slack.message(channel.id, call.needed("message_ts"))
    address = f"{call.slack.origin}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        address += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": address}


def add_reaction(call: Call) -> Json:
    """React to a message as the bot."""
    message = call.slack.message(call.channel().id, call.needed("timestamp"))
    call.slack.react(message, call.needed("name"), BOT)
    return {}


def remove_reaction(call: Call) -> Json:
    """Take back a reaction of the bot."""
    message = call.slack.message(call.channel().id, call.needed("timestamp"))
    call.slack.unreact(message, call.needed("name"), BOT)
    return {}


def open_view(call: Call) -> Json:
    """Open a modal for the person whose act gave the trigger; a trigger works once."""
    view, trigger = call.json("view"), call.needed("trigger_id")
    if trigger not in call.slack.triggers:
        raise Refused("invalid_trigger_id")
    if not isinstance(view, dict) or view.get("type") != "modal":
        raise Refused("invalid_arguments", "invalid view")
    title = view.get("title")
    if not isinstance(title, dict) or not 1 <= len(str(title.get("text", ""))) <= 24:
        raise Refused("invalid_arguments", "must be 1 to 24 characters [json-pointer:/view/title]")
    call.slack.triggers.discard(trigger)
    stored = {
        "private_metadata": "",
        "callback_id": "",
        **view,
        "id": f"V0OFFICE{len(call.slack.views) + 1:02d}",
        "team_id": call.slack.team_id,
        "app_id": call.slack.app_id,
        "bot_id": call.slack.bot_id,
        "blocks": blocks.checked(view.get("blocks"), most=100),
        "state": {"values": {}},
        "hash": call.slack.next_ts(),
    }
    call.slack.views.append(stored)
    return {"view": stored}


def reply(slack: Any, token: str, body: Json) -> None:
    """Do what an app asks for under a response_url.

    Raises:
        Refused: the address is unknown, or the blocks are invalid.
    """
    where = slack.replies.get(token)
    if where is None:
        raise Refused("expired_url")
    call = Call(slack, {**body, "channel": where.channel})
    if body.get("delete_original"):
        slack.delete(slack.message(where.channel, where.ts))
    elif body.get("replace_original"):
        message = slack.message(where.channel, where.ts)
        new = _composed(call, where.channel)
        slack.edit(message, new.text or None, new.blocks)
    elif body.get("response_type") == "in_channel":
        slack.post(_composed(call, where.channel))
    else:
        user = next(each for each in PEOPLE if each is where.user)
        post_ephemeral(Call(slack, {**call.arguments, "user": user.slack_id}))
