"""What the settings say about single models, and what endpoints take of it."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from agent.domain.conversation import Message, ModelRequest, Reply, ToolSpec, Usage
from agent.domain.errors import PermanentError
from integrations.openai.dialect import ModelOptions
from integrations.openai.model import OpenAIConnection, OpenAIModel
from integrations.openai.unheard import are_tools_unheard
from integrations.openai.windows import UNKNOWN, read_report
from tests.fakes.chat_model import call, say
from tests.fakes.model_server import Entry, ModelServer, Raw, Refuse

LOOK = ToolSpec(name="look", description="Look.", parameters={"type": "object"})
REQUEST = ModelRequest(
    key="k", model="m", messages=(Message(role="user", content="Hi"),), tools=(LOOK,)
)

Asked = tuple[OpenAIModel, ModelServer]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start(
    stack: ExitStack, *script: Entry, options: ModelOptions | None = None, **server: Any
) -> Asked:
    served = stack.enter_context(ModelServer(script, **server))
    models = {"m": options} if options else {}
    connection = OpenAIConnection(api_key="k", base_url=served.url, models=models)
    return stack.enter_context(closing(OpenAIModel(connection))), served


def ask(model: OpenAIModel, times: int = 1) -> None:
    for _ in range(times):
        model.complete(REQUEST, lambda _text: None)


def test_effort_and_the_longest_answer_are_sent_when_they_are_set(stack: ExitStack) -> None:
    model, server = start(stack, say("Hi"), options=ModelOptions(effort="low", max_output=9))
    ask(model)
    body = server.requests[0].body
    assert (body["reasoning_effort"], body["max_completion_tokens"]) == ("low", 9)


def test_another_model_does_not_get_them(stack: ExitStack) -> None:
    model, server = start(stack, say("Hi"), options=ModelOptions(effort="low", max_output=9))
    model.complete(REQUEST.model_copy(update={"model": "other"}), lambda _text: None)
    assert {"reasoning_effort", "max_completion_tokens"}.isdisjoint(server.requests[0].body)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Unsupported", "param": "reasoning_effort", "code": "unsupported_parameter"},
        {"message": "Unrecognized request argument supplied: reasoning_effort"},
        {"message": "Function tools with reasoning_effort are not supported for m"},
    ],
)
def test_an_endpoint_that_refuses_the_effort_gets_none_from_then_on(
    stack: ExitStack, error: dict[str, Any]
) -> None:
    options = ModelOptions(effort="high")
    model, server = start(stack, Refuse(400, error), say("1"), say("2"), options=options)
    ask(model, 2)
    assert ["reasoning_effort" in each.body for each in server.requests] == [True, False, False]
    assert all("tools" in each.body for each in server.requests)


def test_the_older_name_of_the_longest_answer_is_tried(stack: ExitStack) -> None:
    error = {"message": "Unknown parameter: 'max_completion_tokens'"}
    options = ModelOptions(max_output=9)
    model, server = start(stack, Refuse(400, error), say("1"), say("2"), options=options)
    ask(model, 2)
    assert [each.body.get("max_tokens") for each in server.requests] == [None, 9, 9]


def test_an_endpoint_that_takes_neither_name_is_asked_without(stack: ExitStack) -> None:
    names = ("max_completion_tokens", "max_tokens")
    refusals = [Refuse(400, {"message": f"bad {name}"}) for name in names]
    model, server = start(stack, *refusals, say("1"), options=ModelOptions(max_output=9))
    ask(model)
    assert {"max_tokens", "max_completion_tokens"}.isdisjoint(server.requests[-1].body)


def test_everything_that_is_refused_is_left_out_one_after_the_other(stack: ExitStack) -> None:
    names = ("stream_options", "stream", "reasoning_effort", "max_completion_tokens", "max_tokens")
    refusals = [Refuse(400, {"param": name}) for name in (*names, "tools")]
    options = ModelOptions(effort="low", max_output=9)
    model, server = start(stack, *refusals, say("1"), say("2"), options=options)
    ask(model, 2)
    assert len(server.requests) == len(refusals) + 2
    assert all(set(each.body) == {"model", "messages"} for each in server.requests[-2:])


def test_a_parameter_that_was_not_sent_is_no_reason_to_ask_again(stack: ExitStack) -> None:
    model, server = start(stack, Refuse(400, {"param": "reasoning_effort"}))
    with pytest.raises(PermanentError):
        ask(model)
    assert len(server.requests) == 1


# Tools that an endpoint drops without a word

TOOLS = tuple(
    ToolSpec(name=f"look_{n}", description="Look at it again. " * 8, parameters={"type": "object"})
    for n in range(9)
)
OFFERING = REQUEST.model_copy(update={"tools": TOOLS})


def unheard(prompt_tokens: int, message: Message, request: ModelRequest = OFFERING) -> bool:
    usage = Usage(prompt_tokens=prompt_tokens)
    answer = Reply(message=message, finish_reason="stop", usage=usage, model="m")
    return are_tools_unheard(answer, request)


def test_a_model_that_never_heard_of_the_tools_is_told_in_text_next(stack: ExitStack) -> None:
    deaf = Raw(
        b'{"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hm."}}],'
        b' "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}}'
    )
    model, server = start(stack, deaf, say("1"), say("2"))
    for _ in range(3):
        model.complete(OFFERING, lambda _text: None)
    assert ["tools" in each.body for each in server.requests] == [True, False, False]
    assert "tool NAME" in server.requests[1].body["messages"][0]["content"]


def test_a_model_that_heard_of_the_tools_and_only_talks_goes_on_natively(stack: ExitStack) -> None:
    model, server = start(stack, say("1"), say("2"))
    for _ in range(2):
        model.complete(OFFERING, lambda _text: None)
    assert all("tools" in each.body for each in server.requests)


@pytest.mark.parametrize(
    ("prompt_tokens", "is_unheard"),
    [(0, False), (3, False), (9, True), (40, True), (300, False)],
    ids=["no count", "without what is cached", "the message", "the message and more", "all"],
)
def test_the_count_of_the_prompt_tells_whether_tools_were_in_it(
    prompt_tokens: int, is_unheard: bool
) -> None:
    assert unheard(prompt_tokens, say("Hm.")) is is_unheard


def test_a_call_shows_that_tools_were_heard() -> None:
    assert not unheard(9, call("look_1"))


def test_beside_long_messages_nothing_can_be_told() -> None:
    long = Message(role="user", content="Look at all of it, and then again. " * 200)
    assert not unheard(1_500, say("Hm."), OFFERING.model_copy(update={"messages": (long,)}))


# Windows


def test_the_settings_window_comes_first(stack: ExitStack) -> None:
    reported = [{"id": "m", "max_model_len": 9_000}]
    model, server = start(stack, options=ModelOptions(window=5_000), models=reported)
    assert model.window("m") == 5_000
    assert server.listed == 0


@pytest.mark.parametrize(
    ("name", "tokens"),
    [("gpt-4o-2024-08-06", 128_000), ("gpt-5-mini", 272_000), ("gpt-4.1", 1_047_576)],
)
def test_a_common_model_s_window_is_known_without_asking(
    stack: ExitStack, name: str, tokens: int
) -> None:
    model, server = start(stack)
    assert model.window(name) == tokens
    assert server.listed == 0


@pytest.mark.parametrize(
    "entry",
    [
        {"max_model_len": 8192},
        {"meta": {"n_ctx": 8192, "n_ctx_train": 131_072}},
        {"meta": {"n_ctx_train": 8192}},
        {"context_length": 8192},
        {"context_window": 8192, "max_model_len": None},
    ],
)
def test_an_endpoint_s_report_is_read_once(stack: ExitStack, entry: dict[str, Any]) -> None:
    reported = [{"id": "another", "max_model_len": 1}, {"id": "m", **entry}]
    model, server = start(stack, models=reported)
    assert [model.window("m"), model.window("m")] == [8192, 8192]
    assert server.listed == 1


def test_a_server_of_one_model_may_call_it_otherwise(stack: ExitStack) -> None:
    model, _ = start(stack, models=[{"id": "/models/m.gguf", "meta": {"n_ctx": 8192}}])
    assert model.window("m") == 8192


@pytest.mark.parametrize("models", [None, [], [{"id": "m"}], [{"id": "m", "meta": "x"}]])
def test_an_endpoint_that_reports_nothing_is_no_error(stack: ExitStack, models: Any) -> None:
    model, server = start(stack, models=models)
    assert [model.window("m"), model.window("m")] == [UNKNOWN, UNKNOWN]
    assert server.listed == 1


def test_an_endpoint_that_is_not_there_is_no_error_either() -> None:
    connection = OpenAIConnection(api_key="k", base_url="http://127.0.0.1:9/v1")
    with closing(OpenAIModel(connection)) as model:
        assert model.window("m") == UNKNOWN


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 1}', b'{"data": [1]}', b"\xff"])
def test_a_strange_report_reports_nothing(body: bytes) -> None:
    assert read_report(body) == {}
