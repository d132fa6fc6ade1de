"""Whether the tests end the same a second time, alone, and in another order.

A test that fails and then passes at the same commit, alone and among all others, is flaky: one that
the change did not touch does not stop the change, one that the change brought does. One that passes
alone and fails again among the others is broken by them, and stays a failure. A test of the change
that passes only after others have run proves less than it seems to, and is a failure.
"""

from collections.abc import Sequence

from agent.domain.evidence import Remark, TestCount
from agent.evidence.red.edits import EditedTest, edited_tests
from agent.evidence.red.reasons import is_named
from agent.evidence.red.sources import changed_files
from agent.evidence.result import FLAKY, Problem, Result, compare
from agent.evidence.tests import check_tests
from agent.text import first_line
from agent.tools.base import Bench

MOST_AGAIN = 20
"""With more failures than this the code is broken, not the tests flaky."""
MOST_ALONE = 200
_LONGEST_WHY = 200
_FLAKY = "failed, and passed when it was run again on the same code"
_ORDER = "passes in the whole suite, and fails when the tests of the change run alone, last first"


def looked_at_twice(bench: Bench, result: Result) -> Result:
    """Return the result of a whole run with what more runs of some tests add to it.

    Runs failures once more; if nothing is left, the tests of the change alone and in reverse order.
    At the base, and where the tests did not run to their end, the result stays as it is.
    """
    if bench.base is None or result.unable or result.count is None:
        return result
    edited = _edited(bench)
    settled = _without_flaky(bench, result, edited)
    return settled if settled.tests else _alone_and_reversed(bench, settled, edited)


def _edited(bench: Bench) -> tuple[EditedTest, ...]:
    tests, _ = edited_tests(changed_files(bench) or ())
    return tuple(test for test in tests if not test.is_rewritten)


def _without_flaky(bench: Bench, result: Result, edited: tuple[EditedTest, ...]) -> Result:
    failed = compare(result.tests, bench.known(result.gate)).new
    if not 0 < len(failed) <= MOST_AGAIN:
        return result
    again = check_tests(bench, tuple(test.key for test in failed))
    if not _is_of_use(again):
        return result
    flaky = _passing(failed, again)
    if flaky:
        again = check_tests(bench)
        flaky = _passing(flaky, again) if _came_to_an_end(again) else []
    own = [test for test in flaky if any(is_named(test.key, name) for name in edited)]
    others = [test for test in flaky if test not in own]
    kept = tuple(_unsteady(test) if test in own else test for test in result.tests)
    return _with_run(result, again).model_copy(
        update={
            "tests": tuple(test for test in kept if test not in others),
            "count": _counted(result, len(others)),
            "remarks": (*result.remarks, *map(_flaky, others)),
        }
    )


def _passing(tests: Sequence[Problem], again: Result) -> list[Problem]:
    """Return the tests that passed this time; unittest does not name the tests that pass."""
    still = {test.key for test in again.tests}
    ran = [test for test in tests if test.key in again.ran or not again.ran]
    return [test for test in ran if test.key not in still]


def _is_of_use(again: Result) -> bool:
    return _came_to_an_end(again) and not again.findings


def _came_to_an_end(again: Result) -> bool:
    return again.count is not None and not again.unable


def _unsteady(test: Problem) -> Problem:
    return test.model_copy(update={"text": f"{test.key}: {_FLAKY}\n{test.text}"})


def _flaky(test: Problem) -> Remark:
    lines = test.text.strip().splitlines() or [""]
    raised = next((line[1:].strip() for line in lines if line.startswith("E ")), lines[-1])
    return Remark(kind=FLAKY, what=test.key, why=first_line(raised, _LONGEST_WHY))


def _counted(result: Result, flaky: int) -> TestCount | None:
    count = result.count
    if count is None or not flaky:
        return count
    update = {"passed": count.passed + flaky, "failed": max(0, count.failed - flaky)}
    return count.model_copy(update=update)


def _alone_and_reversed(bench: Bench, result: Result, edited: tuple[EditedTest, ...]) -> Result:
    ran = [test.id for test in edited if _ran(test, result)]
    if not 0 < len(ran) <= MOST_ALONE:
        return result
    alone = check_tests(bench, tuple(reversed(ran)))
    if not _is_of_use(alone):
        return result
    known = compare(alone.tests, bench.known(result.gate)).new
    return _with_run(result, alone).model_copy(
        update={"findings": (*result.findings, *map(_dependent, known))}
    )


def _ran(test: EditedTest, result: Result) -> bool:
    return not result.ran or any(is_named(name, test) for name in result.ran)


def _dependent(test: Problem) -> Problem:
    return Problem(key="", text=f"{test.key}: {_ORDER}\n{test.text}")


def _with_run(result: Result, run: Result) -> Result:
    """Return the result with the command and the time of one more run."""
    update = {
        "command": f"{result.command} && {run.command}",
        "seconds": result.seconds + run.seconds,
    }
    return result.model_copy(update=update)
