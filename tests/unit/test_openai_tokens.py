"""Counting tokens without asking anybody."""

from pathlib import Path

import pytest

from agent.domain.conversation import Message, ModelRequest, ToolCall, ToolSpec
from integrations.openai.tokens import count_message, count_request, estimate, load_encoder
from tests.fakes.token_samples import SAMPLES

VOCABULARY = "fb374d419588a4632f3f557e76b4b70aebbca790"
TOOL = ToolSpec(name="look", description="Look at it.", parameters={"type": "object"})


def request(*messages: Message, model: str = "gpt-5", tools: int = 0) -> ModelRequest:
    return ModelRequest(key="k", model=model, messages=messages, tools=(TOOL,) * tools)


def user(text: str) -> Message:
    return Message(role="user", content=text)


@pytest.mark.parametrize("name", SAMPLES)
def test_an_estimate_is_high_and_not_by_much(name: str) -> None:
    text, tokens = SAMPLES[name]
    assert tokens * 1.02 <= estimate(text) <= tokens * 1.3


@pytest.mark.parametrize(
    "text",
    [
        "今天天气很好。我们去公园散步。",
        "Цена заказа округлена неверно.",
        "😀" * 20,
        "\x00\x01",
        "ሰላም",
    ],
)
def test_other_scripts_are_not_taken_for_cheap(text: str) -> None:
    assert estimate(text) >= len(text) * 0.4


def test_a_long_blob_is_not_taken_for_a_word() -> None:
    assert estimate("aGVsbG8gd29ybGQ" * 20) > 300 * 0.6


def test_nothing_costs_nothing_but_its_frame() -> None:
    assert estimate("") == 0
    assert 0 < count_message(user("")) < 10


def test_a_large_text_is_estimated_in_linear_time() -> None:
    assert estimate("price = 2\n" * 100_000) > 300_000


def test_every_part_of_a_request_counts() -> None:
    made = Message(
        role="assistant", tool_calls=(ToolCall(id="c", name="look", arguments='{"at": 1}'),)
    )
    counts = [
        count_request(each)
        for each in (
            request(),
            request(user("Hi")),
            request(user("Hi"), made),
            request(user("Hi"), made, tools=1),
            request(user("Hi"), made, tools=2),
        )
    ]
    assert counts == sorted(set(counts))


@pytest.mark.parametrize("model", ["qwen3-coder", "openai/gpt-oss-20b-x", "mistral-large", ""])
def test_other_vendors_smaller_vocabularies_are_allowed_for(model: str) -> None:
    text = user(SAMPLES["code"][0])
    ours, theirs = count_request(request(text)), count_request(request(text, model=model))
    assert theirs >= ours
    assert (theirs > ours * 1.05) is not model.startswith("openai/gpt-")


@pytest.mark.parametrize("variable", ["TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"])
@pytest.mark.parametrize("content", [None, b"", b"IQ== 0\n"])
def test_without_the_right_vocabulary_file_nothing_is_loaded_and_nothing_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, content: bytes | None
) -> None:
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    if content is not None:
        (tmp_path / VOCABULARY).write_bytes(content)
    assert load_encoder() is None
    assert (tmp_path / VOCABULARY).exists() is (content is not None)


def test_a_cache_that_is_switched_off_holds_no_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    assert load_encoder() is None


@pytest.mark.skipif(load_encoder() is None, reason="tiktoken or its vocabulary is not here")
@pytest.mark.parametrize("name", SAMPLES)
def test_with_the_vocabulary_the_count_is_exact(name: str) -> None:
    text, tokens = SAMPLES[name]
    encode = load_encoder()
    assert encode is not None
    assert encode(text) == tokens
    assert encode("<|endoftext|>") > 1
