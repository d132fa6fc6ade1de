"""Whether the tests end the same a second time, alone, and in another order.

A test that fails and then passes at the same commit, alone and among all others, is flaky: one that
the change did not touch does not stop the change, one that the change brought does. One that passes
alone and fails again among the others is broken by them, and stays a failure. A test of the change
that passes only after others have run proves less than it seems to, and is a failure.
"""

import re
from collections.abc import Sequence

from agent.domain.evidence import Remark, TestCount
from agent.evidence.changes import files_naming
from agent.evidence.red.edits import EditedTest, edited_tests
from agent.evidence.red.reasons import is_named
from agent.evidence.red.sources import changed_files
from agent.evidence.result import FLAKY, Problem, Result, compare
from agent.evidence.tests import check_tests
from agent.evidence.unittests import node_id
from agent.text import first_line
from agent.tools.base import Bench

MOST_AGAIN = 20
"""With more failures than this the code is broken, not the tests flaky."""
MOST_ALONE = 200
NOT_ALONE = "not run alone"
"""The kind of a remark on tests of the change whose independence of others was not shown."""
_LONGEST_WHY = 200
_TESTS = "the tests of the change"
_NO_NAME = "no test ran under this name"
_OWN_ORDER = "they ran alone, but discovery has an order of its own"
_FLAKY = "failed, and passed when it was run again on the same code"
_ORDER = "passes in the whole suite, and fails when the tests of the change run alone, last first"


def looked_at_twice(bench: Bench, result: Result) -> Result:
    """Return the result of a whole run with what more runs of some tests add to it.

    Runs failures once more; then the tests of the change that pass alone and in reverse order.
    At the base, and where the tests did not run to their end, the result stays as it is.
    """
    if bench.base is None or result.unable or result.count is None:
        return result
    edited = _edited(bench)
    settled = _without_flaky(bench, result, edited)
    return _alone_and_reversed(bench, settled, edited)


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
    """Run the tests of the change that pass alone, last first; say where that tells nothing."""
    failing = {test.key for test in result.tests}
    found = running_names(bench, edited, result.ran - failing - result.skipped)
    strange = [test.id for test in edited if not found[test.id] and not _ran(test, result)]
    result = _with_remarks(result, *(_not_alone(name, _NO_NAME) for name in strange))
    names = {name: place for places in found.values() for name, place in places.items()}
    if not names:
        return result
    if len(names) > MOST_ALONE:
        return _with_remarks(result, _not_alone(_TESTS, f"{len(names)} are too many"))
    alone = check_tests(bench, tuple(reversed(names.values())))
    result = _with_run(result, alone)
    if why := _in_vain(alone, frozenset(names)):
        return _with_remarks(result, _not_alone(_TESTS, why))
    if re.search(r"\bdiscover\b", alone.command):
        result = _with_remarks(result, _not_alone(_TESTS, _OWN_ORDER))
    worse = [test for test in alone.tests if test.key not in failing]
    new = compare(worse, bench.known(result.gate)).new
    return result.model_copy(update={"findings": (*result.findings, *map(_dependent, new))})


def running_names(
    bench: Bench, tests: tuple[EditedTest, ...], ran: frozenset[str]
) -> dict[str, dict[str, str]]:
    """Return for each test the names under which it ran, and the node ids that run it again.

    A test of a class that others inherit runs under their names; in other files those are searched
    for that name the class.
    """
    plain = sorted({name.partition("[")[0] for name in ran})
    found = {test.id: _names_of(test, plain) for test in tests}
    for test in tests:
        if not found[test.id] and "::" in test.name:
            found[test.id] = _inherited(bench, test, plain)
    return found


def _names_of(test: EditedTest, names: list[str]) -> dict[str, str]:
    found = {name: node_id(name, test.path) for name in names if is_named(name, test)}
    own = {name: place for name, place in found.items() if place == test.id}
    return own or found


def _inherited(bench: Bench, test: EditedTest, names: list[str]) -> dict[str, str]:
    owner, _, own = test.name.rpartition("::")
    like = [name for name in names if re.split(r"::|\.", name)[-1] == own]
    files = files_naming(bench, owner.rpartition("::")[2]) if like else []
    places = [test.model_copy(update={"path": path}) for path in files]
    pairs = [(name, place) for name in like for place in places if is_named(name, place)]
    return {name: node_id(name, place.path) for name, place in pairs}


def _ran(test: EditedTest, result: Result) -> bool:
    """Tell whether a test ran at all, also when it failed or was skipped."""
    failing = [failed.key for failed in result.tests]
    is_unread = any(test.id.startswith(key) for key in failing)
    return is_unread or any(is_named(name, test) for name in (*result.ran, *failing))


def _in_vain(alone: Result, names: frozenset[str]) -> str:
    """Return why a run of some tests tells nothing of them; nothing where it does."""
    if not _is_of_use(alone):
        said = (*alone.unable, *alone.findings)
        return next((p.place or p.text for p in said), "the run did not come to an end")
    others = {name.partition("[")[0] for name in alone.ran} - names
    # A file or class that cannot be set up has a name of its own.
    strange = sorted(n for n in others if not any(name.startswith(n) for name in names))
    return f"others ran with them, such as {strange[0]}" if strange else ""


def _with_remarks(result: Result, *remarks: Remark) -> Result:
    return result.model_copy(update={"remarks": (*result.remarks, *remarks)})


def _not_alone(what: str, why: str) -> Remark:
    return Remark(kind=NOT_ALONE, what=what, why=first_line(why, _LONGEST_WHY))


def _dependent(test: Problem) -> Problem:
    return Problem(key="", text=f"{test.key}: {_ORDER}\n{test.text}")


def _with_run(result: Result, run: Result) -> Result:
    """Return the result with the command and the time of one more run."""
    update = {
        "command": f"{result.command} && {run.command}",
        "seconds": result.seconds + run.seconds,
    }
    return result.model_copy(update=update)
