"""The coverage gate: what the tests run of the whole and of the change, held against the base.

The suite runs once for this gate and the tests gate. At the base the figures are kept with what the
team asks for; at the head they are compared.
"""

from pydantic import ValidationError

from agent.domain.errors import NotFoundError, SettingsError
from agent.domain.evidence import Evidence, Gate, Remark
from agent.domain.value import Value
from agent.evidence.covering.delta import Delta, Place, delta
from agent.evidence.covering.floors import Floors, read_floors
from agent.evidence.covering.lines import changed_lines
from agent.evidence.covering.report import Coverage
from agent.evidence.result import WRITE_TESTS, Problem, Result
from agent.evidence.suite import Suite
from agent.ports import Artifacts
from agent.tools.base import Bench

TOLERANCE = 0.05
"""Percentage points that are nothing."""
_SUFFIX = ".coverage.json"
_KEY = "coverage was not measured"


class CoverageAtBase(Value):
    """What the tests run at the base, and what the team asks for."""

    coverage: Coverage
    floors: Floors


def check_coverage(bench: Bench, suite: Suite | None = None) -> Result:
    """Measure coverage; with a base, say what the change does to it."""
    suite = suite or Suite(bench)
    tests, found = suite.tests(), suite.meter.coverage
    if tests.nothing_to_do:
        return Result(gate=Gate.COVERAGE, nothing_to_do=tests.nothing_to_do)
    if found is None or tests.unable or tests.none_passed:
        return _not_run(_why(suite, tests))
    if bench.base is not None and tests.count is None and _is_without_tests(tests):
        return _not_run("no test ran")
    try:
        result = _at_base(bench, suite, found) if bench.base is None else _at_head(bench, found)
    except SettingsError as error:
        return _not_run(str(error))
    return result.model_copy(update={"command": tests.command, "seconds": tests.seconds})


def _is_without_tests(tests: Result) -> bool:
    """Tell whether nothing was collected; some commands do not count what they run."""
    return any(problem.text.startswith(WRITE_TESTS) for problem in tests.findings)


def _why(suite: Suite, tests: Result) -> str:
    stopped = [problem.place for problem in tests.unable]
    return ", ".join(dict.fromkeys([*stopped, *suite.meter.problems])) or "no test passes"


def _not_run(why: str) -> Result:
    return Result(gate=Gate.COVERAGE, unable=(Problem(key=_KEY, text=why, place=why),))


def _at_base(bench: Bench, suite: Suite, found: Coverage) -> Result:
    floors = read_floors(bench, suite.meter.floor)
    kept = CoverageAtBase(coverage=found, floors=floors)
    return Result(
        gate=Gate.COVERAGE,
        exit_code=0,
        summary=f"{_percent(found.percent)} of {found.total} statements and branches",
        measures={"total_percent": found.percent},
        artifact=bench.artifacts.put(kept.model_dump_json().encode(), _SUFFIX),
    )


def _at_head(bench: Bench, found: Coverage) -> Result:
    known = bench.known(Gate.COVERAGE)
    base = _read_base(bench.artifacts, known)
    changes = changed_lines(bench)
    if changes is None:
        return _not_run("git does not tell which lines were changed")
    did = delta(base.coverage if base else None, found, changes)
    floors = base.floors if base else Floors()
    problems = _problems(base, found, did, floors)
    return Result(
        gate=Gate.COVERAGE,
        exit_code=int(bool(problems)),
        summary="; ".join([_summary(base, found, did), *(p.text for p in problems[:2])]),
        findings=(*problems, *(_finding(place) for place in _places(did) if problems)),
        measures=_measures(base, found, did),
        remarks=(
            *(Remark(kind="uncovered", what=str(place)) for place in did.uncovered),
            *(Remark(kind="lost", what=str(place)) for place in did.lost),
        ),
    )


def _read_base(artifacts: Artifacts, known: Evidence | None) -> CoverageAtBase | None:
    """Return what was measured at the base; None when nothing was."""
    if known is None or known.artifact is None:
        return None
    try:
        return CoverageAtBase.model_validate_json(artifacts.get(known.artifact))
    except (NotFoundError, ValidationError):
        return None


def _problems(
    base: CoverageAtBase | None, found: Coverage, did: Delta, floors: Floors
) -> list[Problem]:
    """Return what is below a floor; what the base does not reach itself is not asked for."""
    texts = []
    if base is not None and _is_below(base, found, floors):
        reached = base.coverage.percent
        asked = floors.total if floors.total is not None and floors.total <= reached else None
        where = f"{_percent(reached)} at the base" if asked is None else _asked(asked, floors)
        texts.append(f"coverage of {_percent(found.percent)} is below {where}")
    if floors.changed is not None and did.percent < floors.changed - TOLERANCE:
        texts.append(f"of the changed lines the team asks for {_percent(floors.changed)}")
    return [Problem(key="", text=text, place="coverage") for text in texts]


def _asked(asked: float, floors: Floors) -> str:
    return f"the {_percent(asked)} that {floors.source} asks for"


def _is_below(base: CoverageAtBase, found: Coverage, floors: Floors) -> bool:
    """Tell whether the whole is below its floor.

    Without a floor of the team, removing code that was covered is no fault: only what is missing
    more than at the base counts.
    """
    reached = base.coverage.percent
    if floors.total is not None and floors.total <= reached:
        return found.percent < floors.total - TOLERANCE
    return found.percent < reached - TOLERANCE and found.missed > base.coverage.missed


def _places(did: Delta) -> tuple[Place, ...]:
    return (*did.uncovered, *did.lost)


def _finding(place: Place) -> Problem:
    return Problem(key="", text=f"{place} is not covered", place=place.path, line=place.first)


def _summary(base: CoverageAtBase | None, found: Coverage, did: Delta) -> str:
    parts = [_percent(found.percent)]
    if base is not None:
        parts[0] += f" ({found.percent - base.coverage.percent:+.2f})"
    else:
        parts.append("not measured at the base")
    if did.changed:
        parts.append(f"{did.changed_covered} of {did.changed} changed lines covered")
    return ", ".join(parts)


def _measures(base: CoverageAtBase | None, found: Coverage, did: Delta) -> dict[str, float]:
    measures = {
        "total_percent": found.percent,
        "changed_lines": did.changed,
        "changed_covered": did.changed_covered,
        "changed_percent": did.percent,
    }
    if base is None:
        return measures
    measures["base_percent"] = base.coverage.percent
    if base.floors.total is not None:
        measures["floor_percent"] = base.floors.total
    return measures


def _percent(value: float) -> str:
    return f"{value:.2f} %"
