"""The chat completions API at its edges: what is sent, and every way in which an answer fails."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from decimal import Decimal
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


def test_missing_usage_is_estimated_from_the_characters(start: Start) -> None:
    model, _ = start(say("y" * 300), reports_usage=False)
    usage = model.complete(REQUEST, ignore).usage
    assert 100 <= usage.completion_tokens <= 130
    assert usage.prompt_tokens > 0


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
        (Refuse(400, {"message": "context too long"}), PermanentError),
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
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 20),
        ({"retry-after": "nan"}, 20),
        ({"retry-after": "1e12"}, 3600),
        ({"retry-after": "-5"}, 0),
    ],
)
def test_the_wait_after_a_rate_limit(start: Start, headers: dict[str, str], seconds: float) -> None:
    error = refusal(start, Refuse(429, {"message": "slow"}, headers))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(seconds=seconds)


def test_silence_is_a_transient_error(start: Start) -> None:
    model, _ = start(Stall(), timeout=0.3)
    with pytest.raises(TransientError, match="in time"):
        model.complete(REQUEST, ignore)


def test_an_endpoint_that_is_not_there_is_a_transient_error() -> None:
    connection = OpenAIConnection(api_key=KEY, base_url="http://127.0.0.1:9/v1")
    with closing(OpenAIModel(connection)) as model, pytest.raises(TransientError):
        model.complete(REQUEST, ignore)


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
