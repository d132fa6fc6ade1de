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
from agent.evidence.result import Result
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
            self.say(f"{gate} at the {side}: ended, {result.seconds:.1f} s")


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
    for item in evidence:
        status = Text(item.status.replace("_", " "), _STYLES[item.status])
        reason = Text(first_line(item.reason, _LONGEST_REASON))
        table.add_row(item.gate, status, f"{item.seconds:.1f}", reason)
    console.print(table)
    for line in [*_details(evidence), f"\nverdict: {says} ({seconds:.1f} s)"]:
        console.print(line, markup=False, soft_wrap=True)


def _details(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Yield what is wrong, each text once, and what the base is to blame for."""
    outputs: dict[str, list[Evidence]] = {}
    for item in evidence:
        if item.output and item.status in (GateStatus.FAIL, GateStatus.NOT_RUN):
            outputs.setdefault(item.output, []).append(item)
    for output, items in outputs.items():
        names = ", ".join(item.gate for item in items)
        yield "\n".join([f"\n{names}:", *(f"$ {i.command}" for i in items if i.command), output])
    red = [str(e.gate) for e in evidence if e.as_at_base and e.status is not GateStatus.NOT_RUN]
    if red:
        yield f"\nThe base is red: {', '.join(red)}. What is wrong there already does not count."
