"""What a part of the tests shows where all of them take too long.

The part is what the change is about: the test files that it edits, then those that name a module it
edits. It proves nothing of the rest: the gate ends as if it had not run, and the reason has it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from posixpath import basename, dirname

from agent.evidence.changes import files_naming
from agent.evidence.red.sources import ChangedFile, changed_files
from agent.evidence.result import Result
from agent.evidence.running import time_is_over
from agent.evidence.tests import check_tests
from agent.evidence.verdicts import count_text
from agent.evidence.words import short_list
from agent.survey.source import is_test_path
from agent.tools.base import Bench

MOST_FILES = 30
TIME = timedelta(minutes=10)
"""The most time for the part, within the time for all."""


def with_a_part(bench: Bench, result: Result) -> Result:
    """Return the result of tests that took too long, with what a part of them shows in its reason.

    At the base, and where no test file is found that the change is about, it stays as it is.
    """
    if bench.base is None or not result.took_too_long:
        return result
    files = concerned(bench)
    if not files:
        return result
    time = bench.time_for(TIME)
    part = check_tests(replace(bench, limit=time), files)
    said = f"of {_of_all(len(files))} that the change is about, {_ended(part, time)}"
    first, *rest = result.unable
    texts = (first.text, *(problem.text for problem in part.tests))
    shown = first.model_copy(
        update={"place": f"{first.place}; {said}", "text": "\n\n".join(filter(None, texts))}
    )
    update = {
        "unable": (shown, *rest),
        "command": f"{result.command} && {part.command}",
        "seconds": result.seconds + part.seconds,
    }
    return result.model_copy(update=update)


def concerned(bench: Bench) -> tuple[str, ...]:
    """Return the test files that a change is about, at most 30: its own first."""
    files = [file for file in changed_files(bench) or () if file.path.endswith(".py")]
    own = [file.new for file in files if file.is_test and file.new and _holds_tests(file.new)]
    naming = [path for name in _modules(files) for path in files_naming(bench, name)]
    others = [path for path in naming if is_test_path(path) and _holds_tests(path)]
    return tuple(dict.fromkeys((*own, *others)))[:MOST_FILES]


def _modules(files: Iterable[ChangedFile]) -> list[str]:
    """Return the names by which tests speak of the modules that were changed."""
    paths = [file.path for file in files if file.is_product]
    named = (dirname(path) if path.endswith("/__init__.py") else path for path in paths)
    return [name for path in named if (name := basename(path).removesuffix(".py"))]


def _holds_tests(path: str) -> bool:
    return basename(path) not in ("conftest.py", "__init__.py")


def _of_all(files: int) -> str:
    return f"{files} test file{'s' * (files != 1)}"


def _ended(part: Result, time: timedelta) -> str:
    if part.took_too_long:
        return f"not all ran either: {time_is_over(time)}"
    if part.unable or part.count is None:
        return "none could run"
    failed = short_list([problem.place for problem in part.tests])
    return count_text(part.count) + (f": {failed}" if failed else "")
