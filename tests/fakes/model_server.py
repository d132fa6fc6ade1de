"""A scripted chat completions endpoint over HTTP, for adapters, proxies and whole workers.

    with ModelServer([call("read_file", path="a.py"), say("done")]) as server:
        model = OpenAIModel(OpenAIConnection(api_key="k", base_url=server.url))

Entries of the script are those of `ScriptedChatModel`, and the misbehaviours below.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agent.domain.conversation import Message, ModelRequest, Reply, ToolCall, ToolSpec
from agent.domain.errors import (
    ContextOverflowError,
    DeveloperError,
    PermanentError,
    PermissionDeniedError,
    QuotaSpentError,
    RateLimitedError,
    TransientError,
)
from tests.fakes.chat_model import Saying, as_reply, numbered
from tests.fakes.loop_thread import LoopThread

_PIECE = 7
"""Characters of a streamed piece: small enough to tear words and JSON apart."""


@dataclass(frozen=True)
class Refuse:
    """Answer with an HTTP error."""

    status: int
    error: Mapping[str, Any] = field(default_factory=dict)
    """`message`, `type`, `param`, `code`."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BreakOff:
    """Begin to stream a message and stop before its end: cleanly, or by cutting the connection."""

    message: Message
    chunks: int = 2
    is_cut: bool = False


@dataclass(frozen=True)
class FailWithin:
    """Begin to stream a message and send an error as the next event."""

    message: Message
    error: Mapping[str, Any]


@dataclass(frozen=True)
class Raw:
    """Answer with these bytes."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True)
class Stall:
    """Never answer."""


Answer = Saying | Refuse | BreakOff | FailWithin | Raw | Stall
Entry = Answer | Callable[[ModelRequest], Answer]


@dataclass(frozen=True)
class Heard:
    """One request as it came over the wire; header names are in lower case."""

    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.headers.get("idempotency-key", "")


class ModelServer:
    """Answers requests in the order of a script; `url` is known once the context is entered."""

    def __init__(
        self,
        replies: Iterable[Entry],
        *,
        reports_usage: bool = True,
        models: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        self._script = list(replies)
        self._reports_usage = reports_usage
        self._models = models
        """What `GET /v1/models` lists; None: there is no such address."""
        self.listed = 0
        """How often the models were asked for."""
        self.requests: list[Heard] = []
        """What it heard, oldest first."""
        self.url = ""
        self._thread = LoopThread()

    def __enter__(self) -> Self:
        self._thread.__enter__()
        listener, origin = self._thread.bind()
        self.url = f"{origin}/v1"
        routes = [
            Route("/v1/chat/completions", self._complete, methods=["POST"]),
            Route("/v1/models", self._list, methods=["GET"]),
        ]
        self._thread.serve(Starlette(routes=routes), listener)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.__exit__(kind, error, trace)

    async def _list(self, http: Request) -> Response:
        self.listed += 1
        if self._models is None:
            return _refusal(Refuse(404, {"message": "not found"}))
        return JSONResponse({"object": "list", "data": [dict(each) for each in self._models]})

    async def _complete(self, http: Request) -> Response:
        body = await http.json()
        self.requests.append(Heard(headers=dict(http.headers), body=body))
        if not self._script:
            return _refusal(Refuse(400, {"message": "the script is over"}))
        request = _request(body, self.requests[-1].key)
        entry = self._script.pop(0)
        return await self._respond(entry(request) if callable(entry) else entry, request, body)

    async def _respond(
        self, answer: Answer, request: ModelRequest, body: Mapping[str, Any]
    ) -> Response:
        match answer:
            case Refuse():
                return _refusal(answer)
            case Raw():
                return Response(answer.body, media_type=answer.content_type)
            case Stall():
                await asyncio.Event().wait()
                return Response(status_code=503)
            case Exception():
                return _refusal(_as_refusal(answer))
            case BreakOff():
                chunks = _chunks(as_reply(answer.message, request), None)[: answer.chunks]
                return _stream(_cut(chunks) if answer.is_cut else _send(chunks))
            case FailWithin():
                chunks = _chunks(as_reply(answer.message, request), None)[:1]
                return _stream(_send([*chunks, {"error": dict(answer.error)}]))
            case Message():
                answer = as_reply(numbered(answer, len(self.requests)), request)
        usage = _usage(answer) if self._reports_usage else None
        if not body.get("stream"):
            return JSONResponse(_whole(answer, usage))
        asked_for_usage = (body.get("stream_options") or {}).get("include_usage")
        chunks = _chunks(answer, usage if asked_for_usage else None)
        return _stream(_send([*chunks, "[DONE]"]))


def _request(body: Mapping[str, Any], key: str) -> ModelRequest:
    """Return what a script's function looks at: the request as our own value."""
    return ModelRequest(
        key=key,
        model=body["model"],
        messages=tuple(_message(each) for each in body["messages"]),
        tools=tuple(ToolSpec(**each["function"]) for each in body.get("tools", ())),
    )


