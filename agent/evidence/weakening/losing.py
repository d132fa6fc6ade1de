"""What happened to each test of the base: findings about tests, cases and assertions."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from agent.evidence.weakening.change import Change
from agent.evidence.weakening.check import Check, Form
from agent.evidence.weakening.collecting import Test
from agent.evidence.weakening.comparing import Comparison, flat
from agent.evidence.weakening.finding import Finding, Found, Kind
from agent.evidence.weakening.marking import new_marks
from agent.evidence.weakening.marks import SKIPPING
from agent.evidence.weakening.matching import Matched, match
from agent.evidence.weakening.pool import Pool
from agent.evidence.weakening.vanishing import Vanished

_MANY = 12


class Losses:
    """Compares all tests of a change."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self.taken = [test for test in change.tests_after if not test.uncollected]
        self.matched: Matched = match(change.tests_before, self.taken, change.wild)
        self._compared = {
            (b, a): self._compare(b, a) for b, a in self.matched.pairs if not new_marks(b, a)
        }
        surplus = [check for made in self._compared.values() for check in flat(made.surplus)]
        texts = {check.text for check in surplus}
        self.pool = Pool(self._running(), frozenset(self.matched.new), texts, change.wild)

    def _running(self) -> list[Test]:
        """Return the tests that run wherever those of the base did."""
        known = {mark.condition for test in self._change.tests_before for mark in test.marks}
        return [
            test
            for test in self.taken
            if all(m.kind not in SKIPPING or m.condition in known - {""} for m in test.marks)
        ]

    def _compare(self, before: Test, after: Test) -> Comparison:
        return compare(self._change, before.checks, after.checks, after.helpers.path)

    def found(self) -> Found:
        """Return what is checked less, and what went with the code that it tested."""
        findings: list[Finding] = []
        notes: list[str] = []
        for (before, after), comparison in self._compared.items():
            findings += self._of_pair(before, after, comparison)
            if after.is_countless and not before.is_countless and before.cases:
                notes.append(
                    f"The cases of {after.name} are computed now and could not be counted."
                )
        vanished = Vanished(self._change, self.matched.gone, self.pool).found()
        return Found(findings=(*findings, *vanished.findings), notes=(*notes, *vanished.notes))

    def _of_pair(self, before: Test, after: Test, comparison: Comparison) -> Iterator[Finding]:
        if after.guard and not before.guard:
            yield of_test(Kind.SKIPPED, before, after, f"it is only defined {after.guard} now")
        yield from self._cases(before, after)
        yield from findings_of(comparison, self.pool, (after.path, after.name))
        if _is_emptied(before, after):
            yield of_test(Kind.REMOVED_TEST, before, after, "its body is gone")

    def _cases(self, before: Test, after: Test) -> Iterator[Finding]:
        if after.is_countless or len(before.cases) <= len(after.cases):
            return
        known = Counter(case.text for case in after.cases)
        missing = []
        for case in before.cases:
            if known[case.text] > 0:
                known[case.text] -= 1
            elif not self.pool.absorbs(before, case):
                missing.append(case)
        lost = missing[: len(before.cases) - len(after.cases)]
        if lost:
            names = "; ".join(case.shown for case in lost[:_MANY])
            text = f"{len(lost)} of {len(before.cases)} cases are gone: {names}"
            yield of_test(Kind.REMOVED_CASES, before, after, text)


def compare(change: Change, before: list[Check], after: list[Check], path: str) -> Comparison:
    """Return the comparison of two lists of checks; `path` is where the newer ones stand."""
    return Comparison(before, after, change.wild, partial(change.is_code, path)).run()


def findings_of(comparison: Comparison, pool: Pool, place: tuple[str, str]) -> Iterator[Finding]:
    """Yield what a test, or a helper, checks less than before."""
    path, name = place
    for loss in comparison.losses:
        line = loss.after.line if loss.after else None
        yield Finding(kind=loss.kind, path=path, name=name, text=loss.text,
                      base_line=loss.before.line, head_line=line)  # fmt: skip
    trivial = [check for check in flat(comparison.after) if check.form is Form.TRIVIAL]
    for check in comparison.gone:
        if pool.has(check):
            continue
        now = f"; `{trivial[0].shown}` stands there, which always holds" if trivial else ""
        yield Finding(
            kind=Kind.WEAKER_ASSERTION if trivial else Kind.REMOVED_ASSERTION,
            path=path,
            name=name,
            text=f"`{check.shown}` is gone{now}",
            base_line=check.line,
            head_line=trivial[0].line if trivial else None,
        )


def of_test(kind: Kind, before: Test, after: Test, text: str) -> Finding:
    """Return a finding about a test that stands at both sides."""
    return Finding(kind=kind, path=after.path, name=after.name, text=text,
                   base_line=before.line, head_line=after.line)  # fmt: skip


def _is_emptied(before: Test, after: Test) -> bool:
    """Tell whether a test that asserted nothing does nothing any more."""
    if flat(before.checks) or flat(after.checks) or len(before.words) < 2:
        return False
    return len(after.words & before.words) < 0.3 * len(before.words)
