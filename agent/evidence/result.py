"""What a gate found, before and after it is held against the base."""

from collections import Counter
from collections.abc import Iterable

from pydantic import Field

from agent.domain.evidence import Evidence, Gate, Remark, TestCount
from agent.domain.value import Value

MAX_FAILING = 200
MAX_FINDINGS = 1_000
MAX_REMARKS = 200
WRITE_TESTS = "no test was collected: write tests for what the change does"
FLAKY = "flaky"
"""The kind of a remark on a test that failed and passed at the same commit."""

ENVIRONMENT = "environment"
"""The kind of a remark on the packages with which the tests ran."""


class Problem(Value):
    """One thing that is wrong: a test that fails, a finding, a command that could not run."""

    key: str
    """The same at base and head for the same thing; empty when the base is no excuse for it."""
    text: str
    """What a reader needs: one line for a finding, the traceback for a test."""
    place: str = ""
    """The file, or the test's name; empty for a line of output that was not understood."""
    line: int | None = None
    """Where in the file, as it is at the head, if that is known."""


class Result(Value):
    """What a gate's commands showed."""

    gate: Gate
    command: str = ""
    exit_code: int | None = None
    seconds: float = 0.0
    tests: tuple[Problem, ...] = ()
    """Tests that failed; the key is the name that runs one again."""
    findings: tuple[Problem, ...] = ()
    """Everything else that a command complained of."""
    unable: tuple[Problem, ...] = ()
    """Commands that did not come to a result; the text has why and the end of the output."""
    was_missing: bool = False
    """True when all that was unable to run is simply not there, which is no fault of the code."""
    took_too_long: bool = False
    """True when a command was ended because its time was over."""
    count: TestCount | None = None
    ran: frozenset[str] = frozenset()
    """Names of the tests that ran, if the command told them."""
    skipped: frozenset[str] = frozenset()
    """Those of them that were skipped."""
    is_selection: bool = False
    """True when only some of the tests were asked for."""
    nothing_to_do: str = ""
    """Why there is nothing of the kind to check."""
    summary: str = ""
    """What was found, in a few words, where numbers of findings do not say it."""
    measures: dict[str, float] = Field(default_factory=dict)
    """Figures by name."""
    remarks: tuple[Remark, ...] = ()
    """What is to be said test by test or place by place."""
    is_no_fault: bool = False
    """True when no change could mend that it did not run: a fault of the base is one."""
    artifact: str | None = None
    """The name of what was kept for later."""

    @property
    def none_passed(self) -> bool:
        """Tell whether tests were counted and not one of them passed."""
        return self.count is not None and not self.count.passed

    def keys(self) -> list[str]:
        """Return what the base and the head can be compared by."""
        found = (*self.findings, *self.unable)
        return [problem.key for problem in found if problem.key]


class Compared(Value):
    """A gate's problems, divided by whether the base has them too."""

    new: tuple[Problem, ...]
    old: tuple[Problem, ...]


def compare(problems: Iterable[Problem], base: Evidence | None) -> Compared:
    """Divide problems into those that came with the change and those that were there before.

    Where the base has more of them than were listed, only the numbers can be compared.
    """
    found = tuple(problems)
    if base is None:
        return Compared(new=found, old=())
    known = Counter((*base.failing, *base.findings))
    if base.total > known.total() and len(found) <= base.total and all(p.key for p in found):
        return Compared(new=(), old=found)
    counted = frozenset(base.findings)
    new: list[Problem] = []
    old: list[Problem] = []
    for problem in found:
        key = _known_key(problem.key, known)
        known[key] -= key in counted
        (old if key else new).append(problem)
    return Compared(new=tuple(new), old=tuple(old))


def _known_key(key: str, known: Counter[str]) -> str:
    """Return the key under which the base knows a problem.

    A test also counts as failing at the base when its whole file could not be collected there.
    """
    candidates = (key, key.partition("::")[0])
    return next((item for item in candidates if item and known[item] > 0), "")


def gone(result: Result, base: Evidence | None) -> list[str]:
    """Return the tests that failed at the base and were not run any more."""
    if base is None or not result.ran or result.is_selection:
        return []
    files = {name.partition("::")[0] for name in result.ran}
    files |= {part for name in files for part in (name.rpartition(".")[0], name.rsplit(".", 2)[0])}
    failing = {problem.key for problem in result.tests}
    unread = {key for key in failing if "::" not in key}
    return [
        name
        for name in base.failing
        if name not in result.ran | files | failing and name.partition("::")[0] not in unread
    ]


def merged(results: list[Result]) -> Result:
    """Return what several commands of one gate showed as one result."""
    counts = [result.count for result in results if result.count]
    unable = [result for result in results if result.unable]
    return Result(
        gate=results[0].gate,
        command=" && ".join(result.command for result in results),
        exit_code=next((r.exit_code for r in results if r.exit_code), results[-1].exit_code),
        seconds=sum(result.seconds for result in results),
        tests=tuple(problem for result in results for problem in result.tests),
        findings=tuple(problem for result in results for problem in result.findings),
        unable=tuple(problem for result in results for problem in result.unable),
        was_missing=bool(unable) and all(result.was_missing for result in unable),
        took_too_long=any(result.took_too_long for result in results),
        count=_sum(counts) if counts else None,
        ran=frozenset(name for result in results for name in result.ran),
        skipped=frozenset(name for result in results for name in result.skipped),
        is_selection=results[0].is_selection,
    )


def _sum(counts: list[TestCount]) -> TestCount:
    return TestCount(
        passed=sum(count.passed for count in counts),
        failed=sum(count.failed for count in counts),
        skipped=sum(count.skipped for count in counts),
    )