def _message(body: Mapping[str, Any]) -> Message:
    return Message(
        role=body["role"],
        content=body.get("content") or "",
        tool_calls=tuple(
            ToolCall(id=each["id"], **each["function"]) for each in body.get("tool_calls", ())
        ),
        tool_call_id=body.get("tool_call_id"),
    )


def _as_refusal(error: Exception) -> Refuse:
    """Return how an endpoint shows what the adapter should raise."""
    said = {"message": str(error)}
    match error:
        case RateLimitedError():
            seconds = str(error.retry_after.total_seconds())
            return Refuse(429, {**said, "code": "rate_limit_exceeded"}, {"retry-after": seconds})
        case TransientError():
            return Refuse(503, said)
        case QuotaSpentError():
            return Refuse(429, {**said, "code": "insufficient_quota"})
        case PermissionDeniedError():
            return Refuse(401, {**said, "code": "invalid_api_key"})
        case ContextOverflowError():
            named = f"This model's maximum context length is {error.limit_tokens} tokens."
            said["message"] = named if error.limit_tokens else str(error)
            return Refuse(400, {**said, "code": "context_length_exceeded"})
        case PermanentError():
            return Refuse(400, {**said, "type": "invalid_request_error"})
        case DeveloperError():
            return Refuse(500, said)
    raise error


def _refusal(refuse: Refuse) -> Response:
    return JSONResponse(
        {"error": dict(refuse.error)}, status_code=refuse.status, headers=dict(refuse.headers)
    )


def _stream(lines: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(lines, media_type="text/event-stream")


async def _send(events: list[Any]) -> AsyncIterator[bytes]:
    for event in events:
        text = event if isinstance(event, str) else json.dumps(event)
        yield f"data: {text}\n\n".encode()


async def _cut(events: list[Any]) -> AsyncIterator[bytes]:
    async for line in _send(events):
        yield line
    # h11 closes a connection whose chunked body was not ended properly.
    raise ConnectionAbortedError("cut on purpose")


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "total_tokens": reply.usage.prompt_tokens + reply.usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.usage.cached_tokens},
    }


def _whole(reply: Reply, usage: dict[str, Any] | None) -> dict[str, Any]:
    made = [
        {
            "id": each.id,
            "type": "function",
            "function": {"name": each.name, "arguments": each.arguments},
        }
        for each in reply.message.tool_calls
    ]
    message = {"role": "assistant", _field(reply): reply.message.content or None}
    choice: dict[str, Any] = {
        "index": 0,
        "message": {**message, "tool_calls": made} if made else message,
        "finish_reason": reply.finish_reason,
    }
    head: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": reply.model,
    }
    return {**head, "choices": [choice], **({"usage": usage} if usage else {})}


def _chunks(reply: Reply, usage: dict[str, Any] | None) -> list[dict[str, Any]]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{_field(reply): piece} for piece in _pieces(reply.message.content)]
    for index, made in enumerate(reply.message.tool_calls):
        deltas += [{"tool_calls": [part]} for part in _call_parts(index, made)]
    choices: list[dict[str, Any]] = [
        {"index": 0, "delta": delta, "finish_reason": None} for delta in deltas
    ]
    choices.append({"index": 0, "delta": {}, "finish_reason": reply.finish_reason})
    head: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": reply.model,
    }
    chunks = [{**head, "choices": [choice]} for choice in choices]
    return [*chunks, {**head, "choices": [], "usage": usage}] if usage else chunks


def _field(reply: Reply) -> str:
    """Return where the words of a reply stand; a filtered answer has no refusal of the model's."""
    is_refusal = reply.refused and reply.finish_reason != "content_filter"
    return "refusal" if is_refusal else "content"


def _call_parts(index: int, made: ToolCall) -> list[dict[str, Any]]:
    """Return a call as it is streamed: its id and name first, then its arguments in pieces."""
    function = {"name": made.name, "arguments": ""}
    first = {"index": index, "id": made.id, "type": "function", "function": function}
    rest = [{"index": index, "function": {"arguments": piece}} for piece in _pieces(made.arguments)]
    return [first, *rest]


def _pieces(text: str) -> list[str]:
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
