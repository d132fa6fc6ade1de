"""How events and interactions reach the app: over its socket if it has one, else signed HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from office.slack.sockets import Sockets
from office.world import Hook, Post

if TYPE_CHECKING:
    from office.slack.state import Slack

Json = dict[str, Any]
FORM = "application/x-www-form-urlencoded"


class Delivery:
    """Carries payloads to the app in the background."""

    def __init__(self, slack: Slack, post: Post) -> None:
        """Deliver for this workspace."""
        self.sockets = Sockets(slack)
        self._slack = slack
        self._post = post
        self._tasks: set[asyncio.Task[None]] = set()

    def event(self, payload: Json) -> None:
        """Deliver an event; it is repeated until it is acknowledged or the attempts are used up."""
        if self.sockets.in_use:
            self._start("events_api", payload, self._slack.retry_delays)
            return
        raw = json.dumps(payload).encode()
        self._send(raw, "application/json", self._slack.retry_delays)

    def interaction(self, payload: Json) -> None:
        """Deliver a press; Slack does not repeat what a person can press again."""
        if self.sockets.in_use:
            self._start("interactive", payload, ())
            return
        self._send(urlencode({"payload": json.dumps(payload)}).encode(), FORM, ())

    def command(self, payload: Json) -> None:
        """Deliver a slash command, once."""
        if self.sockets.in_use:
            self._start("slash_commands", payload, ())
            return
        self._send(urlencode(payload).encode(), FORM, ())

    def _start(self, kind: str, payload: Json, delays: Sequence[float]) -> None:
        for _ in range(2 if self._post.twice else 1):
            work = self.sockets.deliver(kind, payload, delays)
            task = asyncio.get_running_loop().create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _send(self, raw: bytes, content_type: str, delays: Sequence[float]) -> None:
        for hook in self._slack.hooks:
            self._post.send(hook.url, raw, _Headers(hook, raw, content_type), delays)

    async def close(self) -> None:
        """Stop all deliveries and close the sockets."""
        for task in list(self._tasks):
            task.cancel()
        await self.sockets.close()


class _Headers:
    """The headers of each attempt: signed anew, and from the second on with the retry's number."""

    def __init__(self, hook: Hook, raw: bytes, content_type: str) -> None:
        self._hook = hook
        self._raw = raw
        self._content_type = content_type

    def __call__(self, attempt: int) -> Mapping[str, str]:
        moment = str(int(time.time()))
        headers = {
            "Content-Type": self._content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": moment,
            "X-Slack-Signature": signature(self._hook.secret, moment, self._raw),
        }
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_error"}
        return headers


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return Slack's `v0=...` signature. Source: Slack, "Verifying requests from Slack"."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
