"""The Definition of Done: what a change has to show, and which stored evidence shows it.

A box is ticked by the evidence of one gate at the very commit that is published. Nothing that a
tool printed, a model wrote or a gate showed at another commit ticks anything.
"""

from collections.abc import Iterable, Mapping, Sequence

from agent.domain.evidence import Evidence, Gate, GateStatus, missing
from agent.domain.ids import CommitSha
from agent.domain.plan import Plan
from agent.domain.value import Value

MEANINGS: Mapping[Gate, str] = {
    Gate.TESTS: "the tests pass",
    Gate.RED_TO_GREEN: "tests of the change fail without it",
    Gate.COVERAGE: "coverage does not fall",
    Gate.LINT: "lint and format find nothing new",
    Gate.TYPES: "the type checker finds nothing new",
    Gate.OPENAPI: "endpoints: no client breaks, or a person allowed it",
    Gate.MIGRATIONS: "migrations run up, down and up again, and rows survive",
    Gate.WEAKENING: "no test, threshold or check was weakened, or a person allowed it",
    Gate.SECRETS: "no secret is in the change",
    Gate.DEPENDENCIES: "no new dependency, or a person allowed it",
    Gate.PROTECTED: "no protected path is touched, or a person allowed it",
    Gate.DOCS: "settings and changes are documented",
    Gate.CONTRACT: "the endpoints answer as they are described",
}
"""What it means that a gate passes."""
_MOST_NAMED = 4
"""Gates in a text that has little room, such as the description of a commit status."""


class Box(Value):
    """One line of the checklist."""

    gate: Gate
    text: str
    planned: tuple[str, ...] = ()
    """What the plan says of it."""
    status: GateStatus | None = None
    """None: there is no evidence at the commit."""
    evidence: str = ""
    """The id of the evidence, such as `tests@1a2b3c4d`."""
    but: str = ""
    """Why a gate that passes does not tick the box."""

    @property
    def is_ticked(self) -> bool:
        """True only for evidence that passes, and shows what the text says."""
        return self.status is GateStatus.PASS and not self.but


def verdict_text(evidence: Sequence[Evidence]) -> str:
    """Return what all gates say together in a few words, such as `lint fails; 8 gates pass`."""
    by_status = {
        status: [str(item.gate) for item in evidence if item.status is status]
        for status in GateStatus
    }
    failed, not_run = by_status[GateStatus.FAIL], by_status[GateStatus.NOT_RUN]
    parts = [f"{', '.join(failed)} failed"] if failed else []
    parts += [f"{', '.join(not_run)} not run"] if not_run else []
    absent = [str(gate) for gate in missing(evidence)]
    more = f" and {len(absent) - _MOST_NAMED} more" if len(absent) > _MOST_NAMED else ""
    parts += [f"no evidence of {', '.join(absent[:_MOST_NAMED])}{more}"] if absent else []
    number = len(by_status[GateStatus.PASS])
    return "; ".join([*parts, f"{number} gate{'s' if number != 1 else ''} passed"])


def evidence_id(evidence: Evidence) -> str:
    """Return the name under which people find one gate's evidence at one commit."""
    return f"{evidence.gate}@{evidence.commit[:8]}"


def checklist(
    evidence: Iterable[Evidence], head: CommitSha, plan: Plan | None = None
) -> tuple[Box, ...]:
    """Return a box for each gate, in the order of `Gate`; only evidence at `head` counts."""
    at_head = {item.gate: item for item in evidence if item.commit == head}
    return tuple(_box(gate, at_head.get(gate), _planned(gate, plan)) for gate in Gate)


def _box(gate: Gate, evidence: Evidence | None, planned: tuple[str, ...]) -> Box:
    box = Box(gate=gate, text=MEANINGS[gate], planned=planned)
    if evidence is None:
        return box
    shown = {
        "status": evidence.status,
        "evidence": evidence_id(evidence),
        "but": _but(evidence) if evidence.status is GateStatus.PASS else "",
    }
    return box.model_copy(update=shown)


def _but(evidence: Evidence) -> str:
    """Return what keeps evidence that passes from showing all that the box says."""
    failed = evidence.tests.failed if evidence.tests else 0
    if evidence.gate is Gate.TESTS and failed:
        return f"{failed} failed as at the base"
    if evidence.gate is Gate.RED_TO_GREEN and not evidence.measures.get("red"):
        return "only weak evidence"
    if evidence.gate is Gate.COVERAGE and "base_percent" not in evidence.measures:
        return "the base was not measured"
    return ""


def _planned(gate: Gate, plan: Plan | None) -> tuple[str, ...]:
    if plan is None:
        return ()
    by_gate = {
        Gate.TESTS: plan.tests,
        Gate.OPENAPI: plan.endpoints,
        Gate.MIGRATIONS: plan.migrations,
        Gate.DEPENDENCIES: plan.new_dependencies,
    }
    return by_gate.get(gate, ())
