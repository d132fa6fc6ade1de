"""Evidence in words, for the model: what is wrong first, and how to see the rest."""

from collections.abc import Sequence

from agent.domain.evidence import Evidence, GateStatus
from agent.evidence.result import Compared, Problem, Result
from agent.text import fair_shares, head_and_tail

_WORDS = {
    GateStatus.PASS: "passed",
    GateStatus.FAIL: "FAILED",
    GateStatus.NOT_APPLICABLE: "not applicable",
    GateStatus.NOT_RUN: "COULD NOT RUN",
}
_LONGEST_TEST = 2_500
_SHORTEST_TEST = 300
_NAMES_ROOM = 500
_MOST_LINES = 60
_LONGEST_LINE = 300
_ALL = 1_000_000
"""More characters than any output has."""


def evidence_text(evidence: Evidence) -> str:
    """Return one line for what passed; else the verdict, the command and what went wrong."""
    verdict = f"{evidence.gate}: {_WORDS[evidence.status]}: {evidence.reason}"
    if evidence.status in (GateStatus.PASS, GateStatus.NOT_APPLICABLE):
        return f"{verdict}  [{evidence.seconds:.1f} s]" if evidence.command else verdict
    lines = [verdict]
    if evidence.command:
        lines.append(f"$ {evidence.command}  [{evidence.seconds:.1f} s]")
    if evidence.output:
        lines.append(evidence.output)
    return "\n".join(lines)


def problems_text(result: Result, problems: Compared, unable: Compared, limit: int) -> str:
    """Return what is new in at most about `limit` characters; failing tests come first."""
    names = {problem.key for problem in result.tests}
    tests = [problem for problem in problems.new if problem in result.tests]
    findings = [problem for problem in problems.new if problem not in result.tests]
    stopped = [problem.text for problem in (unable.new or unable.old) if problem.text]
    old = [problem.key for problem in problems.old if problem.key in names]
    cut = _parts(tests, findings, stopped, (_ALL, _ALL, _ALL))
    lengths = [len(text) for text in cut]
    if sum(lengths) > limit:
        shares = zip(fair_shares(lengths, limit), lengths, strict=True)
        cut = _parts(tests, findings, stopped, [_ALL if a == b else a for a, b in shares])
    if old:
        cut.append(f"[failed at the base too, leave them alone: {short_list(old)}]")
    return "\n\n".join(text for text in cut if text)


def _parts(
    tests: list[Problem], findings: list[Problem], stopped: list[str], rooms: Sequence[int]
) -> list[str]:
    return [
        _tests_text(tests, rooms[0]),
        _findings_text(findings, rooms[1]),
        head_and_tail("\n".join(stopped), rooms[2]),
    ]


def _tests_text(tests: list[Problem], room: int) -> str:
    """Return failing tests with their tracebacks, and the names of those that have no room."""
    rows: list[str] = []
    left = room - (_NAMES_ROOM if len(tests) > 1 else 0)
    for test in tests:
        share = min(_LONGEST_TEST, left - len(test.key))
        if rows and share < min(len(test.text), _SHORTEST_TEST):
            break
        rows.append(f"{test.key}\n{head_and_tail(test.text, max(share, _SHORTEST_TEST))}".rstrip())
        left -= len(rows[-1]) + 2
    rest = [test.key for test in tests[len(rows) :]]
    if rest:
        names = short_list(rest, _NAMES_ROOM - 100)
        rows.append(f"[{len(rest)} more failed: {names}; run alone, they tell why]")
    return "\n\n".join(rows)


def _findings_text(findings: list[Problem], room: int) -> str:
    """Return one line a finding; output that was not understood is cut in its middle."""
    if not all(finding.place for finding in findings):
        return head_and_tail("\n".join(finding.text for finding in findings), room)
    rows: list[str] = []
    for finding in findings[:_MOST_LINES]:
        line = _shortened(finding.text)
        room -= len(line) + 1
        if rows and room < 0:
            break
        rows.append(line)
    rest = findings[len(rows) :]
    if rest:
        files = len({finding.place for finding in rest})
        rows.append(f"[{len(rest)} more in {files} file{'s' if files > 1 else ''}]")
    return "\n".join(rows)


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def short_list(names: list[str], room: int = 400) -> str:
    """Return names separated by commas; those beyond `room` characters as a number."""
    shown: list[str] = []
    for name in names:
        room -= len(name) + 2
        if shown and room < 0:
            break
        shown.append(name)
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
