"""What `backsmith verify` shows: lines while it runs, then a table, or one JSON document."""

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.domain.evidence import Evidence, Gate, GateStatus, Verdict
from agent.domain.ids import CommitSha
from agent.evidence.judging import Judged
from agent.evidence.report.remarks import closing_lines, remark_lines
from agent.evidence.result import Result
from agent.evidence.verdicts import conclude
from agent.text import first_line

_STYLES = {
    GateStatus.PASS: "green",
    GateStatus.FAIL: "bold red",
    GateStatus.NOT_APPLICABLE: "dim",
    GateStatus.NOT_RUN: "yellow",
}
_WIDTH = 120
"""Where no terminal tells one, as in the log of a job."""
_LONGEST_REASON = 300
_SHORT_REASON = 60
"""Characters of a reason that is worth to be said again."""


class Progress:
    """Lines on stderr; it hears from several threads."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self._lock = threading.Lock()

    def say(self, line: str) -> None:
        """Show a line."""
        if self._is_quiet:
            return
        with self._lock:
            sys.stderr.write(f"backsmith: {line}\n")
            sys.stderr.flush()

    def hear(self, side: str, gate: Gate, result: Result | None) -> None:
        """Show that a gate begins at the base or at the head, or that it has ended."""
        if result is None:
            self.say(f"{gate} at the {side}: begins")
        else:
            self.say(f"{gate} at the {side}: {_word(result)}, {result.seconds:.1f} s")


def _word(result: Result) -> str:
    """Return a result in a word; at the head it is not held against the base yet."""
    status = conclude(result, CommitSha("")).status
    number = len(result.tests) + len(result.findings)
    if status is GateStatus.FAIL and number:
        return f"{number} problem{'s' * (number > 1)}"
    return status.replace("_", " ")


def show_json(base: CommitSha, head: CommitSha, judged: Sequence[Judged], says: Verdict) -> None:
    """Print the JSON document that scripts rely on, and nothing else."""
    document = {
        "verdict": says.value,
        "base": base,
        "head": head,
        "gates": [_as_json(item.evidence) for item in judged],
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def _as_json(evidence: Evidence) -> dict[str, Any]:
    found = evidence.model_dump(mode="json")
    shown = {name: found.pop(name) for name in ("gate", "status", "reason", "seconds")}
    return {**shown, "evidence": found}


def show_table(judged: Sequence[Judged], seconds: float, says: Verdict) -> None:
    """Print one row a gate, what is wrong, and the verdict."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    table = Table("gate", "verdict", "seconds", "reason", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    evidence = tuple(item.evidence for item in judged)
    said: dict[str, Gate] = {}
    for item in evidence:
        status = Text(item.status.replace("_", " "), _STYLES[item.status])
        first = said.setdefault(item.reason, item.gate)
        is_told = first is not item.gate and len(item.reason) > _SHORT_REASON
        text = f"as {first}" if is_told else first_line(item.reason, _LONGEST_REASON)
        reason = Text(text)
        table.add_row(item.gate, status, f"{item.seconds:.1f}", reason)
    console.print(table)
    for line in [*_details(evidence), f"\nverdict: {says} ({seconds:.1f} s)"]:
        console.print(line, markup=False, soft_wrap=True)


def _details(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Yield what is wrong, each text once, what else is to be known, and what the base is like."""
    outputs: dict[str, list[Evidence]] = {}
    for item in evidence:
        if item.output and item.status in (GateStatus.FAIL, GateStatus.NOT_RUN):
            outputs.setdefault(item.output, []).append(item)
    for output, items in outputs.items():
        names = ", ".join(item.gate for item in items)
        yield "\n".join([f"\n{names}:", *(f"$ {i.command}" for i in items if i.command), output])
    for item in evidence:
        lines = remark_lines(item)
        if lines:
            yield "\n".join([f"\n{item.gate}, to be known:", *(f"- {line}" for line in lines)])
    ways = list(closing_lines(evidence))
    if ways:
        yield "\n" + "\n".join(ways)
    red = [str(e.gate) for e in evidence if e.as_at_base and e.status is not GateStatus.NOT_RUN]
    if red:
        yield f"\nThe base is red: {', '.join(red)}. What is wrong there already does not count."
