"""Which test of the head is which test of the base: by name, by place, by what it does."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from agent.evidence.weakening.collecting import Test

_ALIKE, _SAME_NAME = 0.6, 0.3


@dataclass(frozen=True)
class Matched:
    """Pairs of tests, and those that have no counterpart."""

    pairs: list[tuple[Test, Test]]
    gone: list[Test]
    new: list[Test]


def match(before: Sequence[Test], after: Sequence[Test], wild: Set[str]) -> Matched:
    """Match tests that kept their name first, then those that were moved or renamed."""
    pairs: list[tuple[Test, Test]] = []
    old, new = list(before), list(after)
    steps: list[Callable[[Test, Test], float]] = [
        lambda b, a: float((b.path, b.name) == (a.path, a.name)),
        lambda b, a: likeness(b, a, wild) + 0.01 if b.name == a.name else 0,
        lambda b, a: _over(likeness(b, a, wild), _SAME_NAME) if b.short == a.short else 0,
        lambda b, a: _over(likeness(b, a, wild), _ALIKE) if keeps_acts(b, a, wild) else 0,
    ]
    for score in steps:
        scored = [(score(b, a), -i, -j) for i, b in enumerate(old) for j, a in enumerate(new)]
        found = _best([entry for entry in scored if entry[0] > 0])
        pairs += [(old[i], new[j]) for i, j in found]
        old = [test for i, test in enumerate(old) if i not in {i for i, _ in found}]
        new = [test for j, test in enumerate(new) if j not in {j for _, j in found}]
    return Matched(pairs, old, new)


def _over(score: float, least: float) -> float:
    return score if score >= least else 0


def _best(scored: list[tuple[float, int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    rows: set[int] = set()
    columns: set[int] = set()
    for _, i, j in sorted(scored, reverse=True):
        if -i not in rows and -j not in columns:
            rows.add(-i)
            columns.add(-j)
            found.append((-i, -j))
    return found


def likeness(before: Test, after: Test, wild: Set[str]) -> float:
    """Return from 0 to 1 how much two tests speak of the same things."""
    old, new = before.words - wild, all_words(after)
    if not old or not new:
        return float(old == new)
    return 2 * len(old & new) / (len(old) + len(after.words or new))


def all_words(test: Test) -> frozenset[str]:
    """Return the words of a test and of its cases."""
    return test.words.union(*(case_words(test)))


def case_words(test: Test) -> list[frozenset[str]]:
    """Return the words of each case of a test."""
    return [case.words for case in test.cases]


def keeps_acts(before: Test, after: Test, wild: Set[str]) -> bool:
    """Tell whether a test still uses all that matters: what was imported, and addresses."""
    imported = before.helpers.side.imports(before.helpers.path)
    acts = {word for word in before.words if word in imported or word.startswith("'/")}
    return (acts - wild) <= all_words(after)
