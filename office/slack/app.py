"""The Web API, the sockets and the response addresses as one application."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from office.faults import Fault, FaultGate
from office.slack import chat_methods, room_methods
from office.slack.call import Call, arguments_of, token_of
from office.slack.errors import Refused

if TYPE_CHECKING:
    from office.slack.state import Slack

Endpoint = Callable[[Request], Awaitable[Response]]

METHODS: Mapping[str, Callable[[Call], dict[str, Any]]] = {
    "api.test": room_methods.api_test,
    "auth.test": room_methods.auth_test,
    "apps.connections.open": room_methods.open_connection,
    "bots.info": room_methods.bot_info,
    "chat.delete": chat_methods.delete,
    "chat.getPermalink": chat_methods.permalink,
    "chat.postEphemeral": chat_methods.post_ephemeral,
    "chat.postMessage": chat_methods.post_message,
    "chat.update": chat_methods.update,
    "conversations.history": room_methods.history,
    "conversations.info": room_methods.channel_info,
    "conversations.join": room_methods.join,
    "conversations.list": room_methods.list_channels,
    "conversations.members": room_methods.members,
    "conversations.replies": room_methods.replies,
    "reactions.add": chat_methods.add_reaction,
    "reactions.remove": chat_methods.remove_reaction,
    "users.info": room_methods.user_info,
    "users.list": room_methods.list_users,
    "users.lookupByEmail": room_methods.user_by_email,
    "views.open": chat_methods.open_view,
}
SCOPES = (
    "app_mentions:read,channels:history,channels:join,channels:read,chat:write,"
    "metadata.message:read,reactions:write,users:read,users:read.email"
)


def build(slack: Slack) -> Starlette:
    """Return the application of one workspace, with its faults in front."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await slack.close()

    routes = [
        Route("/api/{method}", _web_api(slack), methods=["GET", "POST"]),
        Route("/actions/{team}/{number}/{token}", _responses(slack), methods=["POST"]),
        WebSocketRoute("/link/", slack.sockets.serve),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.add_middleware(FaultGate, faults=slack.faults, body=_fault_body)
    return app


def _web_api(slack: Slack) -> Endpoint:
    async def serve(request: Request) -> Response:
        method = request.path_params["method"]
        try:
            arguments = await arguments_of(request)
            if method not in METHODS:
                raise Refused("unknown_method", req_method=method)
            _authenticate(slack, method, token_of(request, arguments))
            body = METHODS[method](Call(slack, arguments))
        except Refused as refused:
            return _refusal(refused)
        return JSONResponse({"ok": True, **body}, headers={"x-oauth-scopes": SCOPES})

    return serve


def _authenticate(slack: Slack, method: str, token: str) -> None:
    if method == "api.test":
        return
    if not token:
        raise Refused("not_authed")
    wanted = slack.app_token if method == "apps.connections.open" else slack.bot_token
    if token != wanted:
        raise Refused("invalid_auth")


def _refusal(refused: Refused) -> Response:
    if refused.error != "ratelimited":
        return JSONResponse(refused.body())
    headers = {"Retry-After": str(refused.more["retry_after"])}
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)


def _responses(slack: Slack) -> Endpoint:
    async def serve(request: Request) -> Response:
        try:
            body = await arguments_of(request)
            chat_methods.reply(slack, request.path_params["token"], body)
        except Refused as refused:
            return JSONResponse(refused.body(), 404 if refused.error == "expired_url" else 400)
        return PlainTextResponse("ok")

    return serve


def _fault_body(fault: Fault) -> bytes:
    usual = "ratelimited" if fault.status == 429 else "internal_error"
    return json.dumps({"ok": False, "error": fault.message or usual}).encode()
