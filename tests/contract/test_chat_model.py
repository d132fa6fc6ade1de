"""What every chat model does: the scripted fake and the adapter, asked the same questions."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from agent.domain.conversation import (
    Message,
    ModelRequest,
    Reply,
    ToolCall,
    ToolSpec,
    Usage,
)
from agent.domain.errors import (
    ContextOverflowError,
    PermanentError,
    PermissionDeniedError,
    QuotaSpentError,
    RateLimitedError,
    TransientError,
)
from agent.ports import ChatModel
from integrations.openai.dialect import ModelOptions
from integrations.openai.model import OpenAIConnection, OpenAIModel
from tests.fakes.chat_model import Saying, ScriptedChatModel, call, calls, say
from tests.fakes.model_server import ModelServer

TOOL = ToolSpec(
    name="read_file",
    description="Read a file.",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}},
)
REQUEST = ModelRequest(
    key="PAY-1/3",
    model="a-model",
    messages=(
        Message(role="system", content="You are a developer."),
        Message(role="user", content="Fix it, please: größer"),
        Message(
            role="assistant",
            tool_calls=(ToolCall(id="call_1", name="read_file", arguments='{"path": "a.py"}'),),
        ),
        Message(role="tool", content="1 + 1", tool_call_id="call_1"),
    ),
    tools=(TOOL,),
)


@dataclass
class Talk:
    """A model with a script, and what it was asked so far."""

    model: ChatModel
    heard: Callable[[], list[dict[str, Any]]]


Start = Callable[..., Talk]


@pytest.fixture(params=["fake", "openai", "text"])
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Begin to talk to the fake, or to the adapter with its tools as a parameter or in text."""
    with ExitStack() as stack:

        def fake(*script: Saying) -> Talk:
            model = ScriptedChatModel(*script)
            return Talk(model, lambda: [_seen(each) for each in model.heard])

        def openai(*script: Saying) -> Talk:
            server = stack.enter_context(ModelServer(script))
            connection = OpenAIConnection(api_key="test-key", base_url=server.url)
            model = stack.enter_context(closing(OpenAIModel(connection)))
            return Talk(model, lambda: [{"key": each.key, **each.body} for each in server.requests])

        def text(*script: Saying) -> Talk:
            server = stack.enter_context(ModelServer(map(in_text, script)))
            connection = OpenAIConnection(
                api_key="test-key",
                base_url=server.url,
                models={"a-model": ModelOptions(tools="text")},
            )
            model = stack.enter_context(closing(OpenAIModel(connection)))
            return Talk(model, lambda: [{"key": each.key, **each.body} for each in server.requests])

        yield {"fake": fake, "openai": openai, "text": text}[request.param]


def in_text(saying: Saying) -> Saying:
    """Return the turn as a model writes it that calls tools in text."""
    if not isinstance(saying, Message):
        return saying
    blocks = [f"```tool {each.name}\n{each.arguments}\n```" for each in saying.tool_calls]
    return say("\n".join(part for part in (saying.content, *blocks) if part))


def _seen(request: ModelRequest) -> dict[str, Any]:
    return {"key": request.key, "model": request.model}


def ignore(text: str) -> None:
    pass


def test_text_is_returned(start: Start) -> None:
    reply = start(say("All 31 tests pass: größer.")).model.complete(REQUEST, ignore)
    assert reply.message == Message(role="assistant", content="All 31 tests pass: größer.")
    assert reply.finish_reason == "stop"


def test_text_is_told_while_it_streams_in(start: Start) -> None:
    told: list[str] = []
    start(say("All 31 tests pass.")).model.complete(REQUEST, told.append)
    assert "".join(told) == "All 31 tests pass."


def test_a_tool_call_keeps_its_name_and_arguments(start: Start) -> None:
    script = call("edit_file", path="a.py", text='say("hi")\n')
    reply = start(script).model.complete(REQUEST, ignore)
    made = reply.message.tool_calls[0]
    assert (made.name, made.arguments) == ("edit_file", script.tool_calls[0].arguments)
    assert reply.finish_reason == "tool_calls"


