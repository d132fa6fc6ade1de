"""Where a schema stands: who writes the value, who reads it, and what its rules are called."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Which way a value travels."""

    REQUEST = "request"
    """From the client to us: whoever asks for more breaks clients."""
    RESPONSE = "response"
    """From us to the client: whoever promises less breaks clients."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One kind of place of a schema."""

    prefix: str
    """What the ids of its rules start with."""
    direction: Direction
    is_text: bool = False
    """True when the value travels as text, so that a string takes in every scalar."""
    is_foreign: bool = False
    """True in a body that is not JSON: whoever reads it as text reads everything."""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Return the prefixes of rules that hold here: its own before those of the whole value."""
        is_inner = self in (PARAMETER_PROPERTY, HEADER_PROPERTY)
        return (self.prefix, PARAMETER.prefix) if is_inner else (self.prefix,)

    @property
    def inner(self) -> Place:
        """Return the place of what is inside a value at this one."""
        return _INNER.get(self, self)


PARAMETER = Place("request-parameter", Direction.REQUEST, is_text=True)
PARAMETER_PROPERTY = Place("request-parameter-property", Direction.REQUEST)
HEADER_PROPERTY = Place("request-header-property", Direction.REQUEST)
REQUEST_BODY = Place("request-body", Direction.REQUEST)
REQUEST_PROPERTY = Place("request-property", Direction.REQUEST)
READ_ONLY = Place("request-read-only-property", Direction.REQUEST)
"""What clients never send; little is said about it."""
FOREIGN_REQUEST_BODY = Place("request-body", Direction.REQUEST, is_foreign=True)
RESPONSE_BODY = Place("response-body", Direction.RESPONSE)
FOREIGN_RESPONSE_BODY = Place("response-body", Direction.RESPONSE, is_foreign=True)
RESPONSE_PROPERTY = Place("response-property", Direction.RESPONSE)
WRITE_ONLY = Place("response-write-only-property", Direction.RESPONSE)
"""What clients never receive; little is said about it."""
RESPONSE_HEADER = Place("response-header", Direction.RESPONSE)
HEADER_PARAMETER = Place("request-parameter", Direction.REQUEST, is_text=True)
"""A header of a request: a parameter whose properties have rules of their own."""

_INNER = {
    PARAMETER: PARAMETER_PROPERTY,
    HEADER_PARAMETER: HEADER_PROPERTY,
    REQUEST_BODY: REQUEST_PROPERTY,
    FOREIGN_REQUEST_BODY: REQUEST_PROPERTY,
    RESPONSE_BODY: RESPONSE_PROPERTY,
    FOREIGN_RESPONSE_BODY: RESPONSE_PROPERTY,
    RESPONSE_HEADER: RESPONSE_PROPERTY,
}

PLACES = (
    PARAMETER,
    PARAMETER_PROPERTY,
    HEADER_PROPERTY,
    REQUEST_BODY,
    REQUEST_PROPERTY,
    READ_ONLY,
    RESPONSE_BODY,
    RESPONSE_PROPERTY,
    WRITE_ONLY,
    RESPONSE_HEADER,
)
"""Every place with rules of its own, in the order of the columns of the rule table."""
