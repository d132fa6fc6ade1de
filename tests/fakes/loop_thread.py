"""An asyncio loop in a thread, on which a test can serve ASGI applications and call functions."""

import asyncio
import inspect
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp


class LoopThread:
    """The loop of a test's servers; leaving the context stops them."""

    def __enter__(self) -> Self:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.call(self._stop)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Run a function or coroutine function on the loop and return what it returns."""

        async def run() -> Any:
            result = function(*arguments, **named)
            return await result if inspect.isawaitable(result) else result

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(timeout=60)

    def bind(self) -> tuple[socket.socket, str]:
        """Return a bound socket and its origin, for applications that must know it first."""
        listener = socket.create_server(("127.0.0.1", 0))
        return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"

    def serve(self, app: ASGIApp, listener: socket.socket) -> None:
        """Serve an application until the context is left; callers that come early wait."""
        self.call(self._serve, app, listener)

    async def _serve(self, app: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app, lifespan="off", log_level="critical", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        task = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
        self._servers.append((server, task))

    async def _stop(self) -> None:
        for server, task in self._servers:
            server.should_exit = True
            await task
