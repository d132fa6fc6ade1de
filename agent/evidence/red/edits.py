"""Which tests a change adds or edits, and whether it changes what the code does. Pure."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from agent.domain.value import Value
from agent.evidence.red.sources import BEHAVES, ChangedFile
from agent.evidence.red.syntax import TestSource, says, tests_in

_ALIKE = 0.75
_MOST_COMPARED = 150


class EditedTest(Value):
    """A test that a change adds or edits."""

    path: str
    name: str
    """Its classes and its own name, such as `TestCancel::test_twice`."""
    is_rewritten: bool = False
    """True when it is an older test in other words: moved, renamed, folded into one with cases."""

    @property
    def id(self) -> str:
        """The name that runs it."""
        return f"{self.path}::{self.name}"


def behaviour(files: Iterable[ChangedFile]) -> list[str]:
    """Return the files, other than tests, whose change may alter what the program does."""
    return [
        file.path
        for file in files
        if file.is_product and file.path.endswith(BEHAVES) and not _says_the_same(file)
    ]


def _says_the_same(file: ChangedFile) -> bool:
    if file.base is None or file.head is None or file.old != file.new:
        return False
    before = says(file.base)
    return before is not None and before == says(file.head)


def edited_tests(files: Iterable[ChangedFile]) -> tuple[tuple[EditedTest, ...], tuple[str, ...]]:
    """Return the tests that were added or edited, and the test files that cannot be read."""
    own = [file for file in files if file.is_test and file.path.endswith(".py")]
    tests = [file for file in own if file.path.rpartition("/")[2] != "conftest.py"]
    before = {file.path: tests_in(file.base) if file.base else {} for file in tests}
    after = {file.path: tests_in(file.head) if file.head else {} for file in tests}
    gone = [
        test
        for path, known in before.items()
        for name, test in (known or {}).items()
        if name not in (after[path] or {})
    ]
    found = tuple(
        EditedTest(path=path, name=name, is_rewritten=_is_rewritten(test, known.get(name), gone))
        for path, present in after.items()
        for known in [before[path] or {}]
        for name, test in (present or {}).items()
        if name not in known or known[name].digest != test.digest
    )
    return found, tuple(path for path, present in after.items() if present is None)


def _is_rewritten(test: TestSource, known: TestSource | None, gone: list[TestSource]) -> bool:
    """Tell whether a test asks for no more than older ones did."""
    if known is not None:
        if known.cases and test.cases > known.cases + len(gone):
            return False
        is_same = known.own == test.own  # only a helper that it uses was edited
        return is_same or (test.asserts <= known.asserts and _are_alike(test, known))
    if any(other.own == test.own for other in gone):
        return True
    like = [other for other in gone[:_MOST_COMPARED] if _are_alike(test, other)]
    return bool(like) and test.cases <= sum(max(1, other.cases) for other in like)


def _are_alike(one: TestSource, other: TestSource) -> bool:
    matcher = SequenceMatcher(None, one.shape, other.shape, autojunk=False)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE
