"""The page as one ASGI application: static files, the state, its changes, and the acts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from office.github.errors import Refused as GitHubRefused
from office.jira.errors import Refused as JiraRefused
from office.slack.errors import Refused as SlackRefused

if TYPE_CHECKING:
    from office.page.state import Page

STATIC = Path(__file__).parent / "static"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, and nothing inline: foreign text cannot become a script."""

_NO_STATE = ">null<"
"""What the template has in place of the state."""


def build(page: Page) -> Starlette:
    """Return the application of a page."""
    template = (STATIC / "index.html").read_text("utf-8")

    async def home(request: Request) -> Response:
        del request
        # The first state comes along, so that nobody ever sees an empty page.
        state = json.dumps(page.state()).replace("<", "\\u003c")
        return HTMLResponse(template.replace(_NO_STATE, f">{state}<"))

    async def state(request: Request) -> Response:
        del request
        return JSONResponse(page.state())

    async def events(request: Request) -> Response:
        del request
        return StreamingResponse(_stream(page), media_type="text/event-stream")

    async def act(request: Request) -> Response:
        # A form on a foreign site cannot send this type without asking first.
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/json":
            return _error(400, "The page takes JSON only.")
        try:
            await page.do(request.path_params["action"], await request.json())
        except json.JSONDecodeError:
            return _error(400, "The body is not JSON.")
        except ValidationError as error:
            return _error(400, _plain(error))
        except LookupError as error:
            return _error(422, str(error.args[0]))
        except (GitHubRefused, JiraRefused, SlackRefused) as error:
            return _error(422, _reason(error))
        return JSONResponse({"ok": True})

    return Starlette(
        routes=[
            Route("/", home),
            Route("/state", state),
            Route("/events", events),
            Route("/do/{action}", act, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(_Guarded)],
    )


async def _stream(page: Page) -> AsyncIterator[str]:
    # From before the greeting, which makes the browser fetch the state: nothing falls between.
    changes = page.changes()
    yield "retry: 1000\nevent: hello\ndata: {}\n\n"
    async for change in changes:
        shown = {"source": change.source, "kind": change.kind}
        yield f"id: {change.number}\ndata: {json.dumps(shown)}\n\n"


def _error(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status_code=status)


def _plain(error: ValidationError) -> str:
    parts = []
    for each in error.errors():
        name = ".".join(str(step) for step in each["loc"]) or "the body"
        parts.append(f"{name}: {each['msg']}")
    return "; ".join(parts)


def _reason(error: GitHubRefused | JiraRefused | SlackRefused) -> str:
    match error:
        case GitHubRefused():
            reasons = [
                str(each.get("message") or each) if isinstance(each, dict) else str(each)
                for each in error.errors
            ]
            return "GitHub: " + " ".join([error.message, *reasons])
        case JiraRefused():
            named = [f"{name}: {text}" for name, text in error.errors.items()]
            return "Jira: " + " ".join([*error.messages, *named])
        case _:
            return "Slack: " + " ".join([error.error.replace("_", " "), *error.messages])


class _Guarded:
    """Adds the headers that keep foreign text harmless and the files fresh."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", _POLICY.encode()),
                    (b"cache-control", b"no-cache"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self._app(scope, receive, guarded)
