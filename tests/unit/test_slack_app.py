"""Deliveries from Slack over HTTP and Socket Mode: stored first, then acknowledged, else not."""

import hashlib
import hmac
import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from agent.domain.errors import PermissionDeniedError, SettingsError
from agent.domain.event import ButtonPressed, Event, ThreadReplied
from integrations.slack.app import build_app, http_handler, socket_mode
from integrations.slack.connection import SlackConnection
from tests.fakes.loop_thread import LoopThread
from tests.fakes.waiting import until

SAMPLES = Path(__file__).parents[1] / "samples" / "slack"
SIGNING = "made-up-signing-secret"
WAIT_SECONDS = 20


def sample(case: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / case / "body.json").read_text())
    return body


def connection(origin: str = "http://127.0.0.1:9") -> SlackConnection:
    return SlackConnection("made-up", channel="C1", api_url=f"{origin}/api/")


class Sink:
    """Remembers events; fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.events: list[Event] = []
        self.threads: set[int] = set()
        self.failures = failures

    def __call__(self, event: Event) -> None:
        self.threads.add(threading.get_ident())
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")
        self.events.append(event)


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    with LoopThread() as running:
        yield running


@pytest.fixture
def url(thread: LoopThread, sink: Sink) -> str:
    endpoint = http_handler(build_app(connection(), SIGNING, sink))
    listener, origin = thread.bind()
    thread.serve(Starlette(routes=[Route("/slack", endpoint, methods=["POST"])]), listener)
    return f"{origin}/slack"


def signed(body: bytes, *, secret: str = SIGNING, age_seconds: int = 0) -> dict[str, str]:
    at = str(int(time.time()) - age_seconds)
    mac = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": at, "x-slack-signature": f"v0={mac}"}


def deliver(url: str, body: bytes, kind: str = "application/json", **how: Any) -> httpx.Response:
    headers = {"content-type": kind, **signed(body, **how)}
    return httpx.post(url, content=body, headers=headers, timeout=WAIT_SECONDS)


def as_json(case: str) -> bytes:
    return json.dumps(sample(case)).encode()


def as_form(case: str) -> bytes:
    return urlencode({"payload": json.dumps(sample(case))}).encode()


FORM = "application/x-www-form-urlencoded"


def test_a_reply_in_a_thread_reaches_the_sink(url: str, sink: Sink) -> None:
    assert deliver(url, as_json("message_in_thread")).status_code == 200
    assert isinstance(sink.events[0].happening, ThreadReplied)


def test_a_pressed_button_reaches_the_sink(url: str, sink: Sink) -> None:
    assert deliver(url, as_form("button_pressed"), FORM).status_code == 200
    assert isinstance(sink.events[0].happening, ButtonPressed)


def test_the_sink_runs_outside_the_server_s_loop(thread: LoopThread, url: str, sink: Sink) -> None:
    deliver(url, as_json("message_in_thread"))
    assert thread.call(threading.get_ident) not in sink.threads


@pytest.mark.parametrize(
    "case", ["message_in_channel", "message_by_a_bot", "message_by_ourselves", "channel_join"]
)
def test_what_does_not_concern_us_is_acknowledged_all_the_same(
    url: str, sink: Sink, case: str
) -> None:
    assert deliver(url, as_json(case)).status_code == 200
    assert sink.events == []


def test_an_event_of_another_kind_is_acknowledged(url: str, sink: Sink) -> None:
    body = {"type": "event_callback", "event": {"type": "reaction_added", "user": "U1"}}
    assert deliver(url, json.dumps(body).encode()).status_code == 200


def test_a_button_with_a_link_is_acknowledged(url: str, sink: Sink) -> None:
    press = {**sample("button_pressed"), "actions": [{"action_id": "open", "type": "button"}]}
    body = urlencode({"payload": json.dumps(press)}).encode()
    assert deliver(url, body, FORM).status_code == 200
    assert sink.events == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [(as_json("message_in_thread"), "application/json"), (as_form("button_pressed"), FORM)],
    ids=["event", "press"],
)
def test_a_failing_sink_is_answered_so_that_slack_tries_again(
    url: str, sink: Sink, body: bytes, kind: str
) -> None:
    sink.failures = 1
    refused = deliver(url, body, kind)
    assert (refused.status_code, "database" in refused.text) == (500, False)
    assert deliver(url, body, kind).status_code == 200
    assert len(sink.events) == 1


def test_the_address_is_confirmed(url: str) -> None:
    answer = deliver(url, b'{"type": "url_verification", "challenge": "abc"}')
    assert answer.json() == {"challenge": "abc"}


@pytest.mark.parametrize("how", [{"secret": "another"}, {"age_seconds": 600}, {"secret": " "}])
def test_a_wrong_or_old_signature_is_refused_without_a_word(
    url: str, sink: Sink, how: dict[str, Any]
) -> None:
    answer = deliver(url, as_json("message_in_thread"), **how)
    assert (answer.status_code, answer.content) == (401, b"")
    assert sink.events == []


@pytest.mark.parametrize(
    ("timestamp", "signature", "body"),
    [
        ("", "", b"{}"),
        ("soon", "v0=abc", b"{}"),
        ("²", "v0=abc", b"{}"),
        ("-1", "", b"{}"),
        ("0", "v0=ü", b"[]"),
        ("NOW", "v0=ü", b"{}"),
        ("NOW", "v0=abc", b"\xff\xfe"),
        ("NOW", "v0=abc", b"[" * 200_000),
        ("NOW", "v0=abc", b"ssl_check=1"),
        ("NOW", "v0=abc", b""),
    ],
)
def test_unsigned_garbage_is_refused_before_it_is_parsed(
    url: str, timestamp: str, signature: str, body: bytes
) -> None:
    at = str(int(time.time())) if timestamp == "NOW" else timestamp
    headers = {
        b"x-slack-request-timestamp": at.encode("latin-1"),
        b"x-slack-signature": signature.encode("latin-1"),
        b"content-type": b"application/json",
    }
    answer = httpx.post(url, content=body, headers=headers, timeout=WAIT_SECONDS)
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_body_larger_than_anything_slack_sends_is_refused(url: str) -> None:
    assert deliver(url, b" " * (1 << 20) + b"{}").status_code == 401


def test_without_a_signing_secret_http_is_not_offered(sink: Sink) -> None:
    app = build_app(connection(), "", sink)
    with pytest.raises(SettingsError, match="SLACK_SIGNING_SECRET"):
        http_handler(app)


class Socket:
    """Slack's side of Socket Mode: sends envelopes and hears what is acknowledged."""

    def __init__(self) -> None:
        self.to_send: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.acknowledged: queue.Queue[str] = queue.Queue()
        self.is_refusing = False
        self.authorization = ""

    def send(self, envelope_id: str, kind: str, case: str) -> None:
        payload = sample(case)
        self.to_send.put({"envelope_id": envelope_id, "type": kind, "payload": payload})

    def talk(self, wire: ServerConnection) -> None:
        wire.send(json.dumps({"type": "hello"}))
        listener = threading.Thread(target=self._listen, args=[wire])
        listener.start()
        while (envelope := self.to_send.get()) is not None:
            wire.send(json.dumps(envelope))
        wire.close()
        listener.join()

    def _listen(self, wire: ServerConnection) -> None:
        # slack_sdk closes its socket without a word of farewell.
        with suppress(ConnectionClosed):
            for message in wire:
                self.acknowledged.put(json.loads(message)["envelope_id"])


