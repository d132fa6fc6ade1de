"""What the gates hold against a change as SARIF, one result a finding."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.judging import Judged
from agent.evidence.report.remarks import remark_lines
from agent.evidence.result import Problem
from agent.openapi.report.escaping import clean
from agent.sarif import (
    MOST_RESULTS,
    sarif_fingerprints,
    sarif_log,
    sarif_message,
    sarif_place,
)

_PATH = re.compile(r"[^\s:]*[/.][^\s:]*")
_FRAME = re.compile(
    r"^(?P<path>[^\s:<>\"]+\.\w+):(?P<line>\d+): "
    r"|^\s*File \"(?P<file>[^\"<>]+)\", line (?P<at>\d+)",
    re.MULTILINE,
)
_ABOUT = {
    Gate.TESTS: "A test fails that did not fail at the base.",
    Gate.RED_TO_GREEN: "The tests of the change pass without the change, so they prove nothing.",
    Gate.COVERAGE: "The tests cover less than before, or less than the team asks for.",
    Gate.LINT: "The repository's own linters complain of what the change brought.",
    Gate.TYPES: "The repository's own type checker complains of what the change brought.",
    Gate.OPENAPI: "The change can break clients of the API.",
    Gate.WEAKENING: "Something is checked less than at the base.",
}


def render_sarif(judged: Sequence[Judged], anchor: str, version: str = "0") -> str:
    """Return a SARIF log with one run; what could not run is told as a fault of the run.

    Args:
        judged: The gates, in their order.
        anchor: A file that the change touches, to which is bound what lies in no file of its own:
            GitHub shows no result without one.
        version: Our own version.
    """
    failed = [item for item in judged if item.evidence.status is GateStatus.FAIL]
    rules = [_rule(item.evidence.gate) for item in failed]
    seen: Counter[tuple[Gate, str]] = Counter()
    results = []
    for index, item in enumerate(failed):
        for problem in item.new or (_whole(item.evidence),):
            name = (item.evidence.gate, problem.key or problem.text)
            seen[name] += 1
            results.append(_result(index, problem, anchor, (*name, seen[name])))
    stopped = [item.evidence for item in judged if item.evidence.status is GateStatus.NOT_RUN]
    invocation: dict[str, Any] = {"executionSuccessful": not stopped}
    told = [*map(_notification, stopped)]
    told += [note for item in judged for note in _notes(item.evidence)]
    if told:
        invocation["toolExecutionNotifications"] = told
    return sarif_log(
        "backsmith verify", version, rules, results[:MOST_RESULTS], invocations=[invocation]
    )


def _rule(gate: Gate) -> dict[str, Any]:
    about = _ABOUT.get(gate, f"The gate {gate} fails.")
    return {
        "id": str(gate),
        "shortDescription": {"text": gate.replace("_", " ")},
        "fullDescription": {"text": about},
        "defaultConfiguration": {"level": "error"},
        "help": {"text": f"{about} `backsmith verify --only {gate}` shows it again."},
    }


def _whole(evidence: Evidence) -> Problem:
    """Return a gate that fails as one problem."""
    return Problem(key=str(evidence.gate), text=evidence.reason)


def _result(
    rule: int, problem: Problem, anchor: str, name: tuple[Gate, str, int]
) -> dict[str, Any]:
    """Return one result; its name tells it from others of the same gate, also from equal ones."""
    gate = name[0]
    path, line = place_of(problem)
    fingerprint = hashlib.sha256(
        repr((str(gate), *name[1:])).encode("utf-8", "replace")
    ).hexdigest()[:16]
    location: dict[str, Any] = {
        "logicalLocations": [
            {
                "name": clean(problem.place or str(gate)),
                "fullyQualifiedName": clean(problem.place or str(gate), 2_000),
            }
        ]
    }
    if path or anchor:
        location["physicalLocation"] = sarif_place(path or anchor, line)
    return {
        "ruleId": str(gate),
        "ruleIndex": rule,
        "level": "error",
        "message": sarif_message(_said(problem)),
        "locations": [location],
        "partialFingerprints": sarif_fingerprints("backsmithFinding/v1", fingerprint),
    }


def _said(problem: Problem) -> str:
    """Return a problem in one line; of a traceback that is the last one that says something."""
    lines = [line for line in problem.text.splitlines() if line.strip()]
    if "::" not in problem.place or not lines:
        return lines[0] if lines else problem.place or problem.key or "no reason was given"
    raised = [line for line in lines if line.startswith("E ")] or lines
    return f"{problem.place}: {raised[0].removeprefix('E ').strip()}"


def place_of(problem: Problem) -> tuple[str, int | None]:
    """Return the file and the line of a problem; an empty path when it is in no file.

    Of a test that failed it is the last line of its traceback within the test's own file.
    """
    path = problem.place.partition("::")[0]
    if problem.line is not None:
        return path, problem.line
    frames = [
        (found["path"] or found["file"], int(found["line"] or found["at"]))
        for found in _FRAME.finditer(problem.text)
    ]
    is_path = _PATH.fullmatch(path) is not None and ("/" in path or path.endswith(".py"))
    own = [frame for frame in frames if frame[0] == path]
    if is_path:
        return path, own[-1][1] if own else None
    inside = [frame for frame in frames if not frame[0].startswith("/")]
    return inside[-1] if inside else ("", None)


def _notification(evidence: Evidence) -> dict[str, Any]:
    said = f"{evidence.gate} could not run: {evidence.reason}"
    return {"level": "error", "message": sarif_message(said)}


def _notes(evidence: Evidence) -> list[dict[str, Any]]:
    return [
        {"level": "note", "message": sarif_message(f"{evidence.gate}: {line}")}
        for line in remark_lines(evidence)
    ]
