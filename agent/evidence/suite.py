"""One run of the whole suite, shared by the gates that need it."""

import threading

from agent.evidence.covering.meter import Meter
from agent.evidence.overtime import with_a_part
from agent.evidence.result import Result
from agent.evidence.steadiness import looked_at_twice
from agent.evidence.tests import check_tests
from agent.tools.base import Bench


class Suite:
    """The suite at one state of a worktree; it runs when the first gate asks, and only then.

    Gates may ask at the same time: all but the first wait.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._lock = threading.Lock()
        self._tests: Result | None = None
        self.meter = Meter(bench)
        """What was covered, once the tests have run."""

    def tests(self) -> Result:
        """Return what the tests showed."""
        with self._lock:
            if self._tests is None:
                first = check_tests(self._bench, meter=self.meter)
                self._tests = with_a_part(self._bench, looked_at_twice(self._bench, first))
            return self._tests
