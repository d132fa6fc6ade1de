"""Both sides of a change, read in the sandbox in one call; nothing of the repository is run."""

import json
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from pydantic import ConfigDict, ValidationError

from agent.domain.evidence import Gate
from agent.domain.value import Value
from agent.evidence.result import Problem, Result
from agent.ports import Command, CommandResult, Needs
from agent.text import head_and_tail, plain_output
from agent.tools.base import Bench

SCRIPT = Path(__file__).with_name("weakening") / "inside" / "reading.py"
NOTHING = r"(?!)"
"""A pattern for no path."""
_TIMEOUT = timedelta(minutes=2)
_LARGEST_FILE_BYTES = 1_000_000
_ROOM_BYTES = 24_000_000
_OUTPUT_CAP_BYTES = 160 << 20
"""JSON writes a character that is no ASCII with six."""
_MOST_PATHS = 50_000
_LIMIT = 2_000


class Sides(Value):
    """What the script in the sandbox gives: text by path. What helps stands there unchanged too."""

    model_config = ConfigDict(extra="ignore")

    before: dict[str, str]
    after: dict[str, str]
    paths: tuple[str, ...] = ()
    """All paths at the base."""
    unread: tuple[str, ...] = ()
    """Changed files that are no plain files, or too large."""
    seconds: float = 0.0

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """The paths that were added, edited or removed, sorted; without the unread ones."""
        names = self.before.keys() | self.after.keys()
        return tuple(sorted(p for p in names if self.before.get(p) != self.after.get(p)))


class UnreadableError(Exception):
    """The files of both sides could not be read."""

    def __init__(self, answer: CommandResult) -> None:
        """Take what the sandbox answered."""
        super().__init__("the files of both sides could not be read")
        self._answer = answer

    def result(self, gate: Gate, key: str, *, shows_output: bool = True) -> Result:
        """Return the result of a gate that could not run because of it."""
        ended = f"ended with {self._answer.exit_code}"
        ended = "took too long" if self._answer.timed_out else ended
        said = head_and_tail(plain_output(self._answer.output), _LIMIT) if shows_output else ""
        place = f"reading the files of both sides {ended}"
        problem = Problem(key=key, text=said, place=place)
        return Result(gate=gate, seconds=self._answer.seconds, unable=(problem,))


def read_sides(bench: Bench, base: str, changed: str, context: str = NOTHING) -> Sides:
    """Return the files that changed since the base, and those that help to understand them.

    Args:
        bench: The worktree.
        base: The commit to compare with.
        changed: A pattern for the paths that count when their content differs.
        context: A pattern for paths that are read even if they did not change.

    Raises:
        UnreadableError: There is no such base, it took too long, or there is too much to read.
    """
    job = {
        "base": base,
        "changed": changed,
        "context": context,
        "largest": _LARGEST_FILE_BYTES,
        "room": _ROOM_BYTES,
        "paths": _MOST_PATHS,
    }
    result = bench.sandbox.run(
        bench.worktree,
        Command(
            argv=("python", "-I", "-S", "-c", SCRIPT.read_text("utf-8")),
            timeout=bench.time_for(_TIMEOUT),
            stdin=json.dumps(job).encode(),
            output_cap_bytes=_OUTPUT_CAP_BYTES,
            needs=Needs(alone=True),
        ),
    )
    if result.exit_code != 0 or result.timed_out or result.truncated_bytes:
        raise UnreadableError(result)
    try:
        found = Sides.model_validate_json(result.output)
    except (ValidationError, RecursionError) as error:
        raise UnreadableError(result) from error
    return found.model_copy(update={"seconds": result.seconds})
