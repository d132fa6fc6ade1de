"""Tests of the base that have no counterpart: merged, gone with their feature, hidden or lost."""

import ast
import re

from agent.evidence.weakening.change import Change
from agent.evidence.weakening.collecting import Test
from agent.evidence.weakening.features import Features
from agent.evidence.weakening.finding import Finding, Found, Kind
from agent.evidence.weakening.marks import Mark
from agent.evidence.weakening.matching import likeness
from agent.evidence.weakening.pool import Pool
from agent.evidence.weakening.syntax import Function, is_function
from agent.evidence.weakening.variables import locals_of
from agent.evidence.weakening.words import words_of

_ALIKE = 0.75


class Vanished:
    """Says of each lost test what became of it."""

    def __init__(self, change: Change, gone: list[Test], pool: Pool) -> None:
        self._change, self._gone, self._pool = change, gone, pool
        self._features = Features(change)
        self._hidden = [test for test in change.tests_after if test.uncollected]
        self._taken = {id(test.node) for test in change.tests_after if not test.uncollected}

    def found(self) -> Found:
        """Return lost tests as findings; those whose feature was removed as a note."""
        findings: list[Finding] = []
        removed: dict[str, list[str]] = {}
        for test in self._gone:
            if any(mark == Mark("skip", line=mark.line) for mark in test.marks):
                continue
            if self._is_absorbed(test):
                continue
            feature = self._features.removed(test)
            if feature:
                removed.setdefault(feature, []).append(test.name)
            else:
                findings.append(self._finding(test))
        notes = tuple(
            f"{', '.join(names)} went with the removed {feature}."
            for feature, names in removed.items()
        )
        return Found(findings=tuple(findings), notes=notes)

    def _is_absorbed(self, test: Test) -> bool:
        cases = test.cases or (None,)
        return self._hides(test) is None and all(self._pool.absorbs(test, case) for case in cases)

    def _finding(self, test: Test) -> Finding:
        hidden = self._hides(test)
        if hidden is not None:
            path, line, why = hidden
            text = f"it is not collected any more: {why}"
            return _finding(Kind.NOT_COLLECTED, test, text, path, line)
        commented = self._commented(test)
        if commented:
            return _finding(Kind.COMMENTED_OUT, test, "it is commented out", test.path, commented)
        twin = self._twin(test)
        if twin is not None:
            text = f"it is not collected any more: it is called {twin[1].name} now"
            return _finding(Kind.NOT_COLLECTED, test, text, twin[0], twin[1].lineno)
        return _finding(Kind.REMOVED_TEST, test, "it is gone", test.path, None)

    def _hides(self, test: Test) -> tuple[str, int, str] | None:
        """Return where a test stands that is not collected any more, and why it is not."""
        for other in self._hidden:
            is_same = other.short == test.short and likeness(test, other, self._change.wild) >= 0.4
            if is_same or (other.path, other.name) == (test.path, test.name):
                return other.path, other.line, other.uncollected
        return None

    def _commented(self, test: Test) -> int | None:
        text = self._change.after.texts.get(test.path, "")
        form = re.compile(
            rf"^(?P<hash>[ \t]*#.*)?\s*(?:async )?def {re.escape(test.short)}\b", re.M
        )
        found = form.search(text)
        tree = self._change.after.tree(test.path)
        names = {node.name for node in ast.walk(tree) if is_function(node)} if tree else set()
        if found is None or (test.short in names and not found["hash"]):
            return None
        return text.count("\n", 0, found.start()) + 1

    def _twin(self, test: Test) -> tuple[str, Function] | None:
        """Return a function that has the test's body, and is no test."""
        for path in self._change.testing:
            tree = self._change.after.tree(path)
            for node in ast.walk(tree) if tree else ():
                if is_function(node) and id(node) not in self._taken and self._is_body(test, node):
                    return path, node
        return None

    def _is_body(self, test: Test, node: Function) -> bool:
        if test.short.strip("_").removeprefix("test_") in node.name and test.short != node.name:
            least = _ALIKE / 2
        else:
            least = _ALIKE
        hidden = locals_of(node)
        words = frozenset().union(*(words_of(item, hidden) for item in node.body))
        old = test.words - self._change.wild
        return bool(old) and 2 * len(old & words) / (len(old) + len(words)) >= least


def _finding(kind: Kind, test: Test, text: str, path: str, line: int | None) -> Finding:
    return Finding(
        kind=kind, path=path, name=test.name, text=text, base_line=test.line, head_line=line
    )
