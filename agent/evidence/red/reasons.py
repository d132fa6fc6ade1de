"""Why a test failed on the base, and whether that shows anything of the change. Pure."""

import re
from enum import StrEnum

from agent.domain.evidence import TestCount
from agent.domain.value import Value
from agent.evidence.junit import TestFailure, TestReport
from agent.evidence.red.edits import EditedTest
from agent.evidence.result import Result
from agent.evidence.unittests import node_id
from agent.text import first_line


class Shown(StrEnum):
    """What a test shows of a change by its end on the base."""

    RED = "red"
    """It failed, for what it asks for is not there."""
    WEAK = "weak"
    """It failed before it could ask for anything."""
    NOTHING = "nothing"
    """It passes there already."""
    ABSENT = "absent"
    """It did not run there, or was skipped."""
    NOT_GREEN = "not_green"
    """It does not pass with the change either."""
    UNCLEAR = "unclear"
    """It fails in the folder made for it with the change too, so not for want of the change."""


class Shows(Value):
    """One test, and what it shows."""

    test: EditedTest
    shown: Shown
    why: str = ""


_WEAK = re.compile(
    r"(?:[\w.]+\.)?(?:ImportError|ModuleNotFoundError|SyntaxError|IndentationError|TabError"
    r"|NameError|FileNotFoundError|ConnectionError|ConnectionRefusedError|gaierror"
    r"|PytestUnraisableExceptionWarning|ImproperlyConfigured)\b"
    r"|Failed: Timeout\b"
)
_UNEXPECTED = re.compile(r"\[XPASS\(strict\)\]|UNEXPECTED SUCCESS\b")
"""A test that is expected to fail, and passes: it shows nothing by it."""
_LONGEST = 200
_FOLDER = re.compile(r"/[^\s()'\"]*/tmp\.\w+/[^/\s()'\"]+/?")


def shows(test: EditedTest, report: TestReport, control: TestReport | None = None) -> Shows:
    """Return what a test shows; of several cases the one that shows most counts.

    Args:
        test: The test.
        report: How it ended on the base's code.
        control: How the same tests ended in such a folder with the change; None: not asked yet.
    """
    failures = [
        failure
        for failure in report.failures
        if _is_of(failure, test) and not _UNEXPECTED.match(_message(failure))
    ]
    mended = [f for f in failures if control is None or _passes(f.name, test, control)]
    judged = [Shows(test=test, shown=_shown(failure), why=_why(failure)) for failure in mended]
    red = next((item for item in judged if item.shown is Shown.RED), None)
    if red is not None or judged:
        return red or judged[0]
    if failures:
        return Shows(test=test, shown=Shown.UNCLEAR, why=_why(failures[0]))
    ran = [name for name in report.names if is_named(name, test)]
    if not ran and (report.names or report.count == TestCount()):
        return Shows(test=test, shown=Shown.ABSENT, why="it did not run there")
    if ran and set(ran) <= report.skipped:
        return Shows(test=test, shown=Shown.ABSENT, why="it was skipped there")
    return Shows(test=test, shown=Shown.NOTHING)


def _passes(name: str, test: EditedTest, control: TestReport) -> bool:
    """Tell whether what failed passes in a control: that case, or, where none is told, the test."""
    bad = {failure.name for failure in control.failures}
    if not control.names:
        is_bad = any(_is_of(failure, test) for failure in control.failures)
        return control.count.passed > 0 and not is_bad
    good = control.names - control.skipped - bad
    if name in control.names or "[" in name:
        return name in good
    return any(is_named(other, test) for other in good)


def _shown(failure: TestFailure) -> Shown:
    is_weak = failure.is_error or _WEAK.match(_message(failure))
    return Shown.WEAK if is_weak else Shown.RED


def _why(failure: TestFailure) -> str:
    """Return what was raised, without the private folder, which has another name each time."""
    return first_line(_FOLDER.sub("", _message(failure)), _LONGEST)


def _message(failure: TestFailure) -> str:
    """Return what was raised; a file that could not be read has it in its traceback only."""
    if failure.message and failure.message != "collection failure":
        return failure.message
    told = [line[1:].strip() for line in failure.text.splitlines() if line.startswith("E ")]
    return told[0] if told else failure.text.strip().rpartition("\n")[2]


def held_green(item: Shows, head: Result) -> Shows:
    """Return what a test shows, given how it ends in the whole suite with the change.

    All its cases must pass, skipped ones left out. Where the suite did not come to an end, or does
    not name what passes, only failures tell. A file that cannot be read with the change, nor
    without it, stays unclear: whether the base has that too is told by the tests gate.
    """
    if item.shown is Shown.ABSENT or head.count is None or head.unable:
        return item
    ran = {name for name in head.ran if is_named(name, item.test)}
    names = [problem.key for problem in head.tests]
    if item.shown is Shown.UNCLEAR and not ran and any(is_file(name, item.test) for name in names):
        return item
    if item.test.path in names or any(is_named(name, item.test) for name in names):
        why = "it does not pass with the change"
    elif head.ran and not ran - head.skipped:
        why = "the suite skips it, or expects it to fail" if ran else "the suite does not run it"
    else:
        return item
    return Shows(test=item.test, shown=Shown.NOT_GREEN, why=why)


def is_file(name: str, test: EditedTest) -> bool:
    """Tell whether a failure's name is that of a test's file: its path, or unittest's module."""
    module = test.path.removesuffix(".py").replace("/", ".")
    return name == test.path or f".{module}".endswith(f".{name}")


def is_named(name: str, test: EditedTest) -> bool:
    """Tell whether a node id or label is of a test: a class may have inherited it from another.

    Libraries that make cases of methods number them: `test_a_0_first`.
    """
    plain = node_id(name.partition("[")[0], test.path)
    own = re.escape(test.name.rpartition("::")[2])
    inherited = rf"{re.escape(test.path)}::.*::{own}(?:_\d+(?:_\w*)?)?"
    return plain == test.id or ("::" in test.name and re.fullmatch(inherited, plain) is not None)


def _is_of(failure: TestFailure, test: EditedTest) -> bool:
    """Tell whether a failure is of a test, of its class, or of its whole file."""
    if failure.name == test.path or is_named(failure.name, test):
        return True
    if "::" in failure.name or "/" in failure.name:
        return False
    module = test.path.removesuffix(".py").replace("/", ".")
    label = f"{module}.{test.name.replace('::', '.')}"
    if failure.is_error and failure.name == module.rpartition(".")[2]:
        return True
    return f"{label}.".endswith(f".{failure.name}.") or f".{label}.".find(f".{failure.name}.") >= 0
