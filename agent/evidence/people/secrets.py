"""The gate: secrets in what the change adds. Nobody can allow one, and no evidence shows one.

Two searches over the added lines: detect-secrets in the sandbox, in an environment of its own, and
the secrets of our own process in any usual spelling, here. Made-up secrets go along with each run;
a detector that misses one of them proves nothing.
"""

import json
import secrets
import string
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from pydantic import ConfigDict, ValidationError

from agent.domain.errors import NeedsHumanError, TransientError
from agent.domain.evidence import Gate, Remark
from agent.domain.value import Value
from agent.evidence.allowing import Refusal, judged
from agent.evidence.people.credible import ALSO, PRIVATE_KEY, is_credible
from agent.evidence.result import Problem, Result
from agent.evidence.sides import Sides, UnreadableError, read_sides
from agent.ports import Command, CommandResult, Needs
from agent.text import first_line
from agent.tools.base import Bench

SCRIPT = Path(__file__).with_name("inside") / "detecting.py"
DETECTOR = "detect-secrets==1.5.0"
_MARKER = "pragma: allowlist secret"
"""Source: detect-secrets 1.5.0, `filters/allowlist.py`."""
_TIMEOUT = timedelta(minutes=2)
_HEADLINE = "PRIVATE KEY-"
"""All keys begin alike; the lines beneath tell them apart."""
_SHORTEST_LINE = 9
_LONG_VALUE = 16
"""Characters of a value that does not stand in two places by chance."""
_MOST_CHARACTERS = 12_000_000
_FOLLOWING_LINES = 12
_WHY = "the search for secrets"


class Line(NamedTuple):
    """A line that the change adds."""

    path: str
    number: int
    text: str


class Answer(Value):
    """What the script in the sandbox gives."""

    model_config = ConfigDict(extra="ignore")

    version: str
    found: tuple[tuple[int, str, int, int], ...]
    """Index of the line, kind, start and end."""


class _NotRunError(Exception):
    """The detector did not come to a result that can be trusted; the message says why."""

    def __init__(self, why: str, *, is_no_fault: bool = False) -> None:
        """Take the reason; `is_no_fault` is true when no change could mend it."""
        super().__init__(why)
        self.is_no_fault = is_no_fault


def check_secrets(bench: Bench) -> Result:
    """Look for secrets in the lines that the change adds."""
    if bench.base is None:
        return Result(gate=Gate.SECRETS, nothing_to_do="there is no base to compare with")
    try:
        sides = read_sides(bench, bench.base, "")
    except UnreadableError as error:
        return error.result(Gate.SECRETS, _WHY, shows_output=False)
    lines = _added(sides)
    if not lines and not sides.unread and not sides.changed:
        why = "the change adds no line"
        return Result(gate=Gate.SECRETS, seconds=sides.seconds, nothing_to_do=why)
    refusals = [*_own(bench, sides, lines)]
    try:
        answer, seconds = _detect(bench, lines)
    except _NotRunError as error:
        return _not_run(error, refusals, sides.seconds)
    refusals += _credible(sides, lines, answer)
    passed = Result(
        gate=Gate.SECRETS,
        command=f"detect-secrets {answer.version} ({len(lines)} added lines)",
        exit_code=0,
        seconds=sides.seconds + seconds,
        summary=f"no secret in {len(lines)} added lines",
        remarks=tuple(Remark(kind="unread", what=path, why=_UNREAD) for path in sides.unread),
    )
    notes = [f"Not read: {len(sides.unread)} files that are too large or no files"]
    return judged(passed, refusals, bench, ("secret", "secrets"), notes if sides.unread else ())


_UNREAD = "too large to be read, or no file"
_OUT = "; take it out and read it from the environment; if it was ever real, have it revoked"


def _not_run(error: _NotRunError, refusals: list[Refusal], seconds: float) -> Result:
    """Return what is known without the detector: our own secrets are found all the same."""
    return Result(
        gate=Gate.SECRETS,
        seconds=seconds,
        unable=(Problem(key=_WHY, text=str(error), place=str(error)),),
        findings=tuple(refusal.problem for refusal in refusals),
        is_no_fault=error.is_no_fault,
    )


def _added(sides: Sides) -> list[Line]:
    """Return the lines that no changed file has at the base; a moved line is no new one."""
    known = {line.strip() for text in sides.before.values() for line in text.splitlines()}
    return [
        Line(path, number, text)
        for path in sides.changed
        for number, text in enumerate(sides.after.get(path, "").splitlines(), 1)
        if text.strip() not in known or _HEADLINE in text
    ]


def _own(bench: Bench, sides: Sides, lines: list[Line]) -> Iterator[Refusal]:
    """Return where the change writes down what our own process must keep to itself."""
    by_path: dict[str, list[Line]] = {}
    for line in lines:
        by_path.setdefault(line.path, []).append(line)
    for number, path in enumerate(p for p in sides.changed if p in sides.after):
        if names := bench.own_secrets.found_in(path):
            yield _refusal(f"file name {number + 1}", f"our own {', '.join(names)}", None)
            continue
        own = by_path.get(path, [])
        for name in bench.own_secrets.found_in("\n".join(line.text for line in own)):
            exact = (line.number for line in own if name in bench.own_secrets.found_in(line.text))
            yield _refusal(path, f"our own {name}", next(exact, None))


