"""The red-to-green gate: the tests of a change must fail on the code that the change found.

All of the change but its product is applied to the base's code. A test that passes there proves
nothing; one that fails for want of a name to import is weak evidence, which alone proves nothing;
one that fails in the same kind of folder with the change too shows nothing.
"""

from agent.domain.evidence import Gate, Remark
from agent.evidence.red.edits import EditedTest, behaviour, edited_tests
from agent.evidence.red.proving import Proof, prove
from agent.evidence.red.reasons import Shown, Shows, held_green, is_file, is_named
from agent.evidence.red.running import Run
from agent.evidence.red.sources import changed_files
from agent.evidence.result import Problem, Result
from agent.evidence.suite import Suite
from agent.evidence.words import short_list
from agent.permissions import LABELS
from agent.stacks.line import parse_line
from agent.tools.base import Bench

_READABLE = ("pytest", "unittest", "manage.py")
_ORDER = tuple(Shown)
_NAMES_ROOM = 250
_KEY = "red to green could not run"
_FAILS_ANYWAY = "what fails in a copy of the base's code fails in a copy of the change too"


def check_red_to_green(bench: Bench, suite: Suite) -> Result:
    """Run the tests that the change adds or edits on the base's code.

    Only those count that pass with the change, as the whole suite shows.
    """
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
    if not tests and unread:
        return _not_run(f"cannot be read: {short_list(list(unread))}")
    if not tests:
        return _unproven(bench, "no test was added or edited")
    readable = [line for line in lines if line.tool in _READABLE]
    if not readable:
        return _not_run(f"the result of `{lines[0].text}` does not tell the tests apart")
    proofs = prove(bench, readable, tests, files)
    head = suite.tests()
    if head.none_passed and not all(_is_own(problem, tests) for problem in head.tests):
        return _not_run("no test passes with the change", _runs(proofs))
    return _concluded(bench, proofs, _judged(proofs, unread, head), len(tests))


def _is_own(problem: Problem, tests: tuple[EditedTest, ...]) -> bool:
    """Tell whether a test that failed is one of the change's, or their file."""
    return any(is_named(problem.key, test) or is_file(problem.key, test) for test in tests)


def _concluded(bench: Bench, proofs: list[Proof], found: Result, total: int) -> Result:
    """Return what is found, or that it is no proof of the change."""
    if found.unable or found.measures[Shown.RED]:
        return found
    if found.measures[Shown.WEAK]:
        return found.model_copy(update=_only_weak(found))
    if found.findings and not bench.allowed(Gate.RED_TO_GREEN).by:
        return found
    is_old = found.measures[Shown.NOTHING] == total
    why = "the tests that were edited are older ones in other words" if is_old else found.summary
    return _unproven(bench, why, _runs(proofs))


def _runs(proofs: list[Proof]) -> tuple[Run, ...]:
    return tuple(run for proof in proofs for run in proof.runs)


def _nothing(why: str) -> Result:
    return Result(gate=Gate.RED_TO_GREEN, nothing_to_do=why)


def _not_run(why: str, runs: tuple[Run, ...] = ()) -> Result:
    problem = Problem(key=_KEY, text=why, place=why)
    return _result(runs, unable=(problem,), is_no_fault=True)


def _unproven(bench: Bench, why: str, runs: tuple[Run, ...] = ()) -> Result:
    """Return the result of a change that no test shows: no failure, for it may alter nothing."""
    given = bench.allowed(Gate.RED_TO_GREEN)
    if given.by:
        return _nothing(f"no behaviour is to change, says {given.by}")
    label = LABELS[Gate.RED_TO_GREEN]
    return _not_run(
        f"{why}, so nothing shows the change; a pure refactoring has the label {label}", runs
    )


