"""Tests of the base that have no counterpart: merged, gone with their feature, hidden or lost."""

from agent.evidence.weakening.change import Change
from agent.evidence.weakening.collecting import Test
from agent.evidence.weakening.features import Features
from agent.evidence.weakening.finding import Finding, Found, Kind
from agent.evidence.weakening.marks import Mark
from agent.evidence.weakening.matching import likeness
from agent.evidence.weakening.pool import Pool

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
        path, line, why = self._hides(test) or (test.path, None, "")
        return Finding(
            kind=Kind.NOT_COLLECTED if why else Kind.REMOVED_TEST,
            path=path,
            name=test.name,
            text=f"it is not collected any more: {why}" if why else "it is gone",
            base_line=test.line,
            head_line=line,
        )

    def _hides(self, test: Test) -> tuple[str, int, str] | None:
        """Return where a test stands that is not collected any more, and why it is not."""
        for other in self._hidden:
            is_same = other.short == test.short and likeness(test, other, self._change.wild) >= 0.4
            if is_same or (other.path, other.name) == (test.path, test.name):
                return other.path, other.line, other.uncollected
        return None
