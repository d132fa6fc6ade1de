"""How Jira says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Refused(Exception):  # noqa: N818 - Jira refuses; nothing here is broken
    """A request that Jira answers with an error collection."""

    def __init__(
        self, status: int, *messages: str, errors: Mapping[str, str] | None = None
    ) -> None:
        """Keep what goes into `errorMessages` and `errors`."""
        super().__init__(status, *messages, errors)
        self.status = status
        self.messages: Sequence[str] = messages
        self.errors = dict(errors or {})

    def body(self) -> dict[str, object]:
        """Return Jira's `ErrorCollection`."""
        return {"errorMessages": list(self.messages), "errors": self.errors}


def no_ticket() -> Refused:
    """Return what Jira says about an unknown or hidden issue."""
    return Refused(404, "Issue does not exist or you do not have permission to see it.")
