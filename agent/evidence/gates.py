"""All gates, in the order in which people read them."""

from agent.domain.evidence import Evidence, Gate
from agent.evidence.commands import check_commands
from agent.evidence.openapi import check_openapi
from agent.evidence.result import Result
from agent.evidence.tests import check_tests
from agent.evidence.verdicts import conclude
from agent.evidence.weakening.gate import check_weakening
from agent.tools.base import Bench

COMPARING = frozenset({Gate.OPENAPI})
"""Gates that have nothing to say of a change before they were run at its base."""


def examine(gate: Gate, bench: Bench, select: tuple[str, ...] = ()) -> Result:
    """Run one gate's commands on the worktree; `select` narrows the tests."""
    if gate is Gate.TESTS:
        return check_tests(bench, select)
    if gate is Gate.WEAKENING:
        return check_weakening(bench)
    return check_openapi(bench) if gate is Gate.OPENAPI else check_commands(gate, bench)


def run_gate(gate: Gate, bench: Bench, select: tuple[str, ...] = ()) -> Evidence:
    """Run one gate, and judge it against the base as far as the bench knows it."""
    return conclude(examine(gate, bench, select), bench.worktree.head, bench.known(gate))