def _detect(bench: Bench, lines: list[Line]) -> tuple[Answer, float]:
    """Return what the detector finds, without the made-up secrets. Raises _NotRunError."""
    canaries = _canaries()
    job = {
        "lines": [[path, text] for path, text in _asked(canaries, lines)],
        "also": ALSO,
    }
    if sum(len(line.text) for line in lines) > _MOST_CHARACTERS:
        raise _NotRunError("the change has more lines than can be searched for secrets")
    command = Command(
        argv=("python", "-I", "-c", SCRIPT.read_text("utf-8")),
        timeout=bench.time_for(_TIMEOUT),
        stdin=json.dumps(job).encode(),
        output_cap_bytes=32 << 20,
        needs=Needs(also=(DETECTOR,), alone=True),
    )
    try:
        result = bench.sandbox.run(bench.worktree, command)
    except (NeedsHumanError, TransientError) as error:
        why = f"{DETECTOR} cannot be installed: {first_line(str(error), 200)}"
        raise _NotRunError(why, is_no_fault=True) from error
    if result.exit_code != 0 or result.timed_out or result.truncated_bytes:
        raise _NotRunError(f"{_WHY} {_ended(result, command.timeout)}")
    return _checked(result.output, canaries, lines), result.seconds


def _ended(result: CommandResult, limit: timedelta) -> str:
    """Return for people why there is no whole answer."""
    if result.timed_out:
        return f"took longer than the {limit.total_seconds():.0f} s that it has"
    if result.exit_code < 0:
        return f"was ended from outside (signal {-result.exit_code}), as when memory runs out"
    if result.exit_code != 0:
        return f"failed: {DETECTOR} ended with {result.exit_code}"
    return "found more than can be read"


def _asked(canaries: Mapping[str, tuple[str, str]], lines: list[Line]) -> Iterator[tuple[str, str]]:
    yield from canaries.values()
    for line in lines:
        is_text = "\0" not in line.text and len(line.text.strip()) >= _SHORTEST_LINE
        yield line.path, line.text if is_text else ""


def _checked(output: str, canaries: Mapping[str, tuple[str, str]], lines: list[Line]) -> Answer:
    """Return the answer if all made-up secrets are in it, with places in `lines`."""
    try:
        answer = Answer.model_validate_json(output)
    except (ValidationError, RecursionError) as error:
        how = "an answer that is no list of findings" if output.strip() else "no answer"
        raise _NotRunError(f"{_WHY} gave {how}: nothing is known of the added lines") from error
    kinds: dict[int, set[str]] = {}
    for index, kind, _, _ in answer.found:
        kinds.setdefault(index, set()).add(kind)
    missed = [kind for at, kind in enumerate(canaries) if kind not in kinds.get(at, set())]
    if missed:
        raise _NotRunError(f"{DETECTOR} missed what it must find: {', '.join(missed)}")
    first, last = len(canaries), len(canaries) + len(lines)
    found = [(at - first, *rest) for at, *rest in answer.found if first <= at < last]
    return Answer.model_validate({"version": answer.version, "found": found})


def _canaries() -> dict[str, tuple[str, str]]:
    """Return made-up secrets by the kind that must be found: a path and a line for each."""

    def made_up(count: int, signs: str = string.ascii_letters + string.digits) -> str:
        return "".join(secrets.choice(signs) for _ in range(count))

    capitals = string.ascii_uppercase + string.digits
    return {
        "GitHub Token": ("canary.py", f'token = "ghp_{made_up(36)}"'),
        "AWS Access Key": ("canary.py", f'key = "AKIA{made_up(16, capitals)}"'),
        "Private Key": ("canary.pem", "-----BEGIN RSA PRIVATE KEY-----"),
        "Secret Keyword": ("canary.ini", f"password = {made_up(20)}"),
    }


def _credible(sides: Sides, lines: list[Line], answer: Answer) -> Iterator[Refusal]:
    known, marked = _known(sides)
    told: set[tuple[int, int]] = set()
    for index, kind, start, end in answer.found:
        line = lines[index]
        value = line.text[start:end]
        rest = sides.after[line.path].splitlines()[line.number : line.number + _FOLLOWING_LINES]
        telling = value if kind != PRIVATE_KEY else max([line.text, *rest[:4]], key=len).strip()
        is_known = (len(telling) >= _LONG_VALUE and telling in known) or value in marked
        if is_known or (index, start) in told:
            continue
        if is_credible(line.path, line.text, kind, start, end, "\n".join(rest)):
            told.add((index, start))
            yield _refusal(line.path, kind, line.number)


def _known(sides: Sides) -> tuple[str, str]:
    """Return the text of the base, and the lines of it that are marked as harmless there."""
    before = "\n".join(sides.before.values())
    return before, "\n".join(line for line in before.splitlines() if _MARKER in line)


def _refusal(path: str, kind: str, number: int | None) -> Refusal:
    where = path if number is None else f"{path}:{number}"
    text = f"{where}: {kind}{_OUT} [secret]"
    return Refusal(path, Problem(key=f"{path}: {kind}", text=text, place=path))
