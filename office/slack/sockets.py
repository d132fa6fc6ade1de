"""Socket Mode: WebSocket connections of the app, envelopes, and their acknowledgements."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket, WebSocketDisconnect

if TYPE_CHECKING:
    from office.slack.state import Slack

Json = dict[str, Any]
HOST = "applink-office"


class Sockets:
    """The connections that are open, and what waits for an acknowledgement."""

    def __init__(self, slack: Slack) -> None:
        """Start with no connection."""
        self._slack = slack
        self._tickets: set[str] = set()
        self._open: list[WebSocket] = []
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._changed = asyncio.Event()
        self.in_use = False
        """Whether the app has ever connected: then it is a Socket Mode app, and HTTP is off."""
        self.log: list[tuple[str, str]] = []
        """(envelope type, `acked` or `lost`) of every attempt, oldest first."""

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def new_address(self) -> str:
        """Return a WebSocket address that works once."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        origin = self._slack.origin.replace("http", "ws", 1)
        return f"{origin}/link/?ticket={ticket}&app_id={self._slack.app_id}"

    async def serve(self, socket: WebSocket) -> None:
        """Keep one connection until the app or the office closes it."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await socket.close(1008)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        await socket.send_text(json.dumps(self._hello()))
        self._open.append(socket)
        self.in_use = True
        self._wake()
        try:
            while True:
                self._take(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            if socket in self._open:
                self._open.remove(socket)

    async def deliver(self, kind: str, payload: Json, delays: Sequence[float]) -> None:
        """Send an envelope, again after each of `delays` seconds, until it is acknowledged.

        A repeated envelope goes over another connection if there is one.
        """
        last: WebSocket | None = None
        for attempt, delay in enumerate((0.0, *delays)):
            await asyncio.sleep(delay)
            last = await self._next(last)
            envelope = self._envelope(kind, payload, attempt)
            acked = last is not None and await self._send(last, envelope)
            self.log.append((kind, "acked" if acked else "lost"))
            if acked:
                return

    async def refresh(self) -> None:
        """Ask the app to reconnect, as Slack does every few hours."""
        for socket in list(self._open):
            body = {"type": "disconnect", "reason": "refresh_requested", "debug_info": _debug()}
            await socket.send_text(json.dumps(body))

    async def drop(self) -> None:
        """Cut all connections without a word, as a network does."""
        for socket in list(self._open):
            self._open.remove(socket)
            await socket.close(1011)

    async def close(self) -> None:
        """Close all connections because the office closes."""
        for socket in list(self._open):
            self._open.remove(socket)
            await socket.close(1001)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._open) + 1,
            "debug_info": _debug(),
            "connection_info": {"app_id": self._slack.app_id},
        }

    def _envelope(self, kind: str, payload: Json, attempt: int) -> Json:
        body: Json = {
            "envelope_id": secrets.token_hex(16),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            body |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        return body

    async def _next(self, last: WebSocket | None) -> WebSocket | None:
        """Return the connection to use after `last`; wait a while for the first one."""
        if not self._open:
            changed = self._changed
            try:
                await asyncio.wait_for(changed.wait(), self._slack.ack_seconds)
            except TimeoutError:
                return None
        others = [socket for socket in self._open if socket is not last]
        return secrets.choice(others or self._open or [None])

    async def _send(self, socket: WebSocket, envelope: Json) -> bool:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = future
        try:
            await socket.send_text(json.dumps(envelope))
            await asyncio.wait_for(future, self._slack.ack_seconds)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):  # RuntimeError: already closed
            return False
        finally:
            del self._waiting[envelope["envelope_id"]]
        return True

    def _take(self, text: str) -> None:
        try:
            envelope = json.loads(text).get("envelope_id")
        except (ValueError, AttributeError):
            return
        future = self._waiting.get(envelope)
        if future is not None and not future.done():
            future.set_result(None)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _debug() -> Json:
    return {"host": HOST, "build_number": 1, "approximate_connection_time": 18_060}
