"""The local Slack: its state, and what people do in it."""

from __future__ import annotations

import itertools
import secrets
import time
import uuid
from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette

from office.faults import Fault
from office.people import BOT, PEOPLE, Person
from office.slack import blocks, events, payloads, view
from office.slack.app import build
from office.slack.delivery import Delivery
from office.slack.errors import Refused
from office.slack.limits import PostLimit
from office.slack.models import Block, Channel, Message, Reply
from office.slack.texts import readable, typed
from office.world import Feed, Hook, Post


class Slack:
    """A workspace in memory with one app, the bot's. Use it on the office's loop only."""

    bot_token = "xoxb-office-backsmith"  # noqa: S105 - worth nothing outside of the office
    app_token = "xapp-1-office-backsmith"  # noqa: S105
    signing_secret = "office-slack-signing-secret"  # noqa: S105
    team_id = "T0OFFICE1"
    app_id = "A0OFFICE1"
    bot_id = "B0OFFICE1"
    bot_user = BOT.slack_id

    def __init__(self, feed: Feed, post: Post) -> None:
        """Start with no channel; changes go to `feed`, HTTP deliveries through `post`."""
        self.origin = ""
        self.hooks: list[Hook] = []
        """The app's request address, for events and interactions alike."""
        self.faults: list[Fault] = []
        self.limit: PostLimit | None = None
        """Set it to hold the app to Slack's limit for posts."""
        self.retry_delays: Sequence[float] = (0.5, 2, 5)
        """Seconds between the attempts of an event; the real ones are 0, 60 and 300."""
        self.ack_seconds = 3.0
        """How long a socket client may take to acknowledge."""
        self.channels: dict[str, Channel] = {}
        self.views: list[dict[str, Any]] = []
        self.ephemeral: list[dict[str, Any]] = []
        """What only one person saw: channel, user, text and blocks."""
        self.replies: dict[str, Reply] = {}
        """By the last part of the response_url."""
        self.triggers: set[str] = set()
        self._feed = feed
        self._delivery = Delivery(self, post)
        self.sockets = self._delivery.sockets
        """The Socket Mode connections."""
        self._numbers = itertools.count(1)
        self._last_microsecond = 0

    def app(self) -> Starlette:
        """Return the Web API, the sockets and the response addresses."""
        return build(self)

    def view(self) -> dict[str, Any]:
        """Return the channels, readable."""
        return {"channels": [view.channel(each) for each in self.channels.values()]}

    def next_ts(self) -> str:
        """Return a time that no message has."""
        self._last_microsecond = max(self._last_microsecond + 1, time.time_ns() // 1000)
        seconds, rest = divmod(self._last_microsecond, 1_000_000)
        return f"{seconds}.{rest:06d}"

    def new_trigger(self) -> str:
        """Return a trigger id, which lets the app open one view."""
        trigger = f"{next(self._numbers)}.{secrets.token_hex(8)}"
        self.triggers.add(trigger)
        return trigger

    def add_channel(self, name: str, members: Sequence[Person] = PEOPLE) -> str:
        """Open a public channel and return its id."""
        channel = f"C0OFFICE{next(self._numbers):02d}"
        self.channels[channel] = Channel(channel, name, int(time.time()), list(members))
        return channel

    def channel(self, name: str) -> Channel:
        """Return the channel with an id, or with a name after `#`.

        Raises:
            Refused: `channel_not_found`.
        """
        for channel in self.channels.values():
            if name in (channel.id, f"#{channel.name}"):
                return channel
        raise Refused("channel_not_found")

    def message(self, channel: str, ts: str) -> Message:
        """Return a message.

        Raises:
            Refused: `channel_not_found` or `message_not_found`.
        """
        message = self.channel(channel).find(ts)
        if message is None:
            raise Refused("message_not_found")
        return message

    def say(self, channel: str, text: str, by: Person, thread_ts: str | None = None) -> str:
        """Write a message as a person, and return its ts; `@Name` mentions that person."""
        room = self.channel(channel)
        if thread_ts is not None:
            thread_ts = self.message(room.id, thread_ts).thread_ts or thread_ts
        message = Message(
            channel=room.id,
            ts=self.next_ts(),
            author=by,
            text=typed(text),
            blocks=blocks.rich_text(text, secrets.token_urlsafe(4)),
            thread_ts=thread_ts,
            client_msg_id=str(uuid.uuid4()),
        )
        self.post(message)
        return message.ts

    async def press(self, channel: str, ts: str, action_id: str, by: Person) -> None:
        """Press the button with that action id on a message.

        Raises:
            Refused: there is no such message or button.
        """
        message = self.message(channel, ts)
        block, button = blocks.button(message.blocks, action_id)
        self._feed.publish(
            "slack", "press", channel=channel, ts=ts, action_id=action_id, by=by.name
        )
        address = self._response_url(Reply(message.channel, ts, by))
        self._delivery.interaction(events.pressed(message, block, button, by, self, address))

    async def command(self, channel: str, command: str, text: str, by: Person) -> None:
        """Type a slash command of the app, like `/backsmith`."""
        address = self._response_url(Reply(channel, "", by))
        self._delivery.command(events.commanded(command, text, channel, by, self, address))

    def post(self, message: Message) -> None:
        """Put a message into its channel, and tell the app."""
        self.channel(message.channel).messages.append(message)
        self._feed.publish(
            "slack",
            "message",
            channel=message.channel,
            ts=message.ts,
            thread_ts=message.thread_ts,
            text=readable(message.text),
            by=message.author.name,
        )
        for event in events.posted(message, self):
            self._delivery.event(events.wrapped(event, self))

    def edit(self, message: Message, text: str | None, new_blocks: list[Block]) -> None:
        """Replace what a message says; a message without blocks is then marked as edited."""
        before = payloads.message(message, self)
        ts = self.next_ts()
        message.text = message.text if text is None else text
        message.blocks = new_blocks
        message.edits += 1
        message.edited_ts = message.edited_ts if new_blocks else ts
        self._feed.publish(
            "slack",
            "edit",
            channel=message.channel,
            ts=message.ts,
            text=readable(message.text),
            edits=message.edits,
            by=message.author.name,
        )
        self._delivery.event(events.wrapped(events.changed(message, before, self, ts), self))

    def delete(self, message: Message) -> None:
        """Take a message out of its channel."""
        before = payloads.message(message, self)
        self.channel(message.channel).messages.remove(message)
        self._feed.publish("slack", "delete", channel=message.channel, ts=message.ts)
        event = events.deleted(message.channel, before, self.next_ts())
        self._delivery.event(events.wrapped(event, self))

    def react(self, message: Message, name: str, by: Person) -> None:
        """Add a reaction.

        Raises:
            Refused: `already_reacted`.
        """
        people = message.reactions.setdefault(name, [])
        if by in people:
            raise Refused("already_reacted")
        people.append(by)
        self._tell_reaction("reaction_added", message, name, by)

    def unreact(self, message: Message, name: str, by: Person) -> None:
        """Take a reaction back.

        Raises:
            Refused: `no_reaction`.
        """
        if by not in message.reactions.get(name, []):
            raise Refused("no_reaction")
        message.reactions[name].remove(by)
        if not message.reactions[name]:
            del message.reactions[name]
        self._tell_reaction("reaction_removed", message, name, by)

    async def close(self) -> None:
        """Stop the deliveries and close the sockets."""
        await self._delivery.close()

    def _tell_reaction(self, kind: str, message: Message, name: str, by: Person) -> None:
        self._feed.publish(
            "slack", "reaction", channel=message.channel, ts=message.ts, name=name, by=by.name
        )
        event = events.reacted(kind, message, name, by, self.next_ts())
        self._delivery.event(events.wrapped(event, self))

    def _response_url(self, reply: Reply) -> str:
        token = secrets.token_urlsafe(18)
        self.replies[token] = reply
        return f"{self.origin}/actions/{self.team_id}/{next(self._numbers)}/{token}"
