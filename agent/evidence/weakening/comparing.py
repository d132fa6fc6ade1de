"""Holding what a test checked against what it checks now."""

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace

from agent.evidence.weakening.check import COMMON, Check, Form
from agent.evidence.weakening.covering import covers, root_of
from agent.evidence.weakening.finding import Kind
from agent.evidence.weakening.weaker import IsCode, weaker
from agent.evidence.weakening.words import tail_of

_ENOUGH = 2.0
_ASSERTING = re.compile(r"_*(assert|check|verify|expect|ensure|must|is_)")
_NARROWING = frozenset({Form.PRESENT, Form.KIND})


@dataclass(frozen=True)
class Loss:
    """An assertion that is gone or says less."""

    kind: Kind
    text: str
    before: Check
    after: Check | None = None


@dataclass
class Comparison:
    """Two lists of checks, and which of them belong together."""

    before: list[Check]
    after: list[Check]
    wild: Set[str] = frozenset()
    """Words that the change gave other names."""
    is_code: IsCode = field(default=lambda _: False)
    losses: list[Loss] = field(default_factory=list)
    gone: list[Check] = field(default_factory=list)
    """What has no counterpart here; it may have moved to another test."""
    surplus: list[Check] = field(default_factory=list)
    """What was not here before."""
    _was_changed: bool = False

    def run(self) -> "Comparison":
        """Find all counterparts; what has none is in `gone`, what says less in `losses`."""
        old = [check for check in self.before if check.form is not Form.TRIVIAL]
        new = list(self.after)
        while True:
            old, new = self._exact(old, new)
            if not any(check.form is Form.HELPER for check in (*old, *new)):
                break
            old, new = _expanded(old, lightly=True), _expanded(new)
        old, new = self._alike(old, new)
        everything = [*flat(self.after)]
        for check in old:
            if not self._is_covered(check, everything, new):
                self.gone.append(check)
        self.surplus = new
        return self

    def _exact(self, old: list[Check], new: list[Check]) -> tuple[list[Check], list[Check]]:
        tests: list[Callable[[Check, Check], bool]] = [
            lambda b, a: b.text == a.text and b.guard == a.guard,
            lambda b, a: b.text == a.text and (not a.guard or bool(b.guard)),
            lambda b, a: b.text == a.text,
            lambda b, a: b.form is a.form is Form.HELPER and _same_helper(b, a),
        ]
        for fits in tests:
            rest: list[Check] = []
            for check in old:
                match = next((other for other in new if fits(check, other)), None)
                if match is None:
                    rest.append(check)
                else:
                    new = [other for other in new if other is not match]
                    self._judge(check, match)
            old = rest
        return old, new

    def _judge(self, before: Check, after: Check) -> None:
        said = weaker(before, _facing(before, after), self.is_code)
        if said is not None:
            self.losses.append(Loss(said[0], said[1], before, after))
        elif before.form is after.form and before.wanted != after.wanted:
            self._was_changed = True

    def _alike(self, old: list[Check], new: list[Check]) -> tuple[list[Check], list[Check]]:
        scored = [
            (self._likeness(b, a), -i, -j)
            for i, b in enumerate(old)
            for j, a in enumerate(new)
            if a.form is not Form.TRIVIAL
        ]
        taken_old: set[int] = set()
        taken_new: set[int] = set()
        for score, i, j in sorted(scored, reverse=True):
            if score < _ENOUGH or -i in taken_old or -j in taken_new:
                continue
            taken_old.add(-i)
            taken_new.add(-j)
            self._judge(old[-i], new[-j])
        return (
            [check for i, check in enumerate(old) if i not in taken_old],
            [check for j, check in enumerate(new) if j not in taken_new],
        )

    def _likeness(self, before: Check, after: Check) -> float:
        """Return how sure it is that two checks are about the same thing; from 2 on it is."""
        after = _facing(before, after)
        score = likeness(before, after, self.wild)
        if score and weaker(before, after, self.is_code) is None:
            score += 0.5
        return score

    def _is_covered(self, check: Check, everything: list[Check], surplus: list[Check]) -> bool:
        others = [other for other in everything if other.text != check.text]
        if any(covers(other, check, self.wild) for other in others):
            return True
        for other in surplus:
            is_near = _overlap(check.about - self.wild, other.about) > 0 or not check.about
            is_better = other.strength > check.strength and check.strength <= 4
            is_new = self._was_changed and other.strength >= check.strength
            if is_near and (is_better or is_new) and not other.guard and not other.is_circular:
                return True
        return False


def _facing(before: Check, after: Check) -> Check:
    """Return an equality with that side as its subject which is the other one's."""
    is_turned = before.form is after.form is Form.EQUAL and before.tail != after.tail
    if not is_turned or not before.tail or tail_of(after.expected) != before.tail:
        return after
    return replace(after, subject=after.expected, expected=after.subject, about=after.wanted,
                   wanted=after.about, tail=before.tail)  # fmt: skip


def likeness(before: Check, after: Check, wild: Set[str]) -> float:
    """Return from 0 to 10 how much two checks of one test are about the same thing."""
    special = {Form.RAISES, Form.CALLED} & {before.form, after.form}
    if special and before.form is after.form:
        return 3 + 2 * _overlap(before.about - wild, after.about) + (before.names == after.names)
    if Form.RAISES in special:
        return 0
    is_same_value = before.wanted == after.wanted and bool(before.wanted)
    is_telling = bool(before.wanted - COMMON) and before.wanted <= after.words
    tail = "" if before.tail in wild else before.tail
    overlap = _overlap(before.about - wild, after.about)
    if tail and tail == after.tail:
        is_near = overlap >= 0.2 or is_same_value or not (before.about - wild - {tail})
        return (5 + overlap + 3 * is_same_value) if is_near else 0
    if is_telling or (is_same_value and not tail):
        return 4 + overlap
    if tail and tail in after.about and not after.tail:
        return 3 + overlap
    if tail and after.tail and after.tail != tail:
        return 0
    return _of_locals(before, after, overlap)


def _of_locals(before: Check, after: Check, overlap: float) -> float:
    """Return the likeness of checks of which one at least is about a local variable."""
    if before.subject is None or after.subject is None:
        return 0
    is_same_name = root_of(before.subject) == root_of(after.subject)
    if before.tail or after.tail:
        return 2 + overlap if is_same_name or overlap >= 0.5 else 0
    return 3 + overlap if is_same_name or overlap > 0 else 1


def _overlap(old: Set[str], new: Set[str]) -> float:
    return len(old & new) / len(old | new) if old and new else 0.0


def _same_helper(before: Check, after: Check) -> bool:
    return before.names == after.names and after.rank >= before.rank


def _expanded(checks: Sequence[Check], *, lightly: bool = False) -> list[Check]:
    """Return checks with those of helpers in place of their calls.

    `lightly` leaves out what a helper that is no assertion itself says of its own variables for
    the type checker's sake.
    """
    found: list[Check] = []
    for check in checks:
        if check.form is Form.HELPER:
            is_light = lightly and not _ASSERTING.match(check.names[0])
            inner = [one for one in check.inner if not (is_light and one.form in _NARROWING)]
            found += [replace(one, guard=one.guard or check.guard) for one in inner]
        else:
            found.append(check)
    return found


def flat(checks: Sequence[Check]) -> list[Check]:
    """Return all checks with those of helpers, however deep."""
    found = list(checks)
    while any(check.form is Form.HELPER for check in found):
        found = _expanded(found)
    return found
