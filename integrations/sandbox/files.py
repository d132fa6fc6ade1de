"""The host's side of the file helper."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.domain.errors import ToolError
from agent.ports import Command, CommandResult

HELPER_SOURCE = Path(__file__).with_name("helper.py")
OPERATIONS = frozenset(
    {"read", "read_many", "list", "search", "edit", "keep", "stat", "result", "gather"}
)
TIMEOUT = timedelta(seconds=30)
ANSWER_CAP_BYTES = 16 << 20
_LARGER_CAPS = {"result": 96 << 20}
"""A description of an API may have 32 MiB, which as a text in JSON become more."""


def file_operation(
    run: Callable[[Command], CommandResult],
    program: tuple[str, ...],
    operation: str,
    arguments: dict[str, Any],
) -> Any:
    """Run one operation of the helper and return its answer.

    Raises:
        ToolError: The helper refused; the text tells the model what to do next.
    """
    if operation not in OPERATIONS:
        raise ToolError(f"there is no file operation {operation}; use {', '.join(OPERATIONS)}")
    request = json.dumps({"operation": operation, "arguments": arguments}).encode()
    done = run(
        Command(
            argv=program,
            timeout=TIMEOUT,
            stdin=request,
            output_cap_bytes=_LARGER_CAPS.get(operation, ANSWER_CAP_BYTES),
        )
    )
    if done.timed_out:
        raise ToolError(f"{operation} took longer than 30 s; ask for less, or search more simply")
    if done.truncated_bytes:
        raise ToolError(f"the answer to {operation} is too large; ask for less")
    answer = _parsed(operation, done)
    if isinstance(answer, dict) and "error" in answer:
        raise ToolError(str(answer["error"]))
    return answer


def _parsed(operation: str, done: CommandResult) -> Any:
    """Return the helper's answer; what other programs wrote stands before its one line."""
    last = (done.output.strip().splitlines() or [""])[-1]
    try:
        return json.loads(last)
    except ValueError:
        raise ToolError(f"{operation} failed: {last[:200] or 'no answer'}") from None
