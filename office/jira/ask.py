"""One authenticated request to the REST API, and the answers it may get."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from office.jira.errors import Refused
from office.jira.models import Ticket
from office.people import PEOPLE, Person

if TYPE_CHECKING:
    from office.jira.state import Jira


@dataclass(frozen=True)
class Ask:
    """Who asks for what."""

    jira: Jira
    person: Person
    request: Request
    body: Any
    """The parsed JSON body; None if there is none."""

    @property
    def base(self) -> str:
        """Root of the REST API that links in the answer point into."""
        return f"{self.jira.origin}/rest/api/3"

    @property
    def ticket(self) -> Ticket:
        """The ticket that the path names."""
        return self.jira.find(self.path("key"))

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        """Return a query parameter."""
        return self.request.query_params.get(name, default)

    def number(self, name: str, default: int) -> int:
        """Return a query parameter that counts something.

        Raises:
            Refused: 400 if it is not a number.
        """
        text = self.query(name, str(default))
        if not text.isdigit():
            raise Refused(400, f"{name} must be a number.")
        return int(text)

    def fields(self) -> dict[str, Any]:
        """Return the body, which must be an object.

        Raises:
            Refused: 400 if it is not.
        """
        if not isinstance(self.body, dict):
            message = "There was an error parsing JSON. Check that your request body is valid."
            raise Refused(400, message)
        return self.body


Answer = Callable[[Ask], Response]
OPEN_PATHS = ("/serverInfo",)
"""What the real site tells anybody."""


def endpoint(jira: Jira, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """Return a Starlette endpoint that authenticates, answers and refuses as Jira does."""

    async def serve(request: Request) -> Response:
        person = _person(request.headers.get("authorization"))
        if person is None and not request.url.path.endswith(OPEN_PATHS):
            message = "Client must be authenticated to access this resource."
            return JSONResponse({"message": message, "status-code": 401}, 401)
        try:
            body = _json(await request.body())
            return answer(Ask(jira, person or PEOPLE[0], request, body))
        except Refused as refused:
            return JSONResponse(refused.body(), refused.status)

    return serve


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError as error:
        message = "There was an error parsing JSON. Check that your request body is valid."
        raise Refused(400, message) from error


def _person(authorization: str | None) -> Person | None:
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return next((person for person in PEOPLE if person.jira_token == value), None)
    if scheme.lower() != "basic":
        return None
    try:
        email, _, token = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return next((each for each in PEOPLE if (each.email, each.jira_token) == (email, token)), None)
