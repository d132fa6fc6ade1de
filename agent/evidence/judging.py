"""What the gates say about a change: run at its head, and held against what its base shows.

The developer's own proof and `backsmith verify` both come from here, so that they say the same.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial

from agent.domain.evidence import Evidence, Gate
from agent.domain.ids import CommitSha
from agent.domain.value import Value
from agent.evidence.gates import COMPARING
from agent.evidence.result import Problem, Result
from agent.evidence.together import Tell, examine_all, together
from agent.evidence.verdicts import conclude, held_against
from agent.tools.base import Bench

Measure = Callable[[tuple[Gate, ...]], tuple[Evidence, ...]]
"""Runs those of the gates at the base that were not run there yet; returns all it ever showed."""


class Judged(Value):
    """One gate: what it found at the head, and what that says about the change."""

    result: Result
    evidence: Evidence
    new: tuple[Problem, ...] = ()
    """What is wrong and was not so at the base."""


def judge(
    gates: Sequence[Gate],
    head: Callable[[], Bench],
    measure: Measure,
    *,
    is_apart: bool = False,
    tell: Tell = lambda _gate, _result: None,
) -> tuple[Judged, ...]:
    """Run gates at the head and judge them; the answers come in the order of `gates`.

    At the base those are run that compare, and afterwards those that do not pass: what was wrong
    there already is no fault of the change.

    Args:
        gates: What to run, each once.
        head: Opens the worktree at the head.
        measure: Runs gates at the base.
        is_apart: True when the base has a worktree of its own, so that both may run at once.
        tell: Hears of each gate's begin and end at the head.
    """
    comparing = tuple(gate for gate in gates if gate in COMPARING)
    at_base = _Once(partial(measure, comparing))
    if not is_apart:
        at_base()
    bench = head()

    def at_head() -> tuple[Result, ...]:
        return examine_all(gates, bench, known=at_base, tell=tell)

    results = _both(at_base, at_head) if is_apart and comparing else at_head()
    alone = [conclude(result, bench.worktree.head) for result in results]
    doubtful = tuple(item.gate for item in alone if not item.is_passable())
    known = {item.gate: item for item in measure(doubtful)}
    return tuple(_judged(result, bench.worktree.head, known.get(result.gate)) for result in results)


def _judged(result: Result, commit: CommitSha, base: Evidence | None) -> Judged:
    return Judged(
        result=result,
        evidence=conclude(result, commit, base),
        new=held_against(result, base).new,
    )


def _both(
    base: Callable[[], tuple[Evidence, ...]], head: Callable[[], tuple[Result, ...]]
) -> tuple[Result, ...]:
    """Run base and head at the same time; return what the head showed."""
    found: list[tuple[Result, ...]] = []
    together([base, lambda: found.append(head())], at_once=2)
    return found[0]


class _Once:
    """A question that is asked once, by whichever thread needs the answer first."""

    def __init__(self, ask: Callable[[], tuple[Evidence, ...]]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._answer: tuple[Evidence, ...] | None = None

    def __call__(self) -> tuple[Evidence, ...]:
        with self._lock:
            if self._answer is None:
                self._answer = self._ask()
            return self._answer
