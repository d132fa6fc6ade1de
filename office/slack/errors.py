"""How Slack says no."""

from __future__ import annotations

from typing import Any


class Refused(Exception):  # noqa: N818 - Slack refuses; nothing here is broken
    """A call that Slack answers with `"ok": false`."""

    def __init__(self, error: str, *messages: str, **more: Any) -> None:
        """Keep the error's name, and the words under `response_metadata`."""
        super().__init__(error, *messages)
        self.error = error
        self.messages = messages
        self.more = more

    def body(self) -> dict[str, Any]:
        """Return Slack's error body."""
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.more}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {each}" for each in self.messages]}
        return body
