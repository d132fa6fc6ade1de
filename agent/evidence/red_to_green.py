"""The red-to-green gate: the tests of a change must fail on the code that the change found.

Only the test files of the change are applied to the base's code. A test that passes there proves
nothing; one that fails for want of a name to import is weak evidence.
"""

from agent.domain.evidence import Gate, Remark
from agent.evidence.red.edits import EditedTest, behaviour, edited_tests
from agent.evidence.red.reasons import Shown, Shows, shows
from agent.evidence.red.running import Run, run_on_base
from agent.evidence.red.sources import ChangedFile, changed_files
from agent.evidence.result import Problem, Result
from agent.evidence.words import short_list
from agent.stacks.line import parse_line
from agent.tools.base import Bench

_READABLE = ("pytest", "unittest", "manage.py")
_ORDER = tuple(Shown)
_NAMES_ROOM = 250


def check_red_to_green(bench: Bench) -> Result:
    """Run the tests that the change adds or edits on the base's code."""
    if bench.base is None:
        return _nothing("there is no change to prove")
    lines = [parse_line(command) for command in bench.stack.tests]
    if not lines:
        return _nothing("no test command was found")
    files = changed_files(bench)
    if files is None:
        return _not_run("git does not tell what was changed")
    if not behaviour(files):
        return _nothing("nothing that the code does was changed")
    tests, unread = edited_tests(files)
    if not tests:
        return _without_tests(unread)
    readable = [line for line in lines if line.tool in _READABLE]
    if not readable:
        return _not_run(f"the result of `{lines[0].text}` does not tell the tests apart")
    return _judged(run_on_base(bench, readable, tests, _applied(files)), unread)


def _applied(files: tuple[ChangedFile, ...]) -> tuple[str, ...]:
    """Return the paths that are as in the change: tests, what they use, and how they are set up."""
    chosen = [file for file in files if file.is_test or file.is_setting_of_tests]
    paths = [path for file in chosen for path in (file.old, file.new) if path]
    return tuple(dict.fromkeys(paths))


def _nothing(why: str) -> Result:
    return Result(gate=Gate.RED_TO_GREEN, nothing_to_do=why)


def _not_run(why: str, runs: tuple[Run, ...] = ()) -> Result:
    problem = Problem(key="red to green could not run", text=why, place=why)
    return _result(runs, unable=(problem,), is_no_fault=True)


def _without_tests(unread: tuple[str, ...]) -> Result:
    if unread:
        return _not_run(f"cannot be read: {short_list(list(unread))}")
    return Result(
        gate=Gate.RED_TO_GREEN, summary="no test was added or edited: nothing shows a change"
    )


def _result(runs: tuple[Run, ...], **more: object) -> Result:
    known: dict[str, object] = {
        "gate": Gate.RED_TO_GREEN,
        "command": " && ".join(run.line.shell() for run in runs),
        "exit_code": runs[0].exit_code if runs else None,
        "seconds": sum(run.seconds for run in runs),
    }
    return Result.model_validate(known | more)


def _judged(runs: list[Run], unread: tuple[str, ...]) -> Result:
    ran = tuple(runs)
    found = [shows(test, run.report) for run in runs if run.report for test in run.tests]
    problems = tuple(run.problem for run in runs if not run.report)
    by_kind = {kind: [item for item in found if item.shown is kind] for kind in Shown}
    proves = by_kind[Shown.RED] or by_kind[Shown.WEAK]
    if not proves and (problems or not by_kind[Shown.NOTHING]):
        why = problems or tuple(item.why for item in found[:1])
        return _not_run(f"the tests did not run on the base's code ({'; '.join(why)})", ran)
    idle = [item for item in by_kind[Shown.NOTHING] if not item.test.is_rewritten]
    findings = () if proves or not idle else tuple(map(_finding, idle))
    return _result(
        ran,
        summary=_summary(by_kind, (*problems, *(f"{path} cannot be read" for path in unread))),
        findings=findings,
        remarks=tuple(map(_remark, sorted(found, key=lambda item: _ORDER.index(item.shown)))),
        measures={str(kind): float(len(items)) for kind, items in by_kind.items()},
    )


def _finding(item: Shows) -> Problem:
    text = f"{item.test.id} passes on the base's code too: it proves nothing of the change"
    return Problem(key="", text=text, place=item.test.path)


def _remark(item: Shows) -> Remark:
    kind = str(item.shown)
    if item.shown is Shown.NOTHING and item.test.is_rewritten:
        kind = "rewritten"
    return Remark(kind=kind, what=item.test.id, why=item.why)


def _summary(by_kind: dict[Shown, list[Shows]], rest: tuple[str, ...]) -> str:
    red, weak, nothing, absent = (by_kind[kind] for kind in Shown)
    total = len(red) + len(weak) + len(nothing) + len(absent)
    parts = [f"{len(red)} of {total} tests of the change fail on the base's code"]
    if weak:
        parts.append(f"{'only ' if not red else ''}weak evidence: {_names(weak)}")
    idle = [item for item in nothing if not item.test.is_rewritten]
    if idle:
        parts.append(f"proves nothing: {_names(idle)}")
    if len(nothing) > len(idle):
        parts.append(f"{len(nothing) - len(idle)} older in other words")
    if absent:
        parts.append(f"did not run there: {_names(absent)}")
    return "; ".join([*parts, *rest])


def _names(items: list[Shows]) -> str:
    return short_list([_short(item.test) for item in items], _NAMES_ROOM)


def _short(test: EditedTest) -> str:
    return test.name.rpartition("::")[2]
