"""Gates side by side: what takes long at the same time, the results in the order of the gates.

Every gate runs in a sandbox of its own and reads a result file of its own. Two of them would still
be in each other's way if both ran the repository's code in one worktree, where it may keep a file
as its database; so those go one after the other, in one lane.
"""

import contextvars
import ctypes
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

from agent.domain.errors import ToolError
from agent.domain.evidence import Evidence, Gate
from agent.evidence.gates import COMPARING, examine
from agent.evidence.result import Result
from agent.evidence.suite import Suite
from agent.tools.base import Bench

T = TypeVar("T")
Tell = Callable[[Gate, Result | None], None]
"""Is told that a gate begins (None), and what it showed; from several threads."""
Known = Callable[[], tuple[Evidence, ...]]
"""Returns what the gates showed at the base; it may have to wait for it."""
RUNS_CODE = (Gate.TESTS, Gate.COVERAGE, Gate.OPENAPI)
"""Gates that run the repository's code in the worktree itself."""
_SEES_ALL = (Gate.LINT, Gate.TYPES, Gate.WEAKENING)
"""Gates that look at every file of the worktree, also at one that a test makes and removes."""
_LEAST_AT_ONCE = 2
_POLL_SECONDS = 0.2


class _StoppedError(BaseException):
    """What ends the other jobs when one has failed, or when the caller was cancelled."""


def examine_all(
    gates: Sequence[Gate],
    bench: Bench,
    *,
    select: tuple[str, ...] = (),
    known: Known | None = None,
    tell: Tell = lambda _gate, _result: None,
) -> tuple[Result, ...]:
    """Run gates on a worktree; return their results in the order of `gates`.

    Args:
        gates: What to run, each once.
        bench: The worktree.
        select: Narrows the tests.
        known: What the base showed; asked only when a gate compares. By default the bench knows.
        tell: Hears of each gate's begin and end.
    """
    suite = Suite(bench)

    def one(gate: Gate) -> Result:
        tell(gate, None)
        on = bench
        if known is not None and gate in COMPARING:
            if gate is Gate.COVERAGE:
                suite.tests()  # needs no base: it may run while the base is still being measured
            on = replace(bench, at_base=known())
        found = examine(gate, on, select, suite)
        tell(gate, found)
        return found

    def one_after_the_other(lane: list[Gate]) -> list[tuple[Gate, Result]]:
        return [(gate, one(gate)) for gate in lane]

    lanes = _lanes(gates)
    jobs = [partial(one_after_the_other, lane) for lane in lanes]
    found = dict(pair for pairs in together(jobs) for pair in pairs)
    if len(lanes) > 1 and lanes[0][0] in RUNS_CODE:
        found.update((gate, one(gate)) for gate in _disturbed(bench, found))
    return tuple(found[gate] for gate in gates)


def _lanes(gates: Sequence[Gate]) -> list[list[Gate]]:
    """Return what may run at the same time, the suite first, for it takes longest."""
    code = [gate for gate in gates if gate in RUNS_CODE]
    return [*([code] if code else []), *([gate] for gate in gates if gate not in RUNS_CODE)]


def _disturbed(bench: Bench, found: dict[Gate, Result]) -> list[Gate]:
    """Return the gates that complain of what is not there any more, or did not come to an end."""
    complaining = [found[gate] for gate in _SEES_ALL if gate in found]
    return [
        result.gate
        for result in complaining
        if result.unable or not _are_there(bench, {problem.place for problem in result.findings})
    ]


def _are_there(bench: Bench, places: set[str]) -> bool:
    if not places:
        return True
    try:
        files = bench.files("stat", paths=sorted(places))["files"]
    except ToolError:
        return False
    return all(file["kind"] == "file" for file in files)


def together(jobs: Sequence[Callable[[], T]], at_once: int = 0) -> list[T]:
    """Run jobs in threads and return what they give, in their order.

    When one raises, or the calling thread gets an exception such as a cancellation, the others are
    stopped: their commands end at once.

    Args:
        jobs: What to run; those in front begin first.
        at_once: How many at a time; 0 for as many as there are processors, two at least.
    """
    if len(jobs) <= 1:
        return [job() for job in jobs]
    group = _Group()
    workers = at_once or max(_LEAST_AT_ONCE, os.cpu_count() or 1)
    with ThreadPoolExecutor(min(workers, len(jobs))) as pool:
        futures: list[Future[T]] = []
        try:  # whoever is stopped while it still submits must stop what it has submitted
            for job in jobs:
                futures.append(pool.submit(contextvars.copy_context().run, group.run, job))
            _wait(futures)
            return [future.result() for future in futures]
        finally:
            group.stop(futures)


def _wait(futures: Sequence[Future[T]]) -> None:
    """Wait for all, or for the first that raises; an exception from outside gets in between."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=_POLL_SECONDS, return_when=FIRST_EXCEPTION)
        for future in futures:
            if future in done:
                future.result()


class _Group:
    """The threads that are at work on one call of `together`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work: set[int] = set()
        self._is_over = False

    def run(self, job: Callable[[], T]) -> T:
        with self._registered():
            return job()

    @contextmanager
    def _registered(self) -> Iterator[None]:
        number = threading.get_ident()
        with self._lock:
            if self._is_over:
                raise _StoppedError
            self._at_work.add(number)
        try:
            yield
        finally:
            with self._lock:
                self._at_work.discard(number)

    def stop(self, futures: Sequence[Future[T]]) -> None:
        """Raise in every thread that is still at work; nothing happens when all have ended.

        Source: CPython, `PyThreadState_SetAsyncExc`; Temporal's SDK cancels activities so.
        """
        for future in futures:
            future.cancel()
        with self._lock:
            self._is_over = True
            for number in self._at_work:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(number), ctypes.py_object(_StoppedError)
                )
