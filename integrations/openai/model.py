"""The model behind any endpoint that speaks the chat completions API, as the port `ChatModel`."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from openai import APIError, APIStatusError, OpenAI, OpenAIError, Stream, Timeout
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from agent.domain.conversation import ModelRequest, Reply
from agent.domain.errors import (
    ContextOverflowError,
    DeveloperError,
    SettingsError,
    TransientError,
)
from integrations.openai.dialect import Dialect, ModelOptions
from integrations.openai.overflow import overflow_limit
from integrations.openai.refusals import translate
from integrations.openai.text_protocol import as_text, from_text
from integrations.openai.tokens import count_request
from integrations.openai.unheard import are_tools_unheard
from integrations.openai.windows import UNKNOWN, known_window, read_report, reported_window
from integrations.openai.wire import Assembly, reply_of, request_body

_OPENAI = "https://api.openai.com/v1"
_CONNECT_SECONDS = 15.0
_REPORT_SECONDS = 5.0


@dataclass(frozen=True)
class OpenAIConnection:
    """One account at one endpoint."""

    api_key: str = field(repr=False)
    base_url: str | None = None
    """None: OpenAI itself."""
    timeout_seconds: float = 600
    """The longest silence that is waited out, not the longest answer."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with each request, for gateways that want more than a key."""
    models: Mapping[str, ModelOptions] = field(default_factory=dict)
    """What is known about single models, by name."""


class OpenAIModel:
    """A client that asks once: whether to ask again is decided above, where it is counted.

    The request's key travels as `Idempotency-Key`, so that a proxy can join repeated requests.
    What a model refuses of the API is left out of its requests from then on; one that refuses
    tools, or does not get to hear of them, is told about them in text. Usage that the endpoint does
    not report is counted here.
    """

    def __init__(self, connection: OpenAIConnection) -> None:
        if not connection.api_key:
            raise SettingsError(
                "OPENAI_API_KEY is not set: give the endpoint's key, or any word if it needs none"
            )
        self._secret = connection.api_key
        self._options = connection.models
        self._client = OpenAI(
            api_key=connection.api_key,
            base_url=connection.base_url or _OPENAI,
            timeout=Timeout(connection.timeout_seconds, connect=_CONNECT_SECONDS),
            max_retries=0,
            default_headers=dict(connection.headers),
        )
        self._dialects: dict[str, Dialect] = {}
        self._limits: dict[str, int] = {}
        self._report: dict[str, int | None] | None = None

    def complete(self, request: ModelRequest, progress: Callable[[str], None]) -> Reply:
        """Answer a request; `progress` is called with text and tool arguments as they stream in.

        It is also called, with an empty text, for signs of life that say nothing.

        Raises:
            TransientError: No answer, a failing endpoint, or an answer that broke off.
            RateLimitedError: Too many requests or tokens.
            QuotaSpentError: The account is out of money.
            PermissionDeniedError: The key is refused.
            ContextOverflowError: The request is longer than the model's window.
            PermanentError: The request is rejected, or the model does not exist.
        """
        dialect = self._dialect(request.model)
        while True:
            sent = _phrased(dialect, request)
            body = request_body(sent) | dialect.parameters()
            try:
                reply = self._ask(body, sent, progress)
            except APIStatusError as error:
                simpler = None if overflow_limit(error)[0] else dialect.after(error, body)
                if simpler is None:
                    raise self._meaning(error, request.model) from error
                dialect = simpler
            except APIError as error:
                raise self._meaning(error, request.model) from error
            else:
                self._dialects[request.model] = _after(dialect, reply, request)
                return reply if dialect.tools else from_text(reply, request)

    def count_tokens(self, request: ModelRequest) -> int:
        """Return how many tokens a request has as it would be sent, rather too many."""
        return count_request(_phrased(self._dialect(request.model), request))

    def window(self, model: str) -> int:
        """Return how many tokens a request to a model may have.

        What the settings say comes first, then what is known of the model, then what the endpoint
        reports; never more than a limit that the endpoint named when it refused a request.
        """
        size = self._option(model).window or known_window(model)
        if size is None:
            size = reported_window(model, self._reported()) or UNKNOWN
        return min(size, self._limits.get(model, size))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _option(self, model: str) -> ModelOptions:
        return self._options.get(model, ModelOptions())

    def _dialect(self, model: str) -> Dialect:
        return self._dialects.get(model) or Dialect.of(self._option(model))

    def _reported(self) -> dict[str, int | None]:
        """Ask once which windows the endpoint reports; one that cannot be reached, once more."""
        if self._report is None:
            try:
                answer = self._client.models.with_raw_response.list(timeout=_REPORT_SECONDS)
            except APIStatusError:
                self._report = {}
            except OpenAIError:
                return {}
            else:
                self._report = read_report(answer.content)
        return self._report

    def _meaning(self, error: APIError, model: str) -> DeveloperError:
        meaning = translate(error, model, self._secret)
        if isinstance(meaning, ContextOverflowError) and meaning.limit_tokens:
            self._limits[model] = meaning.limit_tokens
        return meaning

    def _ask(
        self, body: dict[str, Any], request: ModelRequest, progress: Callable[[str], None]
    ) -> Reply:
        options = {**body, "extra_headers": {"Idempotency-Key": request.key}}
        if "stream" not in body:
            raw = self._client.chat.completions.with_raw_response.create(**options)
            return _whole(raw.content, raw.http_request, request, progress)
        with self._client.chat.completions.create(**options) as stream:
            return _streamed(stream, request, progress)


def _phrased(dialect: Dialect, request: ModelRequest) -> ModelRequest:
    """Return a request as it is said in a dialect."""
    return request if dialect.tools else as_text(request)


def _after(dialect: Dialect, reply: Reply, request: ModelRequest) -> Dialect:
    """Return the dialect of the next request, after an answer in this one."""
    is_in_vain = dialect.tools and are_tools_unheard(reply, request)
    return replace(dialect, tools=False) if is_in_vain else dialect


def _streamed(
    stream: Stream[ChatCompletionChunk], request: ModelRequest, progress: Callable[[str], None]
) -> Reply:
    answer = stream.response
    if answer.headers.get("content-type", "").startswith("application/json"):
        # The endpoint does not know the parameter `stream`, and answered in one piece.
        return _whole(answer.read(), answer.request, request, progress)
    assembly = Assembly(request, progress)
    for chunk in _chunks(stream):
        assembly.add(chunk)
    return assembly.reply()


def _chunks(stream: Stream[ChatCompletionChunk]) -> Iterator[ChatCompletionChunk]:
    try:
        yield from stream
    except ValueError as error:
        raise TransientError("the model's answer broke off within a chunk") from error


def _whole(body: bytes, http: Any, request: ModelRequest, progress: Callable[[str], None]) -> Reply:
    try:
        answer = json.loads(body)
        # Endpoints leave out fields that the API's own schema requires; `construct` bears it.
        completion = ChatCompletion.construct(**answer)
    except (ValueError, TypeError) as error:
        raise TransientError("the model endpoint's answer is not a JSON object") from error
    if (failure := answer.get("error")) and not completion.choices:
        # Some proxies report a failure of theirs with status 200.
        said = failure.get("message") if isinstance(failure, dict) else failure
        raise APIError(str(said), http, body=failure)
    reply = reply_of(completion, request)
    progress(reply.message.content)
    return reply
