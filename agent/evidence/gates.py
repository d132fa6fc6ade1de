"""All gates, in the order in which people read them."""

from agent.domain.evidence import Evidence, Gate
from agent.evidence.commands import run_commands
from agent.evidence.tests import run_tests
from agent.tools.base import Bench


def run_gate(gate: Gate, bench: Bench, select: tuple[str, ...] = ()) -> Evidence:
    """Run one gate on the worktree; `select` narrows the tests."""
    return run_tests(bench, select) if gate is Gate.TESTS else run_commands(gate, bench)