def test_several_calls_keep_their_order_and_differ_in_their_ids(start: Start) -> None:
    script = calls(call("read_file", path="a"), call("read_file", path="b"), text="Both.")
    made = start(script).model.complete(REQUEST, ignore).message.tool_calls
    assert [each.arguments for each in made] == ['{"path": "a"}', '{"path": "b"}']
    assert len({each.id for each in made}) == 2


def test_the_usage_is_what_the_provider_counted(start: Start) -> None:
    usage = Usage(prompt_tokens=900, cached_tokens=800, completion_tokens=7)
    reply = Reply(message=say("Hi"), finish_reason="stop", usage=usage, model="a-model")
    assert start(reply).model.complete(REQUEST, ignore).usage == usage


def test_a_reply_cut_at_the_length_limit_says_so(start: Start) -> None:
    reply = Reply(message=say("Hal"), finish_reason="length", usage=Usage(), model="a-model-2")
    got = start(reply).model.complete(REQUEST, ignore)
    assert (got.finish_reason, got.model) == ("length", "a-model-2")


def test_the_key_and_the_model_of_a_request_arrive(start: Start) -> None:
    talk = start(say("Hi"))
    talk.model.complete(REQUEST, ignore)
    heard = talk.heard()[0]
    assert (heard["key"], heard["model"]) == ("PAY-1/3", "a-model")


def test_replies_come_in_the_order_of_the_script(start: Start) -> None:
    talk = start(say("One"), say("Two"))
    told = [talk.model.complete(REQUEST, ignore).message.content for _ in range(2)]
    assert told == ["One", "Two"]


def test_a_rate_limit_names_the_wait(start: Start) -> None:
    with pytest.raises(RateLimitedError) as caught:
        start(RateLimitedError("slow down", timedelta(seconds=7))).model.complete(REQUEST, ignore)
    assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    "kind", [TransientError, PermanentError, PermissionDeniedError, QuotaSpentError]
)
def test_an_error_arrives_as_its_class(start: Start, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        start(kind("no")).model.complete(REQUEST, ignore)
    assert type(caught.value) is kind


def test_a_model_works_on_after_an_error(start: Start) -> None:
    talk = start(TransientError("overloaded"), say("Hi"))
    with pytest.raises(TransientError):
        talk.model.complete(REQUEST, ignore)
    assert talk.model.complete(REQUEST, ignore).message.content == "Hi"


@pytest.mark.parametrize("limit", [None, 8192])
def test_a_request_that_is_too_long_says_so_and_names_the_limit(
    start: Start, limit: int | None
) -> None:
    with pytest.raises(ContextOverflowError) as caught:
        start(ContextOverflowError("too long", limit)).model.complete(REQUEST, ignore)
    assert caught.value.limit_tokens == limit


@pytest.mark.parametrize("reason", ["stop", "content_filter"])
def test_a_refusal_is_told_apart_and_its_words_are_kept(start: Start, reason: str) -> None:
    declined = Reply(
        message=say("I cannot help."),
        finish_reason=reason,
        usage=Usage(),
        model="a-model",
        refused=True,
    )
    reply = start(declined).model.complete(REQUEST, ignore)
    assert (reply.refused, reply.message.content) == (True, "I cannot help.")


def test_an_ordinary_answer_is_no_refusal(start: Start) -> None:
    assert not start(say("Hi")).model.complete(REQUEST, ignore).refused


def test_counting_sends_nothing_and_grows_with_each_part_of_a_request(start: Start) -> None:
    talk = start()
    more = (*REQUEST.messages, Message(role="user", content="and one thing more"))
    counts = [
        talk.model.count_tokens(request)
        for request in (
            REQUEST.model_copy(update={"tools": ()}),
            REQUEST,
            REQUEST.model_copy(update={"messages": more}),
        )
    ]
    assert counts == sorted(set(counts))
    assert talk.heard() == []


def test_a_count_is_not_far_below_four_characters_a_token(start: Start) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 200
    request = REQUEST.model_copy(update={"messages": (Message(role="user", content=text),)})
    assert len(text) / 5 < start().model.count_tokens(request) < len(text)


def test_every_model_has_a_window(start: Start) -> None:
    assert start().model.window("a-model") >= 1_000
