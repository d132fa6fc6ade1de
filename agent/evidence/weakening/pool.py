"""All that is checked at the head, to find what moved from one test to another."""

import ast
from collections.abc import Sequence, Set
from dataclasses import dataclass

from agent.evidence.weakening.cases import Case
from agent.evidence.weakening.check import Check, Form
from agent.evidence.weakening.collecting import Test
from agent.evidence.weakening.comparing import flat
from agent.evidence.weakening.covering import covers

_MOST_OF_IT = 0.6
_NEARLY_ALL = 0.8


@dataclass(frozen=True)
class Entry:
    """One check of a test at the head, in one of its cases."""

    check: Check
    test: Test
    words: frozenset[str]
    is_new: bool
    """True when nothing at the base was its counterpart."""


class Pool:
    """The checks of all tests at the head; `new` are the texts of those without counterpart."""

    def __init__(
        self, tests: Sequence[Test], unmatched: Set[Test], new: Set[str], wild: Set[str]
    ) -> None:
        self._wild = wild
        self._tests = list(tests)
        self._unmatched = unmatched
        self._entries: list[Entry] = []
        for test in tests:
            for case in test.cases or (None,):
                self._add(test, case, is_new=test in unmatched or bool(test.cases), new=new)

    def _add(self, test: Test, case: Case | None, *, is_new: bool, new: Set[str]) -> None:
        checks = test.checks_in(case) if case else test.checks
        words = test.words | case.words if case else test.words
        for check in flat(checks):
            known = is_new or check.text in new
            self._entries.append(Entry(check, test, words, known))

    def has(self, check: Check) -> bool:
        """Tell whether some test now checks what another one checked."""
        return any(
            entry.is_new and covers(entry.check, check, self._wild) for entry in self._entries
        )

    def absorbs(self, test: Test, case: Case | None = None) -> bool:
        """Tell whether all that a test checked, in one case or at all, is checked by others now."""
        checks = [c for c in flat(test.checks_in(case) if case else test.checks)
                  if c.form not in (Form.TRIVIAL, Form.HELPER)]  # fmt: skip
        words = (test.words | case.words if case else test.words) - self._wild
        if not checks:
            return False
        taking: list[Entry] = []
        for check in checks:
            found = [entry for entry in self._entries if self._takes(entry, check)]
            if not found:
                return False
            taking += found
        known = frozenset().union(*(entry.words for entry in taking))
        return len(words & known) >= _MOST_OF_IT * len(words)

    def _takes(self, entry: Entry, check: Check) -> bool:
        if check.form is Form.RAISES and entry.check.form is Form.RAISES:
            return entry.is_new and covers(entry.check, check, self._wild)
        is_telling = entry.is_new or _calls(check)
        return is_telling and covers(entry.check, check, self._wild)


def _calls(check: Check) -> bool:
    nodes = [node for node in (check.subject, check.expected) if node is not None]
    return any(isinstance(item, ast.Call) for node in nodes for item in ast.walk(node))
