"""Waiting for what other processes and threads do."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
LONGEST_PAUSE_SECONDS = 0.2


def until(look: Callable[[], T | None], what: str = "", seconds: float = 30) -> T:
    """Return the first truthy result of `look`; fail with `what` when time is over."""
    deadline = time.monotonic() + seconds
    pause_seconds = 0.01
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or look}"
        time.sleep(pause_seconds)
        # Soon is common; what takes long need not be asked for so often.
        pause_seconds = min(pause_seconds * 1.5, LONGEST_PAUSE_SECONDS)
    return found


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended, also when nobody has asked for its exit code yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"
