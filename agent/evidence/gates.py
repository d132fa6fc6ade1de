"""All gates, in the order in which people read them."""

from collections.abc import Callable, Mapping

from agent.domain.evidence import Evidence, Gate
from agent.evidence.commands import check_commands
from agent.evidence.contract.gate import check_contract
from agent.evidence.coverage import check_coverage
from agent.evidence.migrations.gate import check_migrations
from agent.evidence.openapi import check_openapi
from agent.evidence.people.dependencies import check_dependencies
from agent.evidence.people.documents import check_documents
from agent.evidence.people.protected import check_protected
from agent.evidence.people.secrets import check_secrets
from agent.evidence.red_to_green import check_red_to_green
from agent.evidence.result import Result
from agent.evidence.suite import Suite
from agent.evidence.tests import check_tests
from agent.evidence.verdicts import conclude
from agent.evidence.weakening.gate import check_weakening
from agent.tools.base import Bench

COMPARING = frozenset({Gate.OPENAPI, Gate.COVERAGE, Gate.CONTRACT})
"""Gates that have nothing to say of a change before they were run at its base."""
_OF_THE_SUITE = (Gate.TESTS, Gate.COVERAGE)
"""Gates that one run of the suite serves."""
_OWN: Mapping[Gate, Callable[[Bench], Result]] = {
    Gate.OPENAPI: check_openapi,
    Gate.MIGRATIONS: check_migrations,
    Gate.WEAKENING: check_weakening,
    Gate.SECRETS: check_secrets,
    Gate.DEPENDENCIES: check_dependencies,
    Gate.PROTECTED: check_protected,
    Gate.DOCS: check_documents,
    Gate.CONTRACT: check_contract,
}
"""Gates that are more than commands of the repository."""


def with_their_like(gates: tuple[Gate, ...]) -> tuple[Gate, ...]:
    """Return gates together with those that cost nothing more, in the order of `Gate`."""
    wanted = {*gates, *(_OF_THE_SUITE if set(gates) & set(_OF_THE_SUITE) else ())}
    return tuple(gate for gate in Gate if gate in wanted)


def examine(
    gate: Gate, bench: Bench, select: tuple[str, ...] = (), suite: Suite | None = None
) -> Result:
    """Run one gate's commands on the worktree; `select` narrows the tests.

    What several gates need of the whole suite is run once for the same `suite`.
    """
    if gate is Gate.TESTS:
        return check_tests(bench, select) if select else (suite or Suite(bench)).tests()
    if gate is Gate.COVERAGE:
        return check_coverage(bench, suite)
    if gate is Gate.RED_TO_GREEN:
        return check_red_to_green(bench, suite or Suite(bench))
    check = _OWN.get(gate)
    return check(bench) if check else check_commands(gate, bench)


def run_gate(
    gate: Gate, bench: Bench, select: tuple[str, ...] = (), suite: Suite | None = None
) -> Evidence:
    """Run one gate, and judge it against the base as far as the bench knows it."""
    return conclude(examine(gate, bench, select, suite), bench.worktree.head, bench.known(gate))
