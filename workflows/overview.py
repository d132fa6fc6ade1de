"""One ticket as people and scripts see it, put together from its workflow and the ledger."""

from datetime import datetime
from typing import Any

from agent.domain.conversation import Spent
from agent.domain.evidence import Evidence, Gate
from agent.domain.ids import CommitSha, LifeId
from agent.domain.value import Value
from agent.ports import Ledger
from agent.report import tests_before
from agent.reviewing import PURPOSE
from workflows.activities.chat import EDITED
from workflows.state import TicketStatus


class Overview(Value):
    """A ticket at one moment."""

    status: TicketStatus
    doing: str
    evidence: tuple[Evidence, ...]
    spent: Spent
    spent_on_review: Spent = Spent()
    """The part of it that the self-review has cost."""


def overview(ledger: Ledger, status: TicketStatus) -> Overview:
    """Return the ticket with its newest evidence and its cost."""
    newest = status.published or status.head
    return Overview(
        status=status,
        doing=str(ledger.find(status.life, "doing", "current") or ""),
        evidence=ledger.evidence(status.life, CommitSha(newest)) if newest else (),
        spent=ledger.spent(status.life),
        spent_on_review=ledger.spent(status.life, PURPOSE),
    )


def model_result(spent: Spent) -> dict[str, Any]:
    """Return the `model` part of a result."""
    return spent.model_dump(exclude={"cost_usd"}) | {"cost_usd": float(spent.cost_usd)}


def tests_result(
    ledger: Ledger, life: LifeId, base: str | None, head: str | None
) -> dict[str, int]:
    """Return how many tests passed at the base and at the head."""

    def passed(commit: str | None) -> int:
        found = ledger.evidence(life, CommitSha(commit)) if commit else ()
        return tests_before([item for item in found if item.gate is Gate.TESTS]).passed

    return {"before": passed(base), "after": passed(head)}


def ticket_result(ledger: Ledger, status: TicketStatus, now: datetime) -> dict[str, Any]:
    """Return the JSON of `run --wait` and `demo`: a contract for scripts."""
    life = status.life
    edits = [action for _at, _who, action, _detail in ledger.trail(life) if action == EDITED]
    return {
        "ticket": status.key,
        "outcome": status.outcome.value if status.outcome else "blocked",
        "pull_request": status.pull_request,
        "commits": ledger.list(life, "commit"),
        "tests": tests_result(ledger, life, status.base, status.published),
        "slack": {"messages": len(ledger.list(life, "chat")), "edits": len(edits)},
        "model": model_result(ledger.spent(life)),
        "seconds": round((now - status.started).total_seconds(), 1),
    }
