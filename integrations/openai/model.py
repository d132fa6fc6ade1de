"""The model behind any endpoint that speaks the chat completions API, as the port `ChatModel`."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from openai import APIError, APIStatusError, OpenAI, Stream, Timeout
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from agent.domain.conversation import ModelRequest, Reply
from agent.domain.errors import SettingsError, TransientError
from integrations.openai.refusals import names_parameter, translate
from integrations.openai.wire import Assembly, reply_of, request_body

_OPENAI = "https://api.openai.com/v1"
_CONNECT_SECONDS = 15.0


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


class _Form(IntEnum):
    """How much of the streaming API an endpoint takes; each refusal leads to the next."""

    WITH_USAGE = 0
    STREAMED = 1
    WHOLE = 2


class OpenAIModel:
    """A client that asks once: whether to ask again is decided above, where it is counted.

    The request's key travels as `Idempotency-Key`, so that a proxy can join repeated requests.
    Usage that the endpoint does not report is estimated from the number of characters.
    """

    def __init__(self, connection: OpenAIConnection) -> None:
        if not connection.api_key:
            raise SettingsError(
                "OPENAI_API_KEY is not set: give the endpoint's key, or any word if it needs none"
            )
        self._secret = connection.api_key
        self._client = OpenAI(
            api_key=connection.api_key,
            base_url=connection.base_url or _OPENAI,
            timeout=Timeout(connection.timeout_seconds, connect=_CONNECT_SECONDS),
            max_retries=0,
            default_headers=dict(connection.headers),
        )
        self._form = _Form.WITH_USAGE

    def complete(self, request: ModelRequest, progress: Callable[[str], None]) -> Reply:
        """Answer a request; `progress` is called with text and tool arguments as they stream in.

        It is also called, with an empty text, for signs of life that say nothing.

        Raises:
            TransientError: No answer, a failing endpoint, or an answer that broke off.
            RateLimitedError: Too many requests or tokens.
            QuotaSpentError: The account is out of money.
            PermissionDeniedError: The key is refused.
            PermanentError: The request is rejected, or the model does not exist.
        """
        form = self._form
        while True:
            try:
                reply = self._ask(form, request, progress)
            except APIStatusError as error:
                simpler = _simpler(form, error)
                if simpler is None:
                    raise translate(error, request.model, self._secret) from error
                form = simpler
            except APIError as error:
                raise translate(error, request.model, self._secret) from error
            else:
                self._form = form
                return reply

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, form: _Form, request: ModelRequest, progress: Callable[[str], None]) -> Reply:
        options: dict[str, Any] = {"extra_headers": {"Idempotency-Key": request.key}}
        if form is _Form.WHOLE:
            raw = self._client.chat.completions.with_raw_response
            answer = raw.create(**request_body(request), **options)
            return _whole(answer.content, request, progress)
        if form is _Form.WITH_USAGE:
            options["stream_options"] = {"include_usage": True}
        create = self._client.chat.completions.create
        with create(**request_body(request), **options, stream=True) as stream:
            return _streamed(stream, request, progress)


def _simpler(form: _Form, error: APIStatusError) -> _Form | None:
    """Return the form to try next, or None when the refusal has another reason."""
    if form < _Form.STREAMED and names_parameter(error, "stream_options"):
        return _Form.STREAMED
    if form < _Form.WHOLE and names_parameter(error, "stream"):
        return _Form.WHOLE
    return None


def _streamed(
    stream: Stream[ChatCompletionChunk], request: ModelRequest, progress: Callable[[str], None]
) -> Reply:
    if stream.response.headers.get("content-type", "").startswith("application/json"):
        # The endpoint does not know the parameter `stream`, and answered in one piece.
        return _whole(stream.response.read(), request, progress)
    assembly = Assembly(request, progress)
    for chunk in _chunks(stream):
        assembly.add(chunk)
    return assembly.reply()


def _chunks(stream: Stream[ChatCompletionChunk]) -> Iterator[ChatCompletionChunk]:
    try:
        yield from stream
    except ValueError as error:
        raise TransientError("the model's answer broke off within a chunk") from error


def _whole(body: bytes, request: ModelRequest, progress: Callable[[str], None]) -> Reply:
    try:
        # Endpoints leave out fields that the API's own schema requires; `construct` bears it.
        completion = ChatCompletion.construct(**json.loads(body))
    except (ValueError, TypeError) as error:
        raise TransientError("the model endpoint's answer is not a JSON object") from error
    reply = reply_of(completion, request)
    progress(reply.message.content)
    return reply
