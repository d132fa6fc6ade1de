"""One attempt: the script run in the sandbox, and its answer taken for what it is, a stranger's."""

import json
import re
from datetime import timedelta
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from agent.domain.errors import NeedsHumanError, ToolError
from agent.domain.value import Value
from agent.ports import Command, Needs
from agent.stacks.openapi.merging import Part
from agent.stacks.openapi.script import script
from agent.text import first_line, plain_output
from agent.tools.base import Checkout

TIMEOUT = timedelta(seconds=90)
"""For one attempt; importing took 2 to 28 s with services of every size."""
ANSWER = ".backsmith-results/openapi.json"
"""The workspace keeps this folder out of every snapshot."""
LARGEST_BYTES = 32 << 20
ADDITIONS = frozenset({"drf-spectacular", "setuptools<70"})
"""What may be installed because the script asks for it, and nothing else."""
_NO_ANSWER = "the process ended before it answered"
_LONGEST_LINE = 400
_NAME = re.compile(r"\w{1,100}")


class Answer(Value):
    """What came of an attempt: documents, or why there are none and what may help."""

    model_config = ConfigDict(extra="ignore")

    documents: tuple[Part, ...] = ()
    framework: str = ""
    is_low_quality: bool = False
    reason: str = ""
    missing: dict[str, str] = Field(default_factory=dict)
    """Settings to fill in, with their values."""
    turns: dict[str, int] = Field(default_factory=dict)
    """Which guess each of these values is."""
    need: str = ""
    """A requirement to install."""
    lacks: str = ""
    """A module that is not there."""
    is_unable: bool = False
    """True when not even the packages could be installed."""

    def checked(self) -> "Answer":
        """Return the answer with names that are names, and lines that are short."""
        names = [name for name in self.missing if _NAME.fullmatch(name)]
        return self.model_copy(
            update={
                "documents": tuple(_short(part) for part in self.documents),
                "framework": _line(self.framework),
                "reason": _line(self.reason) or _NO_ANSWER,
                "missing": {name: self.missing[name] for name in names},
                "need": self.need if self.need in ADDITIONS else "",
                "lacks": self.lacks if _NAME.fullmatch(self.lacks.partition(".")[0]) else "",
            }
        )


def ask(checkout: Checkout, job: dict[str, Any], needs: Needs) -> Answer:
    """Run the script with a job; whatever happens to it is a reason.

    Raises:
        TransientError: The package index cannot be reached.
    """
    text = json.dumps({**job, "answer": ANSWER}).encode()
    command = Command(argv=("python", "-c", script()), timeout=TIMEOUT, stdin=text, needs=needs)
    try:
        done = checkout.sandbox.run(checkout.worktree, command)
    except NeedsHumanError as error:
        plain = re.sub(r"(?m)^(Using Python|warning:|hint:).*\n?", "", str(error))
        return Answer(reason=_line(plain), is_unable=True)
    if done.timed_out:
        return Answer(reason=f"it took longer than {int(TIMEOUT.total_seconds())} s")
    if done.exit_code != 0:
        said = plain_output(done.output).strip().splitlines()[-1:]
        return Answer(
            reason=_line(": ".join([f"{_NO_ANSWER} (exit code {done.exit_code})", *said]))
        )
    return _read(checkout)


def _read(checkout: Checkout) -> Answer:
    try:
        found = checkout.files("result", path=ANSWER, cap=LARGEST_BYTES)
        return Answer.model_validate_json(found["text"]).checked()
    except (ToolError, ValidationError, RecursionError) as error:
        return Answer(reason=f"{_NO_ANSWER} ({first_line(str(error), 200)})")


def _short(part: Part) -> Part:
    update = {"prefix": _line(part.prefix), "label": _line(part.label)}
    return part.model_copy(update=update)


def _line(text: str) -> str:
    return " ".join(plain_output(text).split())[:_LONGEST_LINE]
