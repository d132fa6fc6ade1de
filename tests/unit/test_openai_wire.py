"""The chat completions API at its edges: what is sent, and every way in which an answer fails."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from decimal import Decimal
from email.utils import formatdate
from typing import Any

import pytest

from agent.domain.conversation import (
    Message,
    ModelRequest,
    Price,
    Reply,
    ToolCall,
    ToolSpec,
    Usage,
)
from agent.domain.errors import (
    DeveloperError,
    PermanentError,
    PermissionDeniedError,
    QuotaSpentError,
    RateLimitedError,
    SettingsError,
    TransientError,
)
from integrations.openai.model import OpenAIConnection, OpenAIModel
from integrations.openai.prices import price_of
from tests.fakes.chat_model import call, say
from tests.fakes.model_server import (
    BreakOff,
    Entry,
    FailWithin,
    ModelServer,
    Raw,
    Refuse,
    Stall,
)

KEY = "sk-test-0123456789abcdef"
REQUEST = ModelRequest(
    key="k1",
    model="gpt-5",
    messages=(Message(role="user", content="Hello"),),
    tools=(),
)

Asked = tuple[OpenAIModel, ModelServer]
Start = Callable[..., Asked]


def ignore(text: str) -> None:
    pass


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(*script: Entry, timeout: float = 20, **options: Any) -> Asked:
            server = stack.enter_context(ModelServer(script, **options))
            connection = OpenAIConnection(
                api_key=KEY, base_url=server.url, timeout_seconds=timeout, headers={"X-Team": "pay"}
            )
            return stack.enter_context(closing(OpenAIModel(connection))), server

        yield begin


def refusal(start: Start, *script: Entry) -> Exception:
    with pytest.raises(DeveloperError) as caught:
        start(*script)[0].complete(REQUEST, ignore)
    return caught.value


def test_a_transcript_is_sent_in_the_shapes_of_the_api(start: Start) -> None:
    model, server = start(say("Hi"))
    request = ModelRequest(
        key="k2",
        model="gpt-5",
        messages=(
            Message(role="system", content="Be good."),
            Message(
                role="assistant",
                tool_calls=(ToolCall(id="c1", name="look", arguments='{"at": 1}'),),
            ),
            Message(role="tool", content="seen", tool_call_id="c1"),
        ),
        tools=(ToolSpec(name="look", description="Look.", parameters={"type": "object"}),),
    )
    model.complete(request, ignore)
    body = server.requests[0].body
    assert body["messages"] == [
        {"role": "system", "content": "Be good."},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "look", "arguments": '{"at": 1}'},
                }
            ],
        },
        {"role": "tool", "content": "seen", "tool_call_id": "c1"},
    ]
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "look",
                "description": "Look.",
                "parameters": {"type": "object"},
            },
        }
    ]


def test_a_request_without_tools_names_none_and_asks_for_a_stream_with_usage(start: Start) -> None:
    model, server = start(say("Hi"))
    model.complete(REQUEST, ignore)
    body = server.requests[0].body
    assert body["stream_options"] == {"include_usage": True}
    assert set(body) == {"model", "messages", "stream", "stream_options"}


def test_key_and_extra_headers_travel(start: Start) -> None:
    model, server = start(say("Hi"))
    model.complete(REQUEST, ignore)
    headers = server.requests[0].headers
    assert (headers["idempotency-key"], headers["x-team"]) == ("k1", "pay")


def test_tool_arguments_are_told_while_they_stream_in(start: Start) -> None:
    told: list[str] = []
    model, _ = start(call("edit", text="a long piece of text"))
    model.complete(REQUEST, told.append)
    assert "".join(told) == '{"text": "a long piece of text"}'
    assert len(told) > 4


def test_missing_usage_is_counted_here_rather_too_high(start: Start) -> None:
    model, _ = start(say("The price is two. " * 50), reports_usage=False)
    usage = model.complete(REQUEST, ignore).usage
    assert 250 < usage.completion_tokens < 350
    assert usage.prompt_tokens >= model.count_tokens(REQUEST) > 0


def test_an_endpoint_that_refuses_stream_options_is_asked_without_from_then_on(
    start: Start,
) -> None:
    error = {"message": "Unrecognized request argument", "param": "stream_options"}
    model, server = start(Refuse(400, error), say("One"), say("Two"))
    told = [model.complete(REQUEST, ignore).message.content for _ in range(2)]
    assert told == ["One", "Two"]
    assert ["stream_options" in each.body for each in server.requests] == [True, False, False]


def test_an_endpoint_that_refuses_to_stream_is_asked_for_whole_answers(start: Start) -> None:
    usage = Usage(prompt_tokens=5, completion_tokens=2)
    whole = Reply(message=call("look", at=1), finish_reason="tool_calls", usage=usage, model="m")
    model, server = start(Refuse(400, {"message": "`stream` is not supported"}), whole)
    assert model.complete(REQUEST, ignore) == whole
    assert "stream" not in server.requests[1].body


def test_a_refusal_that_stays_is_told_and_not_learnt(start: Start) -> None:
    no_stream = Refuse(400, {"message": "cannot stream"})
    model, server = start(no_stream, Refuse(400, {"message": "bad"}), say("Hi"))
    with pytest.raises(PermanentError, match="bad"):
        model.complete(REQUEST, ignore)
    model.complete(REQUEST, ignore)
    assert server.requests[2].body["stream"] is True


def test_an_upstream_failure_is_not_taken_for_the_parameter_stream(start: Start) -> None:
    error = refusal(start, Refuse(400, {"message": "upstream refused"}))
    assert "upstream refused" in str(error)


def test_an_endpoint_that_answers_in_one_piece_all_the_same_is_understood(start: Start) -> None:
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}
    model, _ = start(Raw(json.dumps(body).encode()))
    reply = model.complete(REQUEST, ignore)
    assert (reply.message.content, reply.model) == ("Hi", "gpt-5")


def test_calls_that_share_one_index_are_told_apart_by_their_ids(start: Start) -> None:
    chunks = [
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
        {"tool_calls": [{"index": 0, "id": "b", "function": {"name": "g", "arguments": "[]"}}]},
    ]
    choices: list[dict[str, Any]] = [{"delta": delta} for delta in chunks]
    choices.append({"delta": {}, "finish_reason": "tool_calls"})
    lines = "".join(f"data: {json.dumps({'choices': [each]})}\n\n" for each in choices)
    model, _ = start(Raw(lines.encode(), "text/event-stream"))
    made = model.complete(REQUEST, ignore).message.tool_calls
    assert [(each.id, each.name, each.arguments) for each in made] == [
        ("a", "f", "{}"),
        ("b", "g", "[]"),
    ]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Refuse(401, {"message": f"Incorrect API key provided: {KEY}"}), PermissionDeniedError),
        (Refuse(403, {"message": "not allowed"}), PermissionDeniedError),
        (Refuse(402, {"message": "Insufficient Balance"}), QuotaSpentError),
        (Refuse(429, {"code": "insufficient_quota"}), QuotaSpentError),
        (Refuse(429, {"type": "insufficient_quota"}), QuotaSpentError),
        (Refuse(429, {"code": "credit_balance_exhausted"}), QuotaSpentError),
        (Refuse(400, {"code": "billing_hard_limit_reached"}), QuotaSpentError),
        (Refuse(429, {"message": "slow"}), RateLimitedError),
        (Refuse(408), TransientError),
        (Refuse(409), TransientError),
        (Refuse(500), TransientError),
        (Refuse(502), TransientError),
        (Refuse(529), TransientError),
        (Refuse(400, {"message": "no such thing"}), PermanentError),
        (Refuse(413), PermanentError),
        (Refuse(422, {"message": "bad schema"}), PermanentError),
        (BreakOff(say("Half of it")), TransientError),
        (BreakOff(say("Half of it"), is_cut=True), TransientError),
        (BreakOff(call("edit", text="half")), TransientError),
        (FailWithin(say("Half"), {"message": "overloaded"}), TransientError),
        (FailWithin(say("Half"), {"code": "rate_limit_exceeded"}), RateLimitedError),
        (FailWithin(say("Half"), {"code": "insufficient_quota"}), QuotaSpentError),
        (FailWithin(say("Half"), {"type": "invalid_request_error"}), PermanentError),
        (Raw(b"data: {torn\n\n", "text/event-stream"), TransientError),
        (Raw(b"<html>maintenance</html>", "text/html"), TransientError),
        (Raw(b"[]"), TransientError),
        (Raw(b'{"choices": []}'), TransientError),
    ],
    ids=repr,
)
def test_each_failure_has_its_class_and_never_names_the_key(
    start: Start, answer: Entry, kind: type[Exception]
) -> None:
    error = refusal(start, answer)
    assert type(error) is kind
    assert KEY not in str(error)


def test_an_unknown_model_names_the_setting(start: Start) -> None:
    error = refusal(start, Refuse(404, {"message": "The model does not exist"}))
    assert isinstance(error, PermanentError)
    assert "BACKSMITH_MODEL" in str(error)
    assert "gpt-5" in str(error)


def test_a_long_refusal_is_cut(start: Start) -> None:
    assert len(str(refusal(start, Refuse(400, {"message": "x" * 9_000})))) < 600


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after": "0.5"}, 0.5),
        ({}, 20),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "Wed, 21 Oct 9015 07:28:00 GMT"}, 3600),
        ({"retry-after": "soon"}, 20),
        ({"retry-after": "nan"}, 20),
        ({"retry-after": "1e12"}, 3600),
        ({"retry-after": "-5"}, 0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "2", "x-ratelimit-reset-requests": "9s"}, 2),
        ({"x-ratelimit-reset-requests": "120ms", "x-ratelimit-reset-tokens": "1m2.5s"}, 62.5),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "8.64s",
                "x-ratelimit-remaining-tokens": "10",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            8.64,
        ),
        ({"x-ratelimit-reset-tokens": "7"}, 7),
        ({"x-ratelimit-reset": "4"}, 4),
        ({"x-ratelimit-reset": "9999999999999"}, 3600),
        ({"x-ratelimit-reset-tokens": "a while"}, 20),
    ],
)
def test_the_wait_after_a_rate_limit(start: Start, headers: dict[str, str], seconds: float) -> None:
    error = refusal(start, Refuse(429, {"message": "slow"}, headers))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(seconds=seconds)


def test_a_date_to_wait_for_is_understood(start: Start) -> None:
    date = formatdate(time.time() + 60, usegmt=True)
    error = refusal(start, Refuse(429, {"message": "slow"}, {"retry-after": date}))
    assert isinstance(error, RateLimitedError)
    assert timedelta(seconds=50) < error.retry_after <= timedelta(seconds=60)


def test_silence_is_a_transient_error(start: Start) -> None:
    model, _ = start(Stall(), timeout=0.3)
    with pytest.raises(TransientError, match="in time"):
        model.complete(REQUEST, ignore)


def test_an_endpoint_that_is_not_there_is_a_transient_error() -> None:
    connection = OpenAIConnection(api_key=KEY, base_url="http://me:pa55word@127.0.0.1:9/s3cret")
    with (
        closing(OpenAIModel(connection)) as model,
        pytest.raises(TransientError, match=r"at 127\.0\.0\.1:9 could not be reached") as caught,
    ):
        model.complete(REQUEST, ignore)
    assert not re.search("pa55word|s3cret", str(caught.value))


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ('{"at": 1}', '{"at": 1}'),
        ("", "{}"),
        (" ", "{}"),
        ('{"at": 1,}', '{"malformed": "{\\"at\\": 1,}"}'),
        ('{"at": ', '{"malformed": "{\\"at\\": "}'),
        ("[1]", '{"malformed": "[1]"}'),
        ('"größer"', '{"malformed": "\\"größer\\""}'),
        ('{"at": NaN}', '{"malformed": "{\\"at\\": NaN}"}'),
        ("[" * 100_000, None),
    ],
)
def test_arguments_of_earlier_calls_are_sent_as_json_objects(
    start: Start, written: str, sent: str | None
) -> None:
    made = ToolCall(id="c1", name="look", arguments=written)
    turn = Message(role="assistant", tool_calls=(made,))
    answer = Message(role="tool", content="not JSON", tool_call_id="c1")
    model, server = start(say("Hi"))
    model.complete(REQUEST.model_copy(update={"messages": (turn, answer)}), ignore)
    arguments = server.requests[0].body["messages"][0]["tool_calls"][0]["function"]["arguments"]
    assert arguments == (sent or json.dumps({"malformed": written}))


def test_half_a_character_is_neither_sent_nor_kept(start: Start) -> None:
    halves = [{"delta": {"content": half}} for half in ("\ud83d", "\ude00 \udcff")]
    choices = [*halves, {"delta": {}, "finish_reason": "stop"}]
    lines = "".join(f"data: {json.dumps({'choices': [each]})}\n\n" for each in choices)
    model, server = start(Raw(lines.encode(), "text/event-stream"))
    said = (Message(role="user", content="a\udcffb"),)
    reply = model.complete(REQUEST.model_copy(update={"messages": said}), ignore)
    assert reply.message.content == "\U0001f600 \ufffd"
    assert server.requests[0].body["messages"][0]["content"] == "a\ufffdb"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "upstream is busy", "code": 502}, TransientError),
        ({"message": "no money", "code": "insufficient_quota"}, QuotaSpentError),
        ("plain words", TransientError),
    ],
)
def test_a_failure_reported_with_status_200_is_still_a_failure(
    start: Start, error: object, kind: type[Exception]
) -> None:
    assert type(refusal(start, Raw(json.dumps({"error": error}).encode()))) is kind


def test_a_failing_request_is_sent_once(start: Start) -> None:
    model, server = start(Refuse(500), say("Hi"))
    with pytest.raises(TransientError):
        model.complete(REQUEST, ignore)
    assert len(server.requests) == 1


def test_a_missing_key_names_the_setting() -> None:
    with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
        OpenAIModel(OpenAIConnection(api_key=""))


def test_the_key_is_not_in_the_connection_s_repr() -> None:
    assert KEY not in repr(OpenAIConnection(api_key=KEY))


def price(prompt: str) -> Price:
    return Price(prompt=Decimal(prompt), cached=Decimal(0), completion=Decimal(0))


@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        ("gpt-4o", "2.50"),
        ("gpt-4o-2024-08-06", "2.50"),
        ("gpt-4o-mini-2024-07-18", "0.15"),
        ("gpt-5-mini", "0.25"),
    ],
)
def test_a_dated_name_has_the_price_of_its_model(model: str, prompt: str) -> None:
    found = price_of(model, {})
    assert found is not None
    assert found.prompt == Decimal(prompt)


@pytest.mark.parametrize("model", ["gpt-5-pro", "gpt-5.9", "gpt-4o-realtime-preview", "qwen", ""])
def test_a_sibling_or_an_unknown_model_has_no_price(model: str) -> None:
    assert price_of(model, {}) is None


def test_the_settings_price_comes_first() -> None:
    mine = {"gpt-5": price("9"), "house-model": price("0")}
    assert price_of("gpt-5-2025-08-07", mine) == price("9")
    assert price_of("house-model", mine) == price("0")
