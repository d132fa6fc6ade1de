"""Puts the REST handlers behind HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from office.github.auth import Keys
from office.github.errors import Refused, not_found
from office.github.hub import Hub
from office.github.rest import (
    accounts,
    actions,
    checks,
    commits,
    issues,
    pulls,
    repositories,
    reviews,
)
from office.github.rest.call import Answer, Call, Handler, Limits, read_body, respond

PREFIX = "/api/v3"
_MODULES = (accounts, repositories, commits, pulls, reviews, issues, checks, actions)


def endpoint(
    hub: Hub, keys: Keys, limits: Limits, handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a handler: credentials in, refusals out."""

    async def serve(request: Request) -> Response:
        call = Call(hub, keys, limits, request, caller=None)
        try:
            call.caller = keys.identify(request.headers.get("authorization"))
            call.body = await read_body(request)
            answer = await handler(call)
        except Refused as refusal:
            answer = Answer(refusal.body(), refusal.status, refusal.headers)
        return respond(call, answer)

    return serve


async def _missing(_call: Call) -> Answer:
    raise not_found()


def routes(hub: Hub, keys: Keys, limits: Limits) -> list[Route]:
    """Return all routes of the REST API; what is not there is a 404 in JSON."""
    found = [
        Route(PREFIX + path, endpoint(hub, keys, limits, handler), methods=[method])
        for module in _MODULES
        for method, path, handler in module.table.entries
    ]
    anything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    missing = endpoint(hub, keys, limits, _missing)
    return [*found, Route(f"{PREFIX}/{{path:path}}", missing, methods=anything)]
