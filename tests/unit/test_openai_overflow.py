"""How endpoints say that a request is too long, and that nothing else is taken for it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from agent.domain.conversation import Message, ModelRequest
from agent.domain.errors import (
    ContextOverflowError,
    DeveloperError,
    PermanentError,
    QuotaSpentError,
    RateLimitedError,
    TransientError,
)
from integrations.openai.dialect import ModelOptions
from integrations.openai.model import OpenAIConnection, OpenAIModel
from tests.fakes.chat_model import say
from tests.fakes.model_server import Entry, FailWithin, ModelServer, Raw, Refuse

REQUEST = ModelRequest(
    key="k", model="house-model", messages=(Message(role="user", content="Hi"),), tools=()
)

LLAMA = {"type": "exceed_context_size_error", "n_prompt_tokens": 1407, "n_ctx": 256}

SAYINGS: list[tuple[int, dict[str, Any], int | None]] = [
    # OpenAI and Azure
    (400, {"code": "context_length_exceeded", "message": "Too long."}, None),
    (
        400,
        {
            "code": "context_length_exceeded",
            "message": "This model's maximum context length is 128000 tokens. However, your "
            "messages resulted in 150000 tokens. Please reduce the length of the messages.",
        },
        128_000,
    ),
    (
        400,
        {
            "code": "context_length_exceeded",
            "message": "Input tokens exceed the configured limit of 272000 tokens.",
        },
        272_000,
    ),
    (
        429,
        {
            "code": "rate_limit_exceeded",
            "message": "Request too large for gpt-4o in organization o on tokens per min (TPM): "
            "Limit 30000, Requested 45000.",
        },
        30_000,
    ),
    # vLLM, SGLang
    (
        400,
        {
            "code": 400,
            "type": "BadRequestError",
            "message": "This model's maximum context length is 16384 tokens. However, you "
            "requested 122946 tokens (112946 in the messages, 10000 in the completion).",
        },
        16_384,
    ),
    (
        400,
        {
            "message": "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's "
            "maximum context length is 4096 tokens and your request has 1200 input tokens"
        },
        4096,
    ),
    (400, {"message": "However, the model's context length is only 40960 tokens"}, 40_960),
    (
        400,
        {
            "message": "The decoder prompt (length 9000) is longer than the maximum model length "
            "of 8192."
        },
        8192,
    ),
    (
        400,
        {"message": "The prompt (total length 25938) is too long (context length 4096)."},
        4096,
    ),
    (
        400,
        {"message": "The input (9000) is longer than the model's context length (8192 tokens)."},
        8192,
    ),
    # llama.cpp and llama-cpp-python
    (400, LLAMA | {"message": "the request exceeds the available context size."}, 256),
    (500, LLAMA | {"message": "the request exceeds the available context size."}, 256),
    (
        400,
        {
            "message": "request (131168 tokens) exceeds the available context size (131072 "
            "tokens), try increasing it"
        },
        131_072,
    ),
    (400, {"message": "Requested tokens (2065) exceed context window of 1800"}, 1800),
    # Ollama
    (400, {"message": "the input length exceeds the context length"}, None),
    (400, {"message": "prompt too long; exceeded max context length by 40 tokens"}, None),
    # Others
    (400, {"message": "prompt is too long: 208310 tokens > 200000 maximum"}, 200_000),
    (
        400,
        {"message": "input length and `max_tokens` exceed context limit: 190000 + 9000 > 198000"},
        198_000,
    ),
    (
        400,
        {"message": "Prompt contains 40000 tokens, too large for 32,768 maximum context length"},
        32_768,
    ),
    (
        400,
        {
            "message": "The input token count (1200000) exceeds the maximum number of tokens "
            "allowed (1048576)."
        },
        1_048_576,
    ),
    (
        422,
        {"message": "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 9000 and 10"},
        4096,
    ),
    (400, {"message": "the model is loaded with context length of only 4096 tokens"}, 4096),
    (413, {"message": "prompt is too long"}, None),
]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start(stack: ExitStack, *script: Entry, **models: ModelOptions) -> OpenAIModel:
    server = stack.enter_context(ModelServer(script))
    connection = OpenAIConnection(api_key="k", base_url=server.url, models=models)
    return stack.enter_context(closing(OpenAIModel(connection)))


def error_of(model: OpenAIModel) -> DeveloperError:
    with pytest.raises(DeveloperError) as caught:
        model.complete(REQUEST, lambda _text: None)
    return caught.value


@pytest.mark.parametrize(("status", "error", "limit"), SAYINGS)
def test_an_overflow_is_known_by_its_code_or_its_words(
    stack: ExitStack, status: int, error: dict[str, Any], limit: int | None
) -> None:
    caught = error_of(start(stack, Refuse(status, error)))
    assert isinstance(caught, ContextOverflowError)
    assert caught.limit_tokens == limit
    assert "house-model" in str(caught)


@pytest.mark.parametrize(("error", "limit"), [(e, limit) for s, e, limit in SAYINGS if s != 429])
def test_an_overflow_within_a_stream_is_known_too(
    stack: ExitStack, error: dict[str, Any], limit: int | None
) -> None:
    caught = error_of(start(stack, FailWithin(say("Half"), error)))
    assert isinstance(caught, ContextOverflowError)
    assert caught.limit_tokens == limit


def test_an_overflow_reported_with_status_200_is_known_too(stack: ExitStack) -> None:
    error = LLAMA | {"message": "the request exceeds the available context size."}
    caught = error_of(start(stack, Raw(json.dumps({"error": error}).encode())))
    assert isinstance(caught, ContextOverflowError)
    assert caught.limit_tokens == 256


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"message": "your prompt is silly"}, PermanentError),
        (400, {"message": "x" * 700 + " maximum context length is 10 tokens"}, PermanentError),
        (429, {"message": "Rate limit reached: Limit 30000, Used 29000"}, RateLimitedError),
        (429, {"message": "Please reduce the length of the messages"}, RateLimitedError),
        (429, {"code": "insufficient_quota", "message": "prompt is too long"}, QuotaSpentError),
        (503, {"message": "maximum context length is 4096 tokens"}, TransientError),
    ],
)
def test_nothing_else_is_an_overflow(
    stack: ExitStack, status: int, error: dict[str, Any], kind: type[Exception]
) -> None:
    assert type(error_of(start(stack, Refuse(status, error)))) is kind


@pytest.mark.parametrize("said", ["5", "0", "99999999999"])
def test_a_limit_that_makes_no_sense_is_not_believed(stack: ExitStack, said: str) -> None:
    error = {"message": f"maximum context length is {said} tokens"}
    caught = error_of(start(stack, Refuse(400, error)))
    assert isinstance(caught, ContextOverflowError)
    assert caught.limit_tokens is None


def test_a_limit_that_was_named_is_the_window_from_then_on(stack: ExitStack) -> None:
    error = Refuse(400, {"message": "maximum context length is 4096 tokens"})
    model = start(stack, error, **{"house-model": ModelOptions(window=200_000)})
    assert model.window("house-model") == 200_000
    error_of(model)
    assert model.window("house-model") == 4096
    assert model.window("gpt-4o") == 128_000


def test_an_overflow_is_not_taken_for_the_refusal_of_a_parameter(stack: ExitStack) -> None:
    error = {"message": "'max_completion_tokens' is too large: 9. maximum context length is 4096"}
    model = start(stack, Refuse(400, error), **{"house-model": ModelOptions(max_output=9)})
    assert isinstance(error_of(model), ContextOverflowError)
