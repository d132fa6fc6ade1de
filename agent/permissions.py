"""What people have allowed a ticket that is not allowed by itself."""

import re
from collections.abc import Callable, Mapping

from agent.domain.evidence import Gate
from agent.domain.ids import LifeId
from agent.domain.plan import Plan
from agent.domain.value import Value
from agent.ports import Ledger

LABELS: Mapping[Gate, str] = {
    Gate.RED_TO_GREEN: "refactoring",
    Gate.OPENAPI: "api-break",
    Gate.WEAKENING: "test-change",
    Gate.DEPENDENCIES: "allow-dependency",
    Gate.PROTECTED: "allow-protected",
    Gate.DOCS: "allow-undocumented",
}
"""The label with which a ticket allows all that a gate would refuse. Nothing allows a secret."""
_WAYS_OUT: Mapping[Gate, str] = {
    Gate.OPENAPI: "breaking_changes",
    Gate.DEPENDENCIES: "new_dependencies",
}


class Allowed(Value):
    """Who allowed what a gate would refuse, and how much of it."""

    by: str = ""
    """Such as `the label api-break of PAY-1`; empty: nobody allowed anything."""
    entries: tuple[str, ...] | None = ()
    """What the approved plan says about it; None: everything is allowed."""
    otherwise: str = ""
    """How whoever asks can allow it, where that is not by a plan; such as `--label api-break`."""

    def covers(self, name: str) -> bool:
        """Tell whether a package, a path or another name is allowed; a plan must have named it."""
        if self.entries is None:
            return bool(self.by)
        word = re.compile(rf"(?<![\w./-]){re.escape(_plain(name))}(?![\w/-]|\.\w)")
        return bool(self.by) and any(word.search(_plain(entry)) for entry in self.entries)


NOTHING = Allowed()


def nobody(gate: Gate) -> Allowed:  # noqa: ARG001 - whoever asks names the gate
    """Allow nothing: there is no ticket and no plan."""
    return NOTHING


Ask = Callable[[Gate], Allowed]
"""Asked only when a gate has something to refuse."""


def allowed(ledger: Ledger, life: LifeId, gate: Gate) -> Allowed:
    """Return who allowed a ticket what a gate would refuse.

    A label on the ticket allows all of it. The approval of a plan allows what the plan names; of
    changes of the API, which nobody can name exactly beforehand, it allows all.
    """
    label = LABELS.get(gate)
    if label is None:
        return NOTHING
    ticket = ledger.find(life, "ticket", "current") or {}
    if label in ticket.get("labels", ()):
        return Allowed(by=f"the label {label} of {ticket.get('key', 'the ticket')}", entries=None)
    body = ledger.find(life, "plan", "current")
    entries = _entries(Plan.model_validate(body), gate) if body else ()
    approver = _approver(ledger, life) if entries else ""
    if not approver:
        return NOTHING
    covered = None if gate is Gate.OPENAPI else entries
    return Allowed(by=f"{approver}, who approved the plan", entries=covered)


def by_option(ledger: Ledger, life: LifeId, gate: Gate) -> Allowed:
    """Return the same for a person at the command line, who has labels to give and no plan."""
    found = allowed(ledger, life, gate)
    label = LABELS.get(gate)
    return found if found.by or label is None else Allowed(otherwise=f"--label {label}")


def way_out(gate: Gate, name: str, given: Allowed = NOTHING) -> str:
    """Return how whoever was given an answer can ask people for what a gate refuses."""
    if given.otherwise:
        return f"{given.otherwise}, once a person has agreed"
    field = _WAYS_OUT.get(gate)
    if field is None:
        return f'propose_plan with exceptions such as "{gate}: {name}": a person decides'
    return f"propose_plan with {field}: a person decides"


def _entries(plan: Plan, gate: Gate) -> tuple[str, ...]:
    """Return what a plan says about what a gate would refuse."""
    if gate is Gate.OPENAPI:
        return plan.breaking_changes
    if gate is Gate.DEPENDENCIES:
        return plan.new_dependencies
    asked = (entry.partition(":") for entry in plan.exceptions)
    return tuple(what for name, _, what in asked if name.strip().strip("`").lower() == gate)


def _approver(ledger: Ledger, life: LifeId) -> str:
    approvals = [str(brief.get("approved_by", "")) for brief in ledger.list(life, "brief")]
    return next((name for name in reversed(approvals) if name), "")


def _plain(text: str) -> str:
    return text.lower().replace("_", "-")
