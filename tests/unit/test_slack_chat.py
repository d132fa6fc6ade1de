"""What Slack's refusals mean, and what is asked of it: SlackChat against scripted answers."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.domain.errors import (
    DeveloperError,
    NotFoundError,
    PermanentError,
    PermissionDeniedError,
    RateLimitedError,
    SettingsError,
    TransientError,
)
from agent.domain.progress import Button, Card, ThreadNote, ThreadRef
from integrations.slack.chat import SlackChat
from integrations.slack.connection import SlackConnection
from tests.fakes.ledger import FakeLedger
from tests.fakes.loop_thread import LoopThread

TOKEN = "made-up-bot-token-0123456789"  # noqa: S105 - made up
CARD = Card(ticket="PAY-1", title="Refunds", url="", headline="Started")
THREAD = ThreadRef(channel="C1", ts="1.0")
POSTED = {"ok": True, "channel": "C1", "ts": "2.0"}
NOTHING = {"ok": True, "messages": []}


@dataclass
class Script:
    """Answers in the order given, and what was asked: (method, arguments)."""

    answers: list[Response] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        body = (await request.body()).decode()
        is_json = request.headers["content-type"].startswith("application/json")
        arguments = json.loads(body) if is_json else dict(parse_qsl(body))
        self.asked.append((request.path_params["method"], arguments))
        return self.answers.pop(0)

    def will(self, *bodies: dict[str, Any]) -> None:
        self.answers = [JSONResponse(body) for body in bodies]

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def origin(script: Script) -> Iterator[str]:
    route = Route("/api/{method}", script.answer, methods=["POST"])
    with LoopThread() as thread:
        listener, address = thread.bind()
        thread.serve(Starlette(routes=[route]), listener)
        yield address


def chat_at(origin: str, channel: str = "C1") -> SlackChat:
    connection = SlackConnection(
        bot_token=TOKEN, channel=channel, api_url=f"{origin}/api/", timeout_seconds=20
    )
    return SlackChat(connection, FakeLedger())


def refusal(script: Script, origin: str, answer: Response) -> DeveloperError:
    script.answers = [answer]
    with pytest.raises(DeveloperError) as caught:
        chat_at(origin).update_card(THREAD, CARD)
    assert TOKEN not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_auth", PermissionDeniedError),
        ("not_authed", PermissionDeniedError),
        ("token_revoked", PermissionDeniedError),
        ("account_inactive", PermissionDeniedError),
        ("missing_scope", PermissionDeniedError),
        ("channel_not_found", SettingsError),
        ("not_in_channel", SettingsError),
        ("is_archived", SettingsError),
        ("message_not_found", NotFoundError),
        ("internal_error", TransientError),
        ("service_unavailable", TransientError),
        ("ratelimited", RateLimitedError),
        ("invalid_blocks", PermanentError),
        ("something_new", PermanentError),
    ],
)
def test_each_refusal_has_its_class(
    script: Script, origin: str, code: str, kind: type[Exception]
) -> None:
    error = refusal(script, origin, JSONResponse({"ok": False, "error": code}))
    assert type(error) is kind
    assert code in str(error)


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived"])
def test_a_wrong_channel_names_the_setting_and_the_fix(
    script: Script, origin: str, code: str
) -> None:
    error = refusal(script, origin, JSONResponse({"ok": False, "error": code}))
    assert "SLACK_CHANNEL" in str(error)


def test_a_missing_scope_is_named(script: Script, origin: str) -> None:
    body = {"ok": False, "error": "missing_scope", "needed": "channels:history"}
    assert "channels:history" in str(refusal(script, origin, JSONResponse(body)))


def test_invalid_blocks_say_which(script: Script, origin: str) -> None:
    messages = ["[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text]"]
    body = {
        "ok": False,
        "error": "invalid_blocks",
        "response_metadata": {"messages": messages},
    }
    assert "/blocks/0/text" in str(refusal(script, origin, JSONResponse(body)))


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"Retry-After": "7"}, 7), ({}, 30), ({"Retry-After": "soon"}, 30)]
)
def test_a_rate_limit_names_the_wait(
    script: Script, origin: str, headers: dict[str, str], seconds: int
) -> None:
    answer = JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
    error = refusal(script, origin, answer)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_slack_is_transient_and_asked_once(
    script: Script, origin: str, status: int
) -> None:
    error = refusal(script, origin, Response("<html>oops</html>", status))
    assert type(error) is TransientError
    assert script.methods == ["chat.update"]


def test_no_answer_at_all_is_transient() -> None:
    with pytest.raises(TransientError):
        chat_at("http://127.0.0.1:9").update_card(THREAD, CARD)


def test_a_write_whose_answer_is_lost_is_not_repeated_unseen() -> None:
    heard: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readline())
        writer.transport.abort()

    with LoopThread() as thread:
        server = thread.call(asyncio.start_server, hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TransientError):
            chat_at(f"http://127.0.0.1:{port}").update_card(THREAD, CARD)
        thread.call(server.close)
    assert len(heard) == 1


def test_a_proxy_is_not_used_where_no_proxy_says_so(
    script: Script, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    script.will(POSTED)
    chat_at(origin).update_card(THREAD, CARD)
    assert script.methods == ["chat.update"]


def test_a_channel_s_name_is_looked_up_once_over_all_pages(script: Script, origin: str) -> None:
    script.will(
        {
            "ok": True,
            "channels": [{"name": "random", "id": "C9"}],
            "response_metadata": {"next_cursor": "more"},
        },
        {"ok": True, "channels": [{"name": "backend", "id": "C1"}]},
        NOTHING,
        POSTED,
        NOTHING,
        POSTED,
    )
    chat = chat_at(origin, "#backend")
    chat.post_card("PAY-1-aaaaaaaa/card", CARD)
    chat.post_card("PAY-2-aaaaaaaa/card", CARD)
    assert script.methods.count("conversations.list") == 2
    assert script.asked[1][1]["cursor"] == "more"
    assert script.asked[3][1]["channel"] == "C1"


def test_an_unknown_channel_name_names_the_setting(script: Script, origin: str) -> None:
    script.will({"ok": True, "channels": []})
    with pytest.raises(SettingsError, match="SLACK_CHANNEL"):
        chat_at(origin, "backend").post_card("PAY-1-aaaaaaaa/card", CARD)


def test_a_card_is_posted_with_its_mark_and_without_previews(script: Script, origin: str) -> None:
    script.will(NOTHING, POSTED)
    chat_at(origin).post_card("PAY-1-aaaaaaaa/card", CARD)
    arguments = script.asked[1][1]
    assert arguments["metadata"] == {
        "event_type": "backsmith_card",
        "event_payload": {"key": "PAY-1-aaaaaaaa/card"},
    }
    assert (arguments["unfurl_links"], arguments["unfurl_media"]) == (False, False)


def test_a_message_that_was_recorded_is_not_looked_for(script: Script, origin: str) -> None:
    script.will(NOTHING, POSTED)
    chat = chat_at(origin)
    first = chat.post_card("PAY-1-aaaaaaaa/card", CARD)
    assert chat.post_card("PAY-1-aaaaaaaa/card", CARD) == first
    assert script.methods == ["conversations.history", "chat.postMessage"]


def test_an_unanswered_post_is_found_by_its_mark_on_a_later_page(
    script: Script, origin: str
) -> None:
    mark = {"event_type": "backsmith_card", "event_payload": {"key": "PAY-1-aaaaaaaa/note"}}
    other = {**mark, "event_type": "somebody_else"}
    script.will(
        {
            "ok": True,
            "messages": [{"ts": "1.0"}, {"ts": "1.1", "metadata": other}],
            "response_metadata": {"next_cursor": "more"},
        },
        {"ok": True, "messages": [{"ts": "1.2", "metadata": mark}]},
    )
    note = ThreadNote(text="Hello")
    assert chat_at(origin).reply(THREAD, "PAY-1-aaaaaaaa/note", note) == "1.2"
    assert script.methods == ["conversations.replies"] * 2
    assert script.asked[0][1]["include_all_metadata"] == "1"


def test_only_the_newest_200_messages_are_searched(script: Script, origin: str) -> None:
    page = {
        "ok": True,
        "messages": [{"ts": f"{number}.0"} for number in range(100)],
        "response_metadata": {"next_cursor": "more"},
    }
    script.will(page, page, POSTED)
    chat_at(origin).post_card("PAY-1-aaaaaaaa/card", CARD)
    assert script.methods[2] == "chat.postMessage"


def test_buttons_in_a_thread_take_their_ticket_from_the_key(script: Script, origin: str) -> None:
    script.will(NOTHING, POSTED)
    note = ThreadNote(text="Go?", buttons=(Button(action="approve", label="Approve"),))
    chat_at(origin).reply(THREAD, "PAY-12-4b3c2d1e/plan-1", note)
    assert script.asked[1][1]["blocks"][-1]["elements"][0]["value"] == "PAY-12"


def test_buttons_under_a_key_without_a_ticket_are_refused(script: Script, origin: str) -> None:
    script.will(NOTHING)
    note = ThreadNote(text="Go?", buttons=(Button(action="approve", label="Approve"),))
    with pytest.raises(PermanentError):
        chat_at(origin).reply(THREAD, "plan", note)


def test_the_token_is_not_in_the_connection_s_repr() -> None:
    assert TOKEN not in repr(SlackConnection(bot_token=TOKEN, channel="C1"))
