"""Evidence: what was run, where, with what result; and the verdict that follows from it."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field

from agent.domain.ids import CommitSha
from agent.domain.value import Value


class Gate(StrEnum):
    """One item of the Definition of Done that is proven by running something."""

    TESTS = "tests"
    RED_TO_GREEN = "red_to_green"
    COVERAGE = "coverage"
    LINT = "lint"
    TYPES = "types"
    OPENAPI = "openapi"
    MIGRATIONS = "migrations"
    WEAKENING = "weakening"
    SECRETS = "secrets"
    DEPENDENCIES = "dependencies"
    PROTECTED = "protected"
    DOCS = "docs"
    CONTRACT = "contract"


class GateStatus(StrEnum):
    """The outcome of a gate."""

    PASS = "pass"  # noqa: S105 - a result, not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    """There is nothing of the kind to check."""
    NOT_RUN = "not_run"
    """It should have run and could not."""


class Verdict(StrEnum):
    """What all gates say together."""

    PASS = "pass"  # noqa: S105 - a result, not a password
    FAIL = "fail"
    INCOMPLETE = "incomplete"


class TestCount(Value):
    """How many tests ran and how they ended."""

    __test__ = False
    passed: int = 0
    failed: int = 0
    skipped: int = 0


class Remark(Value):
    """One thing that a gate has to say of one test or one place in the code."""

    kind: str
    """A word of the gate's own, such as `red` or `uncovered`."""
    what: str
    """The test, or the place, such as `shop/orders.py:10-14`."""
    why: str = ""


class Evidence(Value):
    """One gate at one commit: the command, its end, and what it showed."""

    gate: Gate
    status: GateStatus
    commit: CommitSha
    reason: str
    """One sentence for people, such as `31 passed`."""
    command: str = ""
    exit_code: int | None = None
    seconds: float = 0.0
    tests: TestCount | None = None
    output: str = ""
    """The part of the output that a reader needs, cut by structure."""
    artifact: str | None = None
    """The name of what the gate kept for later, such as the description of the API."""
    failing: tuple[str, ...] = ()
    """Names of the tests that failed, 200 at most."""
    findings: tuple[str, ...] = ()
    """What else was found, without line numbers so that two commits can be compared; 1000 at most.

    One finding that occurs twice stands here twice.
    """
    total: int = 0
    """How many failures and findings there were, also those that are not listed."""
    measures: dict[str, float] = Field(default_factory=dict)
    """Figures by name, such as `total_percent`."""
    remarks: tuple[Remark, ...] = ()
    """What it says test by test or place by place, 200 at most."""
    as_at_base: bool = False
    """True when all that is wrong was wrong at the base already: not brought by the change."""

    def is_passable(self) -> bool:
        """Tell whether the work may go on: nothing is wrong that the change could mend."""
        if self.status is GateStatus.NOT_RUN:
            return self.as_at_base
        return self.status is not GateStatus.FAIL


def missing(evidence: Iterable[Evidence], asked: Iterable[Gate] = tuple(Gate)) -> tuple[Gate, ...]:
    """Return the gates that were asked for and of which there is no evidence."""
    known = {item.gate for item in evidence}
    return tuple(gate for gate in asked if gate not in known)


def verdict(evidence: tuple[Evidence, ...], asked: tuple[Gate, ...] = tuple(Gate)) -> Verdict:
    """Return fail if a gate fails, incomplete if one could not run or is not there, else pass.

    Args:
        evidence: What the gates showed at one commit.
        asked: The gates that count.
    """
    statuses = {item.status for item in evidence}
    if GateStatus.FAIL in statuses:
        return Verdict.FAIL
    if GateStatus.NOT_RUN in statuses or not statuses or missing(evidence, asked):
        return Verdict.INCOMPLETE
    return Verdict.PASS
