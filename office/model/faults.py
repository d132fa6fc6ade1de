"""Faults that a test can switch on: the endpoint fails, or the model says something useless."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from office.model.errors import Refused
from office.model.recordings import Answer, Call

Kind = Literal["status", "broken_stream", "empty", "bad_json", "unknown_tool"]
UNKNOWN_TOOL = "no_such_tool"


@dataclass
class Fault:
    """One rule: the next `times` requests that match go wrong."""

    kind: Kind = "status"
    """`status`: an error answer. `broken_stream`: the connection breaks within the answer.
    `empty`: neither text nor tool call. `bad_json`: tool arguments that are cut off.
    `unknown_tool`: a call of a tool that nobody offered."""
    status: int = 500
    retry_after: float | None = None
    """Seconds for the header `Retry-After` of a `status`."""
    times: int = 1
    step: int | None = None
    """The step at which to fail; None is the next one, whichever it is."""


def take(faults: list[Fault], step: int) -> Fault | None:
    """Return the fault for this request, and count it as used."""
    for fault in faults:
        if fault.times > 0 and fault.step in (None, step):
            fault.times -= 1
            return fault
    return None


def refusal(fault: Fault) -> Refused:
    """Return the error answer of a fault of the kind `status`."""
    limited = fault.status == 429
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    return Refused(
        fault.status,
        "Rate limit reached for requests." if limited else "The server had an error.",
        code="rate_limit_exceeded" if limited else None,
        headers=headers,
    )


def spoil(answer: Answer, kind: Kind) -> Answer:
    """Return what a confused model says in place of `answer`."""
    match kind:
        case "empty":
            return Answer()
        case "unknown_tool":
            return Answer(tool_calls=(Call(name=UNKNOWN_TOOL, arguments={}),))
        case _:
            return answer
