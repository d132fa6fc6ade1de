"""The tests of a change on the base's code, each failure held against a run with the change."""

from agent.domain.value import Value
from agent.evidence.junit import TestReport
from agent.evidence.red.edits import EditedTest
from agent.evidence.red.reasons import Shown, Shows, shows
from agent.evidence.red.running import Run, Side, run
from agent.evidence.red.sources import ChangedFile, without_product
from agent.evidence.selection import best_line
from agent.stacks.line import CommandLine
from agent.tools.base import Bench

_USAGE = 4
"""pytest's exit code when a conftest.py cannot be imported, among others."""


class Proof(Value):
    """What the tests show that one command runs."""

    runs: tuple[Run, ...]
    """On the base's code, and where tests failed there, with the change."""
    found: tuple[Shows, ...] = ()
    note: str = ""
    """What makes it less than it seems, or why there is nothing."""


def prove(
    bench: Bench,
    lines: list[CommandLine],
    tests: tuple[EditedTest, ...],
    files: tuple[ChangedFile, ...],
) -> list[Proof]:
    """Run tests on the base's code, and what fails there with the change in such a folder too."""
    by_line: dict[str, list[EditedTest]] = {}
    chosen = {line.shell(): line for line in lines}
    for test in tests:
        by_line.setdefault(best_line(lines, (test.path,)).shell(), []).append(test)
    return [_proof(bench, chosen[key], tuple(some), files) for key, some in by_line.items()]


def _proof(
    bench: Bench, line: CommandLine, tests: tuple[EditedTest, ...], files: tuple[ChangedFile, ...]
) -> Proof:
    at_base, left_out, note = _at_base(bench, line, tests, without_product(files))
    base = at_base[0]
    if base.report is None:
        return Proof(runs=at_base, note=base.problem)
    found = tuple(shows(test, base.report) for test in tests)
    if not any(item.shown in (Shown.RED, Shown.WEAK) for item in found):
        return Proof(runs=at_base, found=found, note=note)
    paths = dict.fromkeys(path for file in files for path in (file.old, file.new) if path)
    rest = tuple(path for path in paths if path not in left_out)
    head = run(bench, line, tests, rest, Side.HEAD)
    return Proof(
        runs=(*at_base, head),
        found=tuple(_held_against(test, base.report, head, note) for test in tests),
        note=note,
    )


def _at_base(
    bench: Bench, line: CommandLine, tests: tuple[EditedTest, ...], applied: tuple[str, ...]
) -> tuple[tuple[Run, ...], tuple[str, ...], str]:
    """Run the tests on the base's code; once more where its conftest.py must do.

    Returns:
        The runs, the first of which counts, the files that were left out, and what to say of it.
    """
    first = run(bench, line, tests, applied)
    conftests = tuple(path for path in applied if path.rpartition("/")[2] == "conftest.py")
    if first.report is not None or first.exit_code != _USAGE or not conftests:
        return (first,), (), ""
    rest = tuple(path for path in applied if path not in conftests)
    raised = first.problem.rpartition(" E ")[2]
    note = f"conftest.py of the change is of no use there: {raised}"
    return (run(bench, line, tests, rest), first), conftests, note


def _held_against(test: EditedTest, base: TestReport, head: Run, note: str) -> Shows:
    """Return what a test shows; without the conftest.py that it may need, little at the most."""
    if head.report is None:
        item = shows(test, base)
        is_open = item.shown in (Shown.RED, Shown.WEAK)
        return _as(item, Shown.UNCLEAR, head.problem) if is_open else item
    item = shows(test, base, head.report)
    return _as(item, Shown.WEAK, note) if note and item.shown is Shown.UNCLEAR else item


def _as(item: Shows, shown: Shown, why: str) -> Shows:
    return item.model_copy(update={"shown": shown, "why": why})
