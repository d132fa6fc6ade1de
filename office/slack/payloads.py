"""Slack's JSON for people, channels and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from office.people import BOT, PEOPLE, Person
from office.slack.models import Channel, Message

if TYPE_CHECKING:
    from office.slack.state import Slack

Json = dict[str, Any]


def user(person: Person, slack: Slack) -> Json:
    """Return a member of the workspace."""
    is_bot = person is BOT
    profile: Json = {
        "real_name": person.name,
        "real_name_normalized": person.name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "title": "",
        "phone": "",
        "skype": "",
        "fields": {},
        "status_text": "",
        "status_emoji": "",
        "avatar_hash": "0" * 12,
        "team": slack.team_id,
        **{f"image_{size}": f"{slack.origin}/avatar/{size}" for size in (24, 32, 48, 72, 192, 512)},
    }
    more = {"api_app_id": slack.app_id, "bot_id": slack.bot_id} if is_bot else {}
    return {
        "id": person.slack_id,
        "team_id": slack.team_id,
        "name": person.login,
        "deleted": False,
        "color": "9f69e7",
        "real_name": person.name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": {**profile, **({} if is_bot else {"email": person.email}), **more},
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }


def channel(value: Channel, slack: Slack) -> Json:
    """Return a channel as the bot sees it."""
    note = {"value": "", "creator": "", "last_set": 0}
    return {
        "id": value.id,
        "name": value.name,
        "name_normalized": value.name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": False,
        "is_archived": False,
        "is_general": False,
        "is_shared": False,
        "is_org_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "is_member": BOT in value.members,
        "created": value.created,
        "creator": PEOPLE[1].slack_id,
        "unlinked": 0,
        "shared_team_ids": [slack.team_id],
        "pending_shared": [],
        "context_team_id": slack.team_id,
        "topic": note,
        "purpose": note,
        "previous_names": [],
        "num_members": len(value.members),
    }


def message(value: Message, slack: Slack, *, with_metadata: bool = False) -> Json:
    """Return a message as history and events show it."""
    body: Json = {
        "type": "message",
        "user": value.author.slack_id,
        "ts": value.ts,
        "text": value.text,
        "team": slack.team_id,
    }
    if value.client_msg_id:
        body["client_msg_id"] = value.client_msg_id
    if value.author is BOT:
        body |= {"bot_id": slack.bot_id, "app_id": slack.app_id, "bot_profile": _bot(slack)}
    if value.blocks:
        body["blocks"] = value.blocks
    if with_metadata and value.metadata:
        body["metadata"] = value.metadata
    if value.edited_ts:
        body["edited"] = {"user": value.author.slack_id, "ts": value.edited_ts}
    if value.reactions:
        body["reactions"] = [
            {"name": name, "users": [each.slack_id for each in people], "count": len(people)}
            for name, people in value.reactions.items()
        ]
    return body | _thread(value, slack)


def _thread(value: Message, slack: Slack) -> Json:
    room = slack.channels[value.channel]
    if value.is_reply:
        parent = room.find(str(value.thread_ts))
        known = {"parent_user_id": parent.author.slack_id} if parent else {}
        broadcast = {"subtype": "thread_broadcast"} if value.broadcast else {}
        return {"thread_ts": value.thread_ts, **known, **broadcast}
    replies = room.replies(value.ts)
    if not replies:
        return {}
    people = list(dict.fromkeys(each.author.slack_id for each in replies))
    return {
        "thread_ts": value.ts,
        "reply_count": len(replies),
        "reply_users_count": len(people),
        "latest_reply": replies[-1].ts,
        "reply_users": people,
        "is_locked": False,
        "subscribed": BOT.slack_id in people or value.author is BOT,
    }


def _bot(slack: Slack) -> Json:
    icons = {f"image_{size}": f"{slack.origin}/avatar/{size}" for size in (36, 48, 72)}
    return {
        "id": slack.bot_id,
        "app_id": slack.app_id,
        "name": BOT.name,
        "icons": icons,
        "deleted": False,
        "updated": 1_700_000_000,
        "team_id": slack.team_id,
    }


def bot(slack: Slack) -> Json:
    """Return the bot as `bots.info` shows it."""
    shown = _bot(slack)
    del shown["team_id"]
    return {**shown, "user_id": slack.bot_user}
