"""What the workspace remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from office.people import Person

Block = dict[str, Any]


@dataclass(kw_only=True)
class Message:
    """One message in a channel."""

    channel: str
    ts: str
    author: Person
    text: str
    """As Slack stores it: escaped, with people as `<@U...>`."""
    blocks: list[Block] = field(default_factory=list)
    thread_ts: str | None = None
    """The ts of the thread's first message; None outside of threads."""
    metadata: dict[str, Any] | None = None
    client_msg_id: str | None = None
    edits: int = 0
    edited_ts: str | None = None
    broadcast: bool = False
    reactions: dict[str, list[Person]] = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        """Whether the message stands in somebody's thread."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class Channel:
    """One public channel; messages are kept in the order of their ts."""

    id: str
    name: str
    created: int
    members: list[Person]
    messages: list[Message] = field(default_factory=list)

    def find(self, ts: str) -> Message | None:
        """Return the message with that ts."""
        return next((message for message in self.messages if message.ts == ts), None)

    def replies(self, ts: str) -> list[Message]:
        """Return the replies in the thread that begins at `ts`, oldest first."""
        return [each for each in self.messages if each.is_reply and each.thread_ts == ts]


@dataclass(frozen=True)
class Reply:
    """What an app may still do about a press, under its response_url."""

    channel: str
    ts: str
    user: Person
