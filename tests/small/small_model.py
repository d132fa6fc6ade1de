"""A small real model in a process of its own, and a wire before it that keeps what went over it."""

import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.fakes.loop_thread import LoopThread

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-small" / "bin" / "python"
_SILENCE_SECONDS = 600


@dataclass
class Exchange:
    """One request and its answer, as they went over the wire."""

    asked: dict[str, Any]
    status: int
    content_type: str
    answer: bytearray = field(default_factory=bytearray)

    def events(self) -> list[dict[str, Any]]:
        """Return the events of a streamed answer."""
        lines = self.answer.decode().splitlines()
        said = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        return [json.loads(each) for each in said if each != "[DONE]"]

    def usage(self) -> dict[str, int]:
        """Return what the server counted; empty if the answer does not say."""
        return next((each["usage"] for each in self.events() if each.get("usage")), {})

    def finish_reason(self) -> str:
        choices = [choice for each in self.events() for choice in each.get("choices", ())]
        return next((each["finish_reason"] for each in choices if each["finish_reason"]), "")

    def text(self) -> str:
        choices = [choice for each in self.events() for choice in each.get("choices", ())]
        return "".join(each["delta"].get("content") or "" for each in choices)


class RecordedWire:
    """Passes requests on to a model and keeps those for completions, oldest first."""

    def __init__(self, origin: str) -> None:
        self._client = httpx.AsyncClient(base_url=origin, timeout=_SILENCE_SECONDS, trust_env=False)
        self.exchanges: list[Exchange] = []

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._pass_on, methods=["GET", "POST"])])

    async def close(self) -> None:
        await self._client.aclose()

    async def _pass_on(self, http: Request) -> Response:
        body = await http.body()
        sent = self._client.build_request(http.method, http.url.path, content=body)
        answer = await self._client.send(sent, stream=True)
        kind = answer.headers.get("content-type", "")
        exchange = Exchange(json.loads(body or b"{}"), answer.status_code, kind)
        if http.method == "POST":
            self.exchanges.append(exchange)
        return StreamingResponse(
            _kept(answer, exchange), status_code=answer.status_code, media_type=kind
        )


async def _kept(answer: httpx.Response, exchange: Exchange) -> AsyncIterator[bytes]:
    async for piece in answer.aiter_bytes():
        exchange.answer += piece
        yield piece
    await answer.aclose()


@contextmanager
def small_model(window: int) -> Iterator[str]:
    """Serve the model with a window of so many tokens; yield its origin, end it afterwards."""
    process = subprocess.Popen(
        [PYTHON, "-m", "tests.small.serve_small_model", str(window)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def recorded_wire(origin: str) -> Iterator[tuple[RecordedWire, str]]:
    """Yield a wire to a model, and the address for `OPENAI_BASE_URL`."""
    with LoopThread() as thread:
        listener, here = thread.bind()
        wire = RecordedWire(origin)
        thread.serve(wire.app(), listener)
        try:
            yield wire, f"{here}/v1"
        finally:
            thread.call(wire.close)
