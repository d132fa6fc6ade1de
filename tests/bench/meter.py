"""A meter between whoever works on a ticket and the model: it passes everything on and counts.

So the product and its peers are counted by the same measure, whatever they say themselves.
"""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.fakes.loop_thread import LoopThread

_OF_THE_CONNECTION = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "accept-encoding"}
)


@dataclass(frozen=True)
class MeteredCall:
    """One request to the model."""

    status: int
    """HTTP status of the answer; 0 if there was none."""
    seconds: float
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


class Meter:
    """A proxy on a free port of this machine; leaving the context stops it."""

    def __init__(self, model_url: str) -> None:
        """Pass requests on to `model_url`, the address that ends in `/v1` or the like."""
        self._model_url = model_url.rstrip("/")
        self.calls: list[MeteredCall] = []
        """What went through, in the order in which it ended."""
        self.url = ""
        self._thread = LoopThread()

    def __enter__(self) -> Self:
        self._thread.__enter__()
        # Nobody knows how long a model thinks; whoever asks has a limit of their own.
        self._client = httpx.AsyncClient(timeout=None)  # noqa: S113
        listener, origin = self._thread.bind()
        self.url = f"{origin}/v1"
        route = Route("/v1/{path:path}", self._pass_on, methods=["GET", "POST"])
        self._thread.serve(Starlette(routes=[route]), listener)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.call(self._client.aclose)
        self._thread.__exit__(kind, error, trace)

    async def _pass_on(self, request: Request) -> Response:
        started = time.monotonic()
        url = f"{self._model_url}/{request.path_params['path']}"
        sent = self._client.build_request(
            request.method, url, headers=_kept(request.headers), content=await request.body()
        )
        sent.headers["accept-encoding"] = "identity"
        try:
            answer = await self._client.send(sent, stream=True)
        except httpx.TransportError as error:
            self._note(request, 0, started, b"")
            return Response(f"the model cannot be reached: {error}", status_code=502)
        stream = self._stream(request, answer, started)
        return StreamingResponse(stream, answer.status_code, _kept(answer.headers))

    async def _stream(
        self, request: Request, answer: httpx.Response, started: float
    ) -> AsyncIterator[bytes]:
        said = bytearray()
        try:
            async for piece in answer.aiter_raw():
                said += piece
                yield piece
        finally:
            self._note(request, answer.status_code, started, bytes(said))
            await answer.aclose()

    def _note(self, request: Request, status: int, started: float, said: bytes) -> None:
        if request.method == "POST":
            seconds = time.monotonic() - started
            self.calls.append(MeteredCall(status=status, seconds=seconds, **_usage(said)))


def _kept(headers: Any) -> dict[str, str]:
    return {k: v for k, v in headers.items() if k.lower() not in _OF_THE_CONNECTION}


def _usage(said: bytes) -> dict[str, int]:
    """Return the tokens that an answer names, be it one document or a stream of events."""
    usage = next(filter(None, map(_usage_in, reversed(_documents(said)))), {})
    details = usage.get("prompt_tokens_details") or {}
    return {
        "prompt_tokens": int(usage.get("prompt_tokens") or 0),
        "cached_tokens": int(details.get("cached_tokens") or 0),
        "completion_tokens": int(usage.get("completion_tokens") or 0),
    }


def _documents(said: bytes) -> list[str]:
    text = said.decode("utf-8", "replace").strip()
    if text.startswith("{"):
        return [text]
    return [line[5:].strip() for line in text.splitlines() if line.startswith("data:")]


def _usage_in(document: str) -> dict[str, Any]:
    try:
        found = json.loads(document)
    except ValueError:
        return {}
    usage = found.get("usage") if isinstance(found, dict) else None
    return usage if isinstance(usage, dict) else {}