def _only_weak(found: Result) -> dict[str, object]:
    """Return what makes of a result one that is no proof: what failed did not ask for anything."""
    weak = [item for item in found.remarks if item.kind == Shown.WEAK]
    told = [f"{item.what.rpartition('::')[2]} ({item.why})" for item in weak]
    why = f"only weak evidence: {short_list(told, _NAMES_ROOM)}"
    problem = Problem(key=_KEY, text=why, place=why)
    return {"unable": (problem,), "is_no_fault": True}


def _result(runs: tuple[Run, ...], **more: object) -> Result:
    known: dict[str, object] = {
        "gate": Gate.RED_TO_GREEN,
        "command": " && ".join(dict.fromkeys(run.line.shell() for run in runs)),
        "exit_code": runs[0].exit_code if runs else None,
        "seconds": sum(run.seconds for run in runs),
    }
    return Result.model_validate(known | more)


def _judged(proofs: list[Proof], unread: tuple[str, ...], head: Result) -> Result:
    ran = _runs(proofs)
    found = [held_green(item, head) for proof in proofs for item in proof.found]
    notes = tuple(proof.note for proof in proofs if proof.note)
    problems = tuple(proof.note for proof in proofs if not proof.found)
    by_kind = {kind: [item for item in found if item.shown is kind] for kind in Shown}
    proves = by_kind[Shown.RED] or by_kind[Shown.WEAK]
    others = by_kind[Shown.NOTHING] or by_kind[Shown.NOT_GREEN]
    if not proves and (problems or not others):
        unclear = by_kind[Shown.UNCLEAR][:1]
        why = problems or tuple(item.why for item in unclear or found[:1])
        what = _FAILS_ANYWAY if unclear else "the tests did not run on the base's code"
        return _not_run(f"{what} ({'; '.join(why)})", ran)
    idle = [item for item in by_kind[Shown.NOTHING] if not item.test.is_rewritten]
    findings = () if proves else tuple(map(_finding, (*idle, *by_kind[Shown.NOT_GREEN])))
    return _result(
        ran,
        summary=_summary(by_kind, (*notes, *(f"{path} cannot be read" for path in unread))),
        findings=findings,
        remarks=tuple(map(_remark, sorted(found, key=lambda item: _ORDER.index(item.shown)))),
        measures={str(kind): float(len(items)) for kind, items in by_kind.items()},
    )


def _finding(item: Shows) -> Problem:
    text = f"{item.test.id} passes on the base's code too: it proves nothing of the change"
    if item.shown is Shown.NOT_GREEN:
        text = f"{item.test.id} proves nothing of the change: {item.why}"
    return Problem(key="", text=text, place=item.test.path)


def _remark(item: Shows) -> Remark:
    kind = str(item.shown)
    if item.shown is Shown.NOTHING and item.test.is_rewritten:
        kind = "rewritten"
    return Remark(kind=kind, what=item.test.id, why=item.why)


def _summary(by_kind: dict[Shown, list[Shows]], rest: tuple[str, ...]) -> str:
    red, weak, nothing, absent, not_green, unclear = (by_kind[kind] for kind in Shown)
    total = sum(map(len, by_kind.values()))
    parts = [f"{len(red)} of {total} tests of the change fail on the base's code"]
    if weak:
        parts.append(f"weak evidence: {_names(weak)}")
    idle = [item for item in nothing if not item.test.is_rewritten]
    if idle:
        parts.append(f"proves nothing: {_names(idle)}")
    if len(nothing) > len(idle):
        parts.append(f"{len(nothing) - len(idle)} older in other words")
    if absent:
        parts.append(f"did not run there: {_names(absent)}")
    if not_green:
        parts.append(f"not green with the change: {_names(not_green)}")
    if unclear:
        parts.append(f"{_FAILS_ANYWAY}: {_names(unclear)}")
    return "; ".join([*parts, *rest])


def _names(items: list[Shows]) -> str:
    return short_list([_short(item.test) for item in items], _NAMES_ROOM)


def _short(test: EditedTest) -> str:
    return test.name.rpartition("::")[2]
