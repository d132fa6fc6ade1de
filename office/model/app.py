"""The model endpoint as one ASGI application."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from office.model import ask
from office.model.errors import Refused
from office.model.wire import Completion

if TYPE_CHECKING:
    from office.model.state import Model


def build(model: Model) -> Starlette:
    """Return the API of a model."""

    async def complete(request: Request) -> Response:
        _refuse_key(model, request)
        asked = ask.read(await request.body())
        completion, breaks = model.reply(asked)
        if breaks:
            return _Broken(completion, stream=asked.stream)
        if asked.stream:
            events = _events(completion, asked.with_usage, model.latency)
            return StreamingResponse(events, media_type="text/event-stream")
        await asyncio.sleep(model.latency)
        return JSONResponse(completion.whole())

    async def models(request: Request) -> Response:
        _refuse_key(model, request)
        one = {"id": model.name, "object": "model", "created": 0, "owned_by": "office"}
        return JSONResponse({"object": "list", "data": [one]})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/v1/models", models),
        ],
        exception_handlers={Refused: _refused, 404: _unknown},
    )


def _refuse_key(model: Model, request: Request) -> None:
    given = request.headers.get("authorization", "")
    if not given.startswith("Bearer "):
        raise Refused(401, "You didn't provide an API key.")
    if not hmac.compare_digest(given.removeprefix("Bearer ").encode(), model.api_key.encode()):
        raise Refused(401, "Incorrect API key provided.", code="invalid_api_key")


def _refused(request: Request, error: Exception) -> Response:
    del request
    if not isinstance(error, Refused):
        raise error
    return JSONResponse(error.body(), status_code=error.status, headers=error.headers)


def _unknown(request: Request, error: Exception) -> Response:
    del error
    refused = Refused(404, f"Invalid URL ({request.method} {request.url.path})")
    return JSONResponse(refused.body(), status_code=404)


async def _events(completion: Completion, with_usage: bool, seconds: float) -> AsyncIterator[str]:
    chunks = list(completion.chunks(with_usage=with_usage))
    for chunk in chunks:
        await asyncio.sleep(seconds / len(chunks))
        yield _event(json.dumps(chunk, ensure_ascii=False))
    yield _event("[DONE]")


def _event(data: str) -> str:
    return f"data: {data}\n\n"


class _Broken(Response):
    """The first half of an answer; then the server closes the connection."""

    def __init__(self, completion: Completion, *, stream: bool) -> None:
        super().__init__(media_type="text/event-stream" if stream else "application/json")
        whole = json.dumps(completion.whole())
        chunks = [_event(json.dumps(each)) for each in completion.chunks(with_usage=False)]
        self._half = "".join(chunks[: len(chunks) // 2]) if stream else whole[: len(whole) // 2]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half of the body and return, which makes the server hang up."""
        del scope, receive
        headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = self._half.encode()
        await send({"type": "http.response.body", "body": body, "more_body": True})
