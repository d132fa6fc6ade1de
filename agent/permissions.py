"""What people have allowed a ticket that is not allowed by itself."""

from agent.domain.ids import LifeId
from agent.domain.plan import Plan
from agent.ports import Ledger

API_BREAK = "api-break"
"""The label of a ticket that may break clients of the API."""


def may_break_api(ledger: Ledger, life: LifeId) -> str:
    """Return who allowed a ticket to break clients of the API; empty when nobody did.

    A label on the ticket does, and the approval of a plan that names what it breaks.
    """
    ticket = ledger.find(life, "ticket", "current") or {}
    if API_BREAK in ticket.get("labels", ()):
        return f"the label {API_BREAK} of {ticket.get('key', 'the ticket')}"
    body = ledger.find(life, "plan", "current")
    plan = Plan.model_validate(body) if body else None
    if plan is None or not plan.breaking_changes:
        return ""
    approvals = [str(brief.get("approved_by", "")) for brief in ledger.list(life, "brief")]
    approver = next((name for name in reversed(approvals) if name), "")
    return f"{approver}, who approved the plan" if approver else ""
