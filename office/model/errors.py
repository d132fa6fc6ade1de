"""How the model endpoint says no, in the shape of OpenAI's errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refused(Exception):  # noqa: N818 - the endpoint refuses; nothing here is broken
    """A request that is answered with an error.

    Source: OpenAI API reference, "Error codes".
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """Return the JSON answer."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        if self.status == 429:
            kind = "requests"
        error = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        return {"error": error}


def mismatch(message: str) -> Refused:
    """Return a 422, which clients do not try again: the recording does not fit the request."""
    return Refused(422, message, code="recording_mismatch")
