"""How the local GitHub says no: status, message and reasons, in the shape of the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"


class Refused(Exception):  # noqa: N818 - it names GitHub's answer, which is no fault of the office
    """A request that GitHub answers with a 4xx status."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: Sequence[str | Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {message} {list(errors) or ''}".strip())
        self.status = status
        self.message = message
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """Return the JSON answer."""
        answer: dict[str, Any] = {"message": self.message}
        if self.errors:
            answer["errors"] = self.errors
        return answer | {"documentation_url": DOCUMENTATION, "status": str(self.status)}


def not_found() -> Refused:
    """Return the answer for what is not there or may not be seen; GitHub does not say which."""
    return Refused(404, "Not Found")


def invalid(resource: str, field: str, code: str = "invalid") -> Refused:
    """Return a 422 that names the field at fault; `code` as in GitHub's validation errors."""
    return Refused(422, "Validation Failed", [{"resource": resource, "field": field, "code": code}])


def custom(resource: str, message: str) -> Refused:
    """Return a 422 whose reason is a sentence."""
    return Refused(
        422, "Validation Failed", [{"resource": resource, "code": "custom", "message": message}]
    )


def unprocessable(*reasons: str) -> Refused:
    """Return a 422 in the simple form, a list of sentences, that the review endpoints use."""
    return Refused(422, "Unprocessable Entity", reasons)
