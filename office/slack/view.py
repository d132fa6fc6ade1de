"""The channels as the office's page shows them."""

from __future__ import annotations

from typing import Any

from office.people import BOT
from office.slack.blocks import buttons
from office.slack.models import Channel, Message
from office.slack.texts import readable


def channel(value: Channel) -> dict[str, Any]:
    """Return a channel with its messages, each with its thread."""
    return {
        "id": value.id,
        "name": value.name,
        "messages": [
            {
                **_message(each),
                "replies": [_message(reply) for reply in value.replies(each.ts)],
            }
            for each in value.messages
            if not each.is_reply
        ],
    }


def _message(value: Message) -> dict[str, Any]:
    return {
        "ts": value.ts,
        "author": value.author.name,
        "bot": value.author is BOT,
        "text": readable(value.text),
        "blocks": value.blocks,
        "edited": value.edits,
        "buttons": [
            {
                "action_id": button["action_id"],
                "text": button["text"]["text"],
                "style": button.get("style"),
                "url": button.get("url"),
                "value": button.get("value"),
            }
            for _, button in buttons(value.blocks)
        ],
        "reactions": {name: len(people) for name, people in value.reactions.items()},
    }
