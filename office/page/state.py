"""The web page of the office: what it shows, and what people do on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette

from office.page.acts import ACTS, person_of
from office.page.app import build
from office.people import BOT, ENGINEER, LEAD
from office.world import Change, Feed

if TYPE_CHECKING:
    from office.github.state import GitHub
    from office.jira.state import Jira
    from office.slack.state import Slack

_CLOSING = "closing"


class Page:
    """One page over all three tools. Use it on the office's loop only."""

    def __init__(self, feed: Feed, github: GitHub, jira: Jira, slack: Slack) -> None:
        """Show these three, live by `feed`."""
        self.origin = ""
        self.github = github
        self.jira = jira
        self.slack = slack
        self._feed = feed
        self._closed = False

    def app(self) -> Starlette:
        """Return the page and its JSON API."""
        return build(self)

    def state(self) -> dict[str, Any]:
        """Return everything that the page shows."""
        people = [(LEAD, True), (ENGINEER, True), (BOT, False)]
        return {
            "board": self.jira.view(),
            "code": self.github.view(),
            "chat": self.slack.view(),
            "people": [
                {
                    "name": person.name,
                    "login": person.login,
                    "slack_id": person.slack_id,
                    "bot": person is BOT,
                    "plays": plays,
                }
                for person, plays in people
            ],
        }

    async def do(self, action: str, arguments: Any) -> None:
        """Do what a person asked for.

        Raises:
            LookupError: there is no such action or person.
            pydantic.ValidationError: an argument is missing or wrong.
            Exception: whatever the tool refuses with.
        """
        if action not in ACTS:
            raise LookupError(f"The page knows no action {action!r}.")
        act = ACTS[action].model_validate(arguments)
        await act.do(self, person_of(act.person))

    def changes(self) -> AsyncIterator[Change]:
        """Return an iterator over each change from now on, until the office closes."""
        return self._changes(len(self._feed.changes))

    async def _changes(self, start: int) -> AsyncIterator[Change]:
        if self._closed:
            return
        async for change in self._feed.follow(start):
            if (change.source, change.kind) == ("page", _CLOSING):
                return
            yield change

    def close(self) -> None:
        """End the event streams, which would keep the server from stopping."""
        self._closed = True
        self._feed.publish("page", _CLOSING)
