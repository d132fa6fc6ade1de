"""Several ASGI applications on one loop, each on its own port."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from office.loop import OfficeError

_GRACE_SECONDS = 1
"""How long answers under way may take when the servers stop."""


def bind(host: str, ports: Mapping[str, int]) -> dict[str, socket.socket]:
    """Return a listening socket for each name; port 0 is a free one.

    Raises:
        OfficeError: a port is taken; then none is bound.
    """
    bound: dict[str, socket.socket] = {}
    for name, port in ports.items():
        try:
            bound[name] = socket.create_server((host, port))
        except OSError as error:
            for listener in bound.values():
                listener.close()
            raise OfficeError(
                f"the office's {name} cannot listen on {host}, port {port} "
                f"({os.strerror(error.errno or 0)}); free the port or choose another one"
            ) from error
    return bound


@asynccontextmanager
async def served(
    apps: Mapping[str, ASGIApp], sockets: Mapping[str, socket.socket]
) -> AsyncIterator[None]:
    """Serve each application on the socket of its name; all answer when the body begins."""
    servers = {name: _Server(app) for name, app in apps.items()}
    running = [
        asyncio.create_task(server.serve(sockets=[sockets[name]]))
        for name, server in servers.items()
    ]
    try:
        for server in servers.values():
            await server.up.wait()
        yield
    finally:
        for server in servers.values():
            server.should_exit = True
        await asyncio.gather(*running)


class _Server(uvicorn.Server):
    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            lifespan="on",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()
