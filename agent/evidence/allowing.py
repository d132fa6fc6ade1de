"""What a gate refuses, held against what people have allowed. One way for all gates."""

from collections.abc import Sequence
from typing import NamedTuple

from agent.domain.evidence import Gate, Remark
from agent.evidence.result import Problem, Result
from agent.permissions import NOTHING, Allowed, way_out
from agent.tools.base import Bench

ALLOWED = "allowed"
"""The kind of a remark on what was allowed; it names by whom."""
_TELLING = frozenset({Gate.DEPENDENCIES, Gate.PROTECTED})
"""Gates that say how to ask people; whoever weakens a test or documents nothing is to mend that."""


class Refusal(NamedTuple):
    """Something that a person must look at."""

    name: str
    """What a plan has to name: a package, a path."""
    problem: Problem
    needs_label: bool = False
    """True when naming it in a plan is not enough, for the name does not say what is wrong."""


def judged(
    passed: Result,
    refusals: Sequence[Refusal],
    bench: Bench,
    noun: tuple[str, str] = ("finding", "findings"),
    notes: Sequence[str] = (),
) -> Result:
    """Return the result with what nobody allowed as findings, and with the rest as remarks.

    Args:
        passed: What the gate shows when nothing is refused.
        refusals: What it refuses.
        bench: It knows who allowed what; it is asked only when something is refused.
        noun: What one refusal is called, and what several are.
        notes: Sentences that end the summary in any case.
    """
    given = bench.allowed(passed.gate) if refusals else NOTHING
    fine = [r for r in refusals if _is_fine(r, given)]
    findings = _problems([r for r in refusals if r not in fine], passed.gate, given)
    parts = [_number(len(findings), noun)] if findings else []
    parts += [] if refusals else [passed.summary]
    parts += [f"{_number(len(fine), noun)} allowed by {given.by}"] if fine else []
    remarks = [Remark(kind=ALLOWED, what=_line(r), why=given.by) for r in fine]
    update = {
        "exit_code": int(bool(findings)),
        "findings": findings,
        "summary": ". ".join(filter(None, ["; ".join(parts), " ".join(notes)])).removesuffix("."),
        "remarks": (*remarks, *passed.remarks),
    }
    return passed.model_copy(update=update)


def _is_fine(refusal: Refusal, given: Allowed) -> bool:
    is_named = given.covers(refusal.name)
    return is_named and (given.entries is None or not refusal.needs_label)


def _number(count: int, noun: tuple[str, str]) -> str:
    return f"{count} {noun[count > 1]}"


def _line(refusal: Refusal) -> str:
    return refusal.problem.text.partition("\n")[0]


def _problems(refusals: Sequence[Refusal], gate: Gate, given: Allowed) -> tuple[Problem, ...]:
    """Return the findings; the last one says what can be done about them."""
    problems = [refusal.problem for refusal in refusals]
    names = [refusal.name for refusal in refusals if not refusal.needs_label]
    if names and gate in _TELLING:
        out = f"\n[Do without it; or, if it is needed, {way_out(gate, names[0], given)}.]"
        last = problems[-1]
        problems[-1] = last.model_copy(update={"text": last.text + out})
    return tuple(problems)
