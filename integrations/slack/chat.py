"""Slack as the port `Chat`: each message is posted once, found by what we stored or by its mark."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from slack_sdk import WebClient

from agent.domain.errors import PermanentError, SettingsError
from agent.domain.progress import Card, ThreadNote, ThreadRef
from agent.ports import Outbox
from integrations.slack.blocks import card_blocks, card_text, note_blocks, note_text
from integrations.slack.connection import SlackConnection, translated, web_client

EVENT_TYPE = "backsmith_card"
_TICKET = re.compile(r"[A-Z][A-Z0-9_]+-[0-9]+")
_NEWEST = 200
"""How far back an unrecorded message is looked for: it was posted in the attempt before this."""


class SlackChat:
    """One channel of one workspace.

    A post whose outcome is unknown (no answer, or a crash before it was recorded) is looked for by
    its message metadata before it is posted again.
    Source: Slack, "Message metadata"; the bot needs `chat:write` and `channels:history`.
    """

    def __init__(self, connection: SlackConnection, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox
        self._client: WebClient = web_client(connection)
        self._channel: str | None = None

    def post_card(self, key: str, card: Card) -> ThreadRef:
        """Post the ticket's one message, or return the one already posted under `key`."""
        if sent := self._outbox.sent(key):
            return _thread(sent)
        channel = self._channel_id()
        ts = self._find(key, self._history(channel))
        if ts is None:
            with translated(f"posting the message of {card.ticket}"):
                posted = self._client.chat_postMessage(
                    channel=channel,
                    text=card_text(card),
                    blocks=card_blocks(card),
                    metadata=_mark(key),
                    unfurl_links=False,
                    unfurl_media=False,
                )
            channel, ts = str(posted["channel"]), str(posted["ts"])
        self._outbox.record_sent(key, f"{channel}/{ts}")
        return ThreadRef(channel=channel, ts=ts)

    def update_card(self, thread: ThreadRef, card: Card) -> None:
        """Edit the ticket's message in place; the same content again is no error.

        Raises:
            NotFoundError: Somebody deleted the message.
        """
        key = self._outbox.key_of("", f"{thread.channel}/{thread.ts}")
        with translated(f"updating the message of {card.ticket}"):
            self._client.chat_update(
                channel=thread.channel,
                ts=thread.ts,
                text=card_text(card),
                blocks=card_blocks(card),
                metadata=None if key is None else _mark(key),
            )

    def reply(self, thread: ThreadRef, key: str, note: ThreadNote) -> str:
        """Write in the ticket's thread, once per `key`; return the message's ts.

        A note with buttons needs a key that names the ticket, for the buttons carry it.
        """
        if sent := self._outbox.sent(key):
            return _thread(sent).ts
        ts = self._find(key, self._replies(thread)) or self._post_reply(thread, key, note)
        self._outbox.record_sent(key, f"{thread.channel}/{ts}")
        return ts

    def _post_reply(self, thread: ThreadRef, key: str, note: ThreadNote) -> str:
        blocks = note_blocks(note, _ticket_of(key) if note.buttons else "")
        with translated(f"replying in the thread {thread.ts}"):
            posted = self._client.chat_postMessage(
                channel=thread.channel,
                thread_ts=thread.ts,
                text=note_text(note),
                blocks=blocks,
                metadata=_mark(key),
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(posted["ts"])

    def _find(self, key: str, messages: Iterator[Mapping[str, Any]]) -> str | None:
        for message in messages:
            if _key_of(message) == key:
                return str(message["ts"])
        return None

    def _history(self, channel: str) -> Iterator[Mapping[str, Any]]:
        return islice(self._pages("conversations.history", channel=channel), _NEWEST)

    def _replies(self, thread: ThreadRef) -> Iterator[Mapping[str, Any]]:
        # Oldest first, so the message that we look for is on the last page: read them all.
        return self._pages("conversations.replies", channel=thread.channel, ts=thread.ts)

    def _pages(self, method: str, **arguments: str) -> Iterator[Mapping[str, Any]]:
        yield from self._listed(
            method, "messages", include_all_metadata=True, limit=_NEWEST, **arguments
        )

    def _listed(self, method: str, what: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the items of all pages. Source: Slack, "Pagination through collections"."""
        cursor = ""
        while True:
            params = {**arguments, **({"cursor": cursor} if cursor else {})}
            with translated(f"reading {method}"):
                page = self._client.api_call(method, params=params)
            yield from page.get(what) or ()
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def _channel_id(self) -> str:
        if self._channel is None:
            name = self._connection.channel
            # Ids are upper case and names lower case.
            is_id = not name.startswith("#") and name == name.upper()
            self._channel = name if is_id else self._look_up(name.removeprefix("#"))
        return self._channel

    def _look_up(self, name: str) -> str:
        channels = self._listed(
            "conversations.list",
            "channels",
            types="public_channel,private_channel",
            exclude_archived=True,
            limit=_NEWEST,
        )
        for channel in channels:
            if channel.get("name") == name:
                return str(channel["id"])
        raise SettingsError(
            f"Slack has no channel #{name} that the bot can see: set SLACK_CHANNEL to an existing "
            "channel, or to its id, and invite the bot if the channel is private"
        )


def _mark(key: str) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key}}


def _key_of(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    key = (metadata.get("event_payload") or {}).get("key")
    return key if isinstance(key, str) else None


def _thread(target: str) -> ThreadRef:
    channel, _, ts = target.partition("/")
    return ThreadRef(channel=channel, ts=ts)


def _ticket_of(key: str) -> str:
    found = _TICKET.search(key)
    if found is None:
        raise PermanentError(f"a note with buttons needs a key that names its ticket, not {key!r}")
    return found.group()