@contextmanager
def listening(socket: Socket) -> Iterator[str]:
    with serve(socket.talk, "127.0.0.1", 0) as wire:
        address = f"ws://127.0.0.1:{wire.socket.getsockname()[1]}/link/?ticket=1"
        thread = threading.Thread(target=wire.serve_forever)
        thread.start()

        async def open_connection(request: Request) -> Response:
            socket.authorization = request.headers["authorization"]
            if socket.is_refusing:
                return JSONResponse({"ok": False, "error": "invalid_auth"})
            return JSONResponse({"ok": True, "url": address})

        route = Route("/api/apps.connections.open", open_connection, methods=["POST"])
        with LoopThread() as loop:
            listener, origin = loop.bind()
            loop.serve(Starlette(routes=[route]), listener)
            yield origin
        socket.to_send.put(None)
        wire.shutdown()
        thread.join()


def test_socket_mode_stores_and_acknowledges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    socket, sink = Socket(), Sink()
    with listening(socket) as origin:
        mode = socket_mode(build_app(connection(origin), "", sink), "made-up-app-token")
        mode.start()
        socket.send("e1", "events_api", "message_in_thread")
        assert socket.acknowledged.get(timeout=WAIT_SECONDS) == "e1"
        socket.send("e2", "interactive", "button_pressed")
        assert socket.acknowledged.get(timeout=WAIT_SECONDS) == "e2"
        mode.stop()
    assert [event.happening.kind for event in sink.events] == ["thread_replied", "button_pressed"]
    assert socket.authorization == "Bearer made-up-app-token"


def test_socket_mode_does_not_acknowledge_what_the_sink_could_not_store() -> None:
    socket, sink = Socket(), Sink(failures=2)
    with listening(socket) as origin:
        mode = socket_mode(build_app(connection(origin), "", sink), "made-up-app-token")
        mode.start()
        socket.send("lost", "events_api", "message_in_thread")
        socket.send("lost too", "interactive", "button_pressed")
        until(lambda: sink.failures == 0)
        socket.send("kept", "events_api", "message_in_thread")
        assert socket.acknowledged.get(timeout=WAIT_SECONDS) == "kept"
        mode.stop()
    assert socket.acknowledged.empty()


def test_a_refused_app_token_is_told_at_the_start() -> None:
    socket = Socket()
    socket.is_refusing = True
    with listening(socket) as origin:
        mode = socket_mode(build_app(connection(origin), "", Sink()), "made-up-app-token")
        with pytest.raises(PermissionDeniedError, match="SLACK_APP_TOKEN"):
            mode.start()
