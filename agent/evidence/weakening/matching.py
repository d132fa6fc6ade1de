"""Which test of the head is which test of the base: by name, by place, by what it does."""

from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from agent.evidence.weakening.collecting import Test
from agent.evidence.weakening.side import TooMuchError

_ALIKE, _SAME_NAME = 0.6, 0.3
_MOST_PAIRS = 1_000_000
Key = Callable[[Test], object]
Score = Callable[[Test, Test], float]


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
    steps: list[tuple[Key, Score]] = [
        (lambda test: (test.path, test.name), _certain),
        (lambda test: test.name, lambda b, a: likeness(b, a, wild) + 0.01),
        (lambda test: test.short, lambda b, a: _over(likeness(b, a, wild), _SAME_NAME)),
        (_any, lambda b, a: _renamed(b, a, wild)),
    ]
    for key, score in steps:
        found = _step(old, new, key, score)
        pairs += found
        old = [test for test in old if all(test is not b for b, _ in found)]
        new = [test for test in new if all(test is not a for _, a in found)]
    return Matched(pairs, old, new)


def _step(old: list[Test], new: list[Test], key: Key, score: Score) -> list[tuple[Test, Test]]:
    """Return the best pairs among tests with the same key."""
    by_key: dict[object, list[int]] = defaultdict(list)
    for j, test in enumerate(new):
        by_key[key(test)].append(j)
    scored = [(score(b, new[j]), -i, -j) for i, b in enumerate(old) for j in by_key.get(key(b), ())]
    if len(scored) > _MOST_PAIRS:
        raise TooMuchError
    return [(old[i], new[j]) for i, j in _best([entry for entry in scored if entry[0] > 0])]


def _renamed(before: Test, after: Test, wild: Set[str]) -> float:
    is_same = keeps_acts(before, after, wild)
    return _over(likeness(before, after, wild), _ALIKE) if is_same else 0


def _any(_: Test) -> object:
    return None


def _certain(before: Test, after: Test) -> float:
    """Return that two tests of the same name at the same place are the same one."""
    return float(before.short == after.short)


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
    return test.words.union(*(case.words for case in test.cases))


def keeps_acts(before: Test, after: Test, wild: Set[str]) -> bool:
    """Tell whether a test still uses all that matters: what was imported, and addresses."""
    imported = before.helpers.side.imports(before.helpers.path)
    acts = {word for word in before.words if word in imported or word.startswith("'/")}
    return (acts - wild) <= (all_words(after) | after.reach)
