"""The JSON of events and interactions.

Source: Slack, "Events API" and "Interaction payloads"; keys as in the samples of java-slack-sdk.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from office.people import BOT, Person
from office.slack import payloads
from office.slack.models import Block, Message

if TYPE_CHECKING:
    from office.slack.state import Slack

Json = dict[str, Any]

TOKEN = "office-verification"  # noqa: S105 - the long deprecated token, which proves nothing
DOMAIN = "office"


def wrapped(event: Json, slack: Slack) -> Json:
    """Return an event in its envelope, with an id of its own."""
    authorization = {
        "enterprise_id": None,
        "team_id": slack.team_id,
        "user_id": slack.bot_user,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": TOKEN,
        "team_id": slack.team_id,
        "context_team_id": slack.team_id,
        "context_enterprise_id": None,
        "api_app_id": slack.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(time.time()),
        "authorizations": [authorization],
        "authed_users": [slack.bot_user],
        "is_ext_shared_channel": False,
        "event_context": f"4-{secrets.token_urlsafe(24)}",
    }


def posted(message: Message, slack: Slack) -> list[Json]:
    """Return the events of a new message: `message`, and `app_mention` if it names the bot."""
    shown = payloads.message(message, slack)
    # A message that has just been posted has no replies yet; history alone shows their number.
    place = {"channel": message.channel, "event_ts": message.ts}
    events = [{**shown, **place, "channel_type": "channel"}]
    if message.author is not BOT and f"<@{slack.bot_user}>" in message.text:
        events.append({**shown, **place, "type": "app_mention"})
    return events


def changed(message: Message, before: Json, slack: Slack, ts: str) -> Json:
    """Return the event of an edit."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": message.channel,
        "channel_type": "channel",
        "message": payloads.message(message, slack),
        "previous_message": before,
        "ts": ts,
        "event_ts": ts,
    }


def deleted(channel: str, before: Json, ts: str) -> Json:
    """Return the event of a deletion."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "channel": channel,
        "channel_type": "channel",
        "previous_message": before,
        "deleted_ts": before["ts"],
        "ts": ts,
        "event_ts": ts,
    }


def reacted(kind: str, message: Message, name: str, by: Person, ts: str) -> Json:
    """Return the event `reaction_added` or `reaction_removed`."""
    return {
        "type": kind,
        "user": by.slack_id,
        "reaction": name,
        "item_user": message.author.slack_id,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "event_ts": ts,
    }


def pressed(
    message: Message, block: Block, button: Json, by: Person, slack: Slack, response_url: str
) -> Json:
    """Return the interaction of a pressed button."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": False,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    shown = ("type", "action_id", "text", "value", "style", "url")
    action = {name: button[name] for name in shown if name in button}
    return {
        "type": "block_actions",
        **_origin(by, slack),
        "container": container,
        "channel": {"id": message.channel, "name": slack.channels[message.channel].name},
        "message": payloads.message(message, slack, with_metadata=True),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [{**action, "block_id": block["block_id"], "action_ts": slack.next_ts()}],
    }


def commanded(
    command: str, text: str, channel: str, by: Person, slack: Slack, response_url: str
) -> Json:
    """Return the payload of a slash command."""
    return {
        "token": TOKEN,
        "team_id": slack.team_id,
        "team_domain": DOMAIN,
        "channel_id": channel,
        "channel_name": slack.channels[channel].name,
        "user_id": by.slack_id,
        "user_name": by.login,
        "command": command,
        "text": text,
        "api_app_id": slack.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": slack.new_trigger(),
    }


def _origin(by: Person, slack: Slack) -> Json:
    return {
        "user": {
            "id": by.slack_id,
            "username": by.login,
            "name": by.login,
            "team_id": slack.team_id,
        },
        "api_app_id": slack.app_id,
        "token": TOKEN,
        "trigger_id": slack.new_trigger(),
        "team": {"id": slack.team_id, "domain": DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }
