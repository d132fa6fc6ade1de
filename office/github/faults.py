"""How GitHub words the failures that a test switches on."""

from __future__ import annotations

import json

from office.faults import Fault


def secondary_rate_limit(
    method: str = "*", path_regex: str = "/api/v3/", *, seconds: int = 1, times: int = 1
) -> Fault:
    """Return the fault that GitHub calls a secondary rate limit."""
    return Fault(
        method,
        path_regex,
        status=403,
        headers={"Retry-After": str(seconds)},
        times=times,
        message="You have exceeded a secondary rate limit. Please wait a few minutes before you "
        "try again.",
    )


def fault_body(fault: Fault) -> bytes:
    """Return the body of the answer to a request that fails."""
    usual = "Server Error" if fault.status >= 500 else "Refused on demand"
    body = {"message": fault.message or usual, "documentation_url": "", "status": str(fault.status)}
    return json.dumps(body).encode()
