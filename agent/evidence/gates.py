"""All gates, in the order in which people read them."""

from agent.domain.evidence import Evidence, Gate
from agent.evidence.commands import check_commands
from agent.evidence.result import Result
from agent.evidence.tests import check_tests
from agent.evidence.verdicts import conclude
from agent.tools.base import Bench


def examine(gate: Gate, bench: Bench, select: tuple[str, ...] = ()) -> Result:
    """Run one gate's commands on the worktree; `select` narrows the tests."""
    return check_tests(bench, select) if gate is Gate.TESTS else check_commands(gate, bench)


def run_gate(gate: Gate, bench: Bench, select: tuple[str, ...] = ()) -> Evidence:
    """Run one gate, and judge it against the base as far as the bench knows it."""
    return conclude(examine(gate, bench, select), bench.worktree.head, bench.known(gate))
