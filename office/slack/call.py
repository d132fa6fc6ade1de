"""One call of the Web API: who calls, and with what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from office.slack.errors import Refused
from office.slack.models import Channel

if TYPE_CHECKING:
    from office.slack.state import Slack

_JSON_ARGUMENTS = ("blocks", "metadata", "attachments", "view")


@dataclass(frozen=True)
class Call:
    """The arguments of an authenticated call."""

    slack: Slack
    arguments: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        """Return a text argument."""
        value = self.arguments.get(name)
        return default if value is None else str(value)

    def needed(self, name: str) -> str:
        """Return a text argument that must be there.

        Raises:
            Refused: `invalid_arguments`.
        """
        value = self.text(name)
        if not value:
            raise Refused("invalid_arguments", f"missing required field: {name}")
        return value

    def number(self, name: str, default: int, most: int) -> int:
        """Return a count of at least 1 and at most `most`.

        Raises:
            Refused: `invalid_limit`.
        """
        text = self.text(name, str(default))
        if not text.isdigit() or int(text) < 1:
            raise Refused("invalid_limit")
        return min(int(text), most)

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        return self.text(name).lower() in ("1", "true")

    def json(self, name: str) -> Any:
        """Return an argument that is JSON, or None."""
        return self.arguments.get(name)

    def channel(self, *, as_member: bool = False) -> Channel:
        """Return the channel that the call names.

        Raises:
            Refused: `channel_not_found`, or `not_in_channel` if the bot must be a member.
        """
        channel = self.slack.channel(self.needed("channel"))
        if as_member and self.slack.bot_user not in {each.slack_id for each in channel.members}:
            raise Refused("not_in_channel")
        return channel


async def arguments_of(request: Request) -> dict[str, Any]:
    """Return the arguments from query, form or JSON body.

    Raises:
        Refused: `invalid_json`, or `invalid_arguments` for JSON inside a form that is none.
    """
    found: dict[str, Any] = dict(request.query_params)
    raw = await request.body()
    if raw and request.headers.get("content-type", "").startswith("application/json"):
        body = _parsed(raw, "invalid_json")
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        found |= body
    elif raw:
        found |= dict(parse_qsl(raw.decode(), keep_blank_values=True))
    for name in _JSON_ARGUMENTS:
        if isinstance(found.get(name), str):
            error = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
            found[name] = _parsed(found[name], error) if found[name] else None
    return found


def token_of(request: Request, arguments: Mapping[str, Any]) -> str:
    """Return the token that came with a call; empty if none did."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else str(arguments.get("token", ""))


def _parsed(raw: str | bytes, error: str) -> Any:
    try:
        return json.loads(raw)
    except ValueError as broken:
        raise Refused(error) from broken
