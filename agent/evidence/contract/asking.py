"""The run in the sandbox, and its answer taken for what it is, a stranger's."""

import json
import re
import uuid
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from agent.domain.errors import NeedsHumanError, ToolError
from agent.domain.value import Value
from agent.evidence.contract.asked import Asked
from agent.evidence.services.running import not_started, run_served
from agent.ports import Command, CommandResult, Needs
from agent.stacks.openapi.asking import Answer
from agent.stacks.openapi.attempting import attempt
from agent.stacks.openapi.exporting import services_in, surroundings
from agent.stacks.openapi.script import with_applications
from agent.stacks.openapi.value import NO_FRAMEWORK
from agent.text import plain_output
from agent.tools.base import Bench, Checkout

TOOL = "schemathesis>=4.32,<5"
ANSWER = ".backsmith-results/contract.json"
"""The workspace keeps this folder out of every snapshot."""
LOADING = timedelta(seconds=90)
"""For importing, beside the seconds that the team gives; see `agent.stacks.openapi.asking`."""
_LARGEST_BYTES = 16 << 20
_LONGEST_LINE = 500
_MOST_OPERATIONS = 2_000
_MOST_SERVICES = 2
_PARTS = ("privacy", "leniency", "served", "driving", "trying")
_NO_ANSWER = "the process ended before it answered"


class Fault(Value):
    """A check that answers of an operation did not pass, by status."""

    check: str
    status: int
    said: str = ""
    """What schemathesis says of it."""
    sent: str = ""
    """The first such request, as a line for curl."""
    got: str = ""
    """How the body of the answer begins."""
    why: str = ""
    """The error behind it, with its place in the code."""
    times: int = 1


class Tried(Value):
    """What came of one operation."""

    model_config = ConfigDict(extra="ignore")

    name: str
    state: str = "tried"
    """`tried`, `over` when time ended within, `untried` when it ended before."""
    sent: int = 0
    faults: tuple[Fault, ...] = ()
    needs: str = ""
    """An error of something that is not there, such as a database server."""
    problem: str = ""
    """Why requests could not be made."""
    is_locked: bool = False
    """True when every answer was that one must log in."""


class Trial(Answer):
    """What came of a run."""

    token: str = ""
    digests: dict[str, str] = Field(default_factory=dict)
    """For each operation what stays the same as long as nothing of it changes."""
    operations: tuple[Tried, ...] = ()
    running: str = ""
    """The operation within which the process ended."""
    label: str = ""
    seconds: float = 0.0
    is_no_application: bool = False
    is_not_installed: bool = False


@cache
def script() -> str:
    """Return the text for `python -c`; it reads a job from stdin."""
    folder = Path(__file__).with_name("inside")
    return with_applications(*(folder / f"{name}.py" for name in _PARTS))


def try_application(
    bench: Bench, asked: Asked, apps: tuple[str, ...], known: dict[str, str] | None
) -> Trial:
    """Send requests to the application of a worktree, in a process of its own without network.

    Args:
        bench: The worktree; nothing of it is written but the answer.
        asked: What the team asks for.
        apps: The applications that the team names.
        known: Digests of operations that need not be tried; None: all are.

    Raises:
        TransientError: The package index cannot be reached.
    """
    services, files = services_in(bench, apps)
    if not services:
        return Trial(reason=files.problem or NO_FRAMEWORK, is_no_application=not files.problem)
    first = Trial()
    for service in services[:_MOST_SERVICES]:
        run = _Run(bench, asked, known)
        attempt(bench, service, surroundings(files, service), run, (TOOL,))
        found = run.last.model_copy(update={"seconds": round(run.seconds, 2)})
        found = found.model_copy(update={"label": found.label or service.label})
        if found.documents or found.is_not_installed or service.targets[0].is_declared:
            return found
        first = first if first.label else found
    return first


class _Run:
    """Runs the script as `attempt` asks for it, and keeps the whole of its last answer."""

    def __init__(self, bench: Bench, asked: Asked, known: dict[str, str] | None) -> None:
        self._bench, self._asked, self._known = bench, asked, known
        self.last, self.seconds = Trial(), 0.0

    def __call__(self, checkout: Checkout, job: dict[str, Any], needs: Needs) -> Answer:
        self.last = self._asked_once(checkout, job, needs)
        return self.last

    def _asked_once(self, checkout: Checkout, job: dict[str, Any], needs: Needs) -> Trial:
        token = uuid.uuid4().hex
        has_server = self._bench.stack.services.postgres is not None
        contract = {**self._asked.model_dump(), "known": self._known, "token": token}
        contract["has_server"] = has_server
        text = json.dumps({**job, "answer": ANSWER, "contract": contract}).encode()
        command = Command(
            argv=("python", "-B", "-c", script()),
            timeout=LOADING + timedelta(seconds=self._asked.seconds),
            stdin=text,
            needs=needs,
        )
        try:
            done = run_served(self._bench, command)
        except NeedsHumanError as error:
            return Trial(reason=_line(str(error)), is_unable=True, is_not_installed=True)
        if why := not_started(done):
            return Trial(reason=_line(why))
        self.seconds += done.seconds
        return _read(checkout, done, token)


def _read(checkout: Checkout, done: CommandResult, token: str) -> Trial:
    """Return the answer; of a process that ended early as much as it has written."""
    try:
        found = checkout.files("result", path=ANSWER, cap=_LARGEST_BYTES)
        trial = Trial.model_validate_json(found["text"])
    except (ToolError, ValidationError, RecursionError):
        trial = Trial()
    if trial.token != token:
        trial = Trial()
    ended = ""
    if done.timed_out:
        ended = f"it took longer than {done.seconds:.0f} s"
    elif done.exit_code != 0 or not trial.token:
        said = plain_output(done.output).strip().splitlines()[-1:]
        ended = ": ".join([f"{_NO_ANSWER} (exit code {done.exit_code})", *said])
    trial = trial.model_copy(update={"reason": ended or trial.reason})
    return _checked(trial if ended else trial.model_copy(update={"running": ""}))


def _checked(trial: Trial) -> Trial:
    """Return an answer whose names are names, and whose lines are short."""
    plain = Answer.checked(trial)
    update = {
        "reason": plain.reason,
        "missing": plain.missing,
        "need": plain.need,
        "lacks": plain.lacks,
        "running": _line(trial.running),
        "label": _line(", ".join(part.label for part in trial.documents)),
        "operations": tuple(map(_plain, trial.operations[:_MOST_OPERATIONS])),
    }
    return trial.model_copy(update=update)


def _plain(tried: Tried) -> Tried:
    faults = [
        fault.model_copy(
            update={
                "check": re.sub(r"\W", "_", fault.check[:60]),
                "said": plain_output(fault.said)[:2_000],
                "sent": _line(fault.sent),
                "got": _line(fault.got),
                "why": _line(fault.why),
            }
        )
        for fault in tried.faults
    ]
    update = {
        "name": _line(tried.name),
        "needs": _line(tried.needs),
        "problem": _line(tried.problem),
    }
    return tried.model_copy(update={**update, "faults": tuple(faults)})


def _line(text: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in plain_output(text))
    return " ".join(shown.split())[:_LONGEST_LINE]
