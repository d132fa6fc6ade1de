"""The local model plays recorded answers by step, and says clearly when it cannot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from office.loop import LoopThread, Ready
from office.model.faults import Fault
from office.model.state import Model
from office.serving import bind, served
from office.world import Feed

ANSWERS = [
    {
        "content": "I look around in the folder first, and read what the team wrote down there.",
        "tool_calls": [
            {"name": "list_files", "arguments": {"path": "."}},
            {"name": "read_file", "arguments": {"path": "README.md", "first": 1}},
        ],
    },
    {"content": None, "tool_calls": [{"name": "read_file", "arguments": {"path": "ä.py"}}]},
    {"content": "Done."},
]


def tool(name: str, required: list[str], *optional: str) -> Any:
    properties = {key: {"type": "string"} for key in (*required, *optional)}
    schema = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "parameters": schema}}


TOOLS = [tool("list_files", ["path"]), tool("read_file", ["path"], "first")]
OPENING: list[Any] = [
    {"role": "system", "content": "You develop software. Ticket numbers look like ABC-1."},
    {"role": "user", "content": "Ticket SHOP-7: Orders page by page\nfollows Ticket SHOP-70"},
]


class Desk:
    """A model endpoint on a real port, and a client of it."""

    def __init__(self, model: Model, origin: str) -> None:
        self.model = model
        self.client = openai.OpenAI(
            base_url=f"{origin}/v1", api_key=model.api_key, max_retries=0, timeout=10
        )

    def ask(self, messages: list[Any], tools: list[Any] | None = None, **options: Any) -> Any:
        return self.client.chat.completions.create(
            model="any", messages=messages, tools=tools or TOOLS, **options
        )

    def raw(self, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.model.api_key}"}
        url = f"{self.model.origin}/v1/chat/completions"
        return httpx.post(url, json=body, headers=headers)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    write(tmp_path, "SHOP-7", ANSWERS)
    model = Model(Feed(), tmp_path)
    sockets = bind("127.0.0.1", {"model": 0})
    model.origin = f"http://127.0.0.1:{sockets['model'].getsockname()[1]}"

    async def live(ready: Ready, closing: asyncio.Event) -> None:
        async with served({"model": model.app()}, sockets):
            ready()
            await closing.wait()

    thread = LoopThread(live)
    thread.start()
    made = Desk(model, model.origin)
    yield made
    made.client.close()
    thread.stop()


def write(folder: Path, key: str, answers: list[Any]) -> None:
    recording = {"ticket": key, "model": "recorded", "answers": answers}
    (folder / f"{key}.json").write_text(json.dumps(recording), "utf-8")


def answered(messages: list[Any], completion: Any) -> list[Any]:
    """Return the conversation with an answer and the results of its tool calls."""
    message = completion.choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "fine"}
        for call in message.tool_calls or ()
    ]
    return [*messages, message.to_dict(), *results]


def test_answers_come_by_the_number_of_answers_in_the_conversation(desk: Desk) -> None:
    first = desk.ask(OPENING)
    second = desk.ask(answered(OPENING, first))
    last = desk.ask(answered(answered(OPENING, first), second))
    calls = [call.function.name for call in first.choices[0].message.tool_calls]
    assert calls == ["list_files", "read_file"]
    assert json.loads(second.choices[0].message.tool_calls[0].function.arguments) == {
        "path": "ä.py"
    }
    assert (last.choices[0].message.content, last.choices[0].finish_reason) == ("Done.", "stop")
    assert desk.model.calls == [("SHOP-7", 0), ("SHOP-7", 1), ("SHOP-7", 2)]


def test_wording_of_the_prompts_does_not_matter(desk: Desk) -> None:
    other = [{"role": "user", "content": [{"type": "text", "text": "Please take Ticket SHOP-7."}]}]
    assert desk.ask(other).choices[0].message == desk.ask(OPENING).choices[0].message


def test_streamed_answer_says_the_same_as_the_whole_one(desk: Desk) -> None:
    whole = desk.ask(OPENING).choices[0].message
    with desk.client.chat.completions.stream(
        model="any", messages=OPENING, tools=TOOLS, stream_options={"include_usage": True}
    ) as stream:
        events = list(stream)
        streamed: Any = stream.get_final_completion()
    message = streamed.choices[0].message
    assert message.content == whole.content
    assert [call.id for call in message.tool_calls] == [call.id for call in whole.tool_calls]
    assert [call.function.arguments for call in message.tool_calls] == [
        call.function.arguments for call in whole.tool_calls
    ]
    assert streamed.choices[0].finish_reason == "tool_calls"
    assert streamed.usage.prompt_tokens > 0
    assert sum(event.type == "content.delta" for event in events) > 1


def test_stream_has_no_usage_unless_asked_for(desk: Desk) -> None:
    with desk.ask(OPENING, stream=True) as stream:
        assert [chunk.usage for chunk in stream if chunk.usage] == []


def test_longer_conversation_is_cached_in_steps_of_128_tokens(desk: Desk) -> None:
    opening = [*OPENING, {"role": "user", "content": "word " * 2_000}]
    first = desk.ask(opening)
    second = desk.ask(answered(opening, first))
    cached = second.usage.prompt_tokens_details.cached_tokens
    assert first.usage.prompt_tokens_details.cached_tokens == 0
    assert cached % 128 == 0
    assert 0 <= first.usage.prompt_tokens - cached < 128


def test_short_conversation_is_not_cached(desk: Desk) -> None:
    desk.ask(OPENING)
    assert desk.ask(OPENING).usage.prompt_tokens_details.cached_tokens == 0


def test_each_answer_is_published(desk: Desk) -> None:
    desk.ask(OPENING)
    (change,) = desk.model._feed.changes
    assert (change.source, change.kind) == ("model", "answer")
    assert (change.data["ticket"], change.data["step"]) == ("SHOP-7", 0)
    assert change.data["calls"] == ["list_files", "read_file"]
    assert set(change.data["tokens"]) == {"prompt", "cached", "completion"}


def test_models_are_listed(desk: Desk) -> None:
    assert [model.id for model in desk.client.models.list()] == ["recorded"]


def test_wrong_key_is_refused(desk: Desk) -> None:
    stranger = desk.client.with_options(api_key="wrong")
    with pytest.raises(openai.AuthenticationError) as refusal:
        stranger.models.list()
    assert refusal.value.code == "invalid_api_key"


@pytest.mark.parametrize(
    ("messages", "tools", "words"),
    [
        (OPENING, [TOOLS[1]], ["'list_files'", "offered tools: read_file"]),
        (OPENING, [tool("list_files", []), TOOLS[1]], ["'path'", "takes: no arguments"]),
        (OPENING, [tool("list_files", ["path", "depth"]), TOOLS[1]], ["required", "'depth'"]),
        ([{"role": "user", "content": "Ticket SHOP-70"}], TOOLS, ["SHOP-70", "OPENAI_API_KEY"]),
        ([{"role": "user", "content": "Hello"}], TOOLS, ["names a ticket"]),
    ],
)
def test_request_that_no_recording_fits_is_refused_loudly(
    desk: Desk, messages: list[Any], tools: list[Any], words: list[str]
) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as refusal:
        desk.ask(messages, tools)
    assert refusal.value.code == "recording_mismatch"
    assert [word for word in words if word not in refusal.value.message] == []
    assert desk.model.calls == []


def test_end_of_the_recording_says_how_to_go_on(desk: Desk) -> None:
    messages = [*OPENING, *[{"role": "assistant", "content": "x"}] * 3]
    with pytest.raises(openai.UnprocessableEntityError) as refusal:
        desk.ask(messages)
    assert (
        "the recorded answers for SHOP-7 end after 3 steps; "
        "set OPENAI_API_KEY or OPENAI_BASE_URL to use a real model"
    ) in refusal.value.message


def test_malformed_recording_is_named(desk: Desk) -> None:
    (desk.model.answers / "SHOP-7.json").write_text('{"ticket": "SHOP-7"}', "utf-8")
    with pytest.raises(openai.UnprocessableEntityError, match=r"SHOP-7\.json are malformed"):
        desk.ask(OPENING)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": OPENING}, "model"),
        ({"model": "any"}, "messages"),
        ({"model": "any", "messages": []}, "messages"),
        ({"model": "any", "messages": OPENING, "tools": []}, "tools"),
        ({"model": "any", "messages": OPENING, "tools": [{}]}, "tools[0].function"),
        (
            {"model": "any", "messages": OPENING, "stream_options": {"include_usage": True}},
            "stream_options",
        ),
    ],
)
def test_malformed_request_is_refused_by_parameter(
    desk: Desk, body: dict[str, Any], param: str
) -> None:
    answer = desk.raw(**body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_tool_call_without_result_is_refused_as_openai_does(desk: Desk) -> None:
    messages = answered(OPENING, desk.ask(OPENING))[:-1]
    with pytest.raises(openai.BadRequestError, match="did not have response messages: call_SHOP-7"):
        desk.ask(messages)


def test_result_without_tool_call_is_refused_as_openai_does(desk: Desk) -> None:
    stray = {"role": "tool", "tool_call_id": "call_0", "content": "fine"}
    with pytest.raises(openai.BadRequestError, match="preceding message with 'tool_calls'"):
        desk.ask([*OPENING, stray])


def test_rate_limit_fault_names_the_wait_and_passes(desk: Desk) -> None:
    desk.model.faults.append(Fault(status=429, retry_after=0.5))
    with pytest.raises(openai.RateLimitError) as refusal:
        desk.ask(OPENING)
    assert refusal.value.response.headers["retry-after"] == "0.5"
    assert desk.ask(OPENING).choices[0].message.tool_calls


@pytest.mark.parametrize("stream", [True, False])
def test_broken_stream_fault_closes_the_connection_within_the_answer(
    desk: Desk, stream: bool
) -> None:
    desk.model.faults.append(Fault("broken_stream"))
    with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError)):
        list(desk.ask(OPENING, stream=stream))
    assert desk.ask(OPENING).choices[0].message.tool_calls


@pytest.mark.parametrize("kind", ["empty", "bad_json", "unknown_tool"])
def test_spoilt_answer_does_not_count_as_a_step(desk: Desk, kind: Any) -> None:
    desk.model.faults.append(Fault(kind, step=1))
    messages = answered(OPENING, desk.ask(OPENING))
    spoilt = desk.ask(messages)
    nudged = [*answered(messages, spoilt), {"role": "user", "content": "Go on."}]
    good = desk.ask(nudged).choices[0].message
    assert good.tool_calls[0].function.name == "read_file"
    assert desk.model.calls[-1] == ("SHOP-7", 1)


def test_spoilt_answer_that_was_asked_for_again_leaves_the_steps_alone(desk: Desk) -> None:
    desk.model.faults.append(Fault("empty"))
    desk.ask(OPENING)
    messages = answered(OPENING, desk.ask(OPENING))
    assert desk.ask(messages).choices[0].message.tool_calls[0].function.name == "read_file"
    assert desk.model.calls[-1] == ("SHOP-7", 1)


def test_faults_look_like_what_a_confused_model_says(desk: Desk) -> None:
    desk.model.faults += [Fault("bad_json"), Fault("unknown_tool"), Fault("empty")]
    broken, unknown, empty = (desk.ask(OPENING).choices[0].message for _ in range(3))
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken.tool_calls[0].function.arguments)
    assert unknown.tool_calls[0].function.name == "no_such_tool"
    assert (empty.content, empty.tool_calls) == (None, None)


def test_folder_of_recordings_holds_only_recordings_and_their_description() -> None:
    folder = Path(__file__).parents[2] / "office" / "model" / "answers"
    assert [path.name for path in folder.iterdir() if path.suffix != ".json"] == ["README.md"]
