"""The self-review: a fresh context reads the finished change against the ticket and the plan.

One model call with a prompt of its own, booked apart from the work. Its findings go back to the
developer once, as a message; the developer mends what is right and the gates decide again.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from agent.context import CHARACTERS_PER_TOKEN, room_tokens
from agent.desk import Desk
from agent.diffs import changed_paths, for_a_reviewer
from agent.domain.conversation import Message, ModelRequest, Reply
from agent.domain.errors import ContextOverflowError
from agent.domain.ids import CommitSha
from agent.domain.plan import Plan
from agent.domain.run import Reviewed, RunSpec
from agent.plan_check import deviation
from agent.prompting import render
from agent.readiness import readable
from agent.text import cut_lines
from agent.tools.findings import ReportFindings

KIND = "self_review"
PURPOSE = "self_review"
_DIFF_SHARE = 0.5
_DIFF_LIMIT = 120_000
_TESTS_LIMIT = 4_000


def review(
    desk: Desk, spec: RunSpec, position: int, head: CommitSha, progress: Callable[[str], None]
) -> Reviewed:
    """Read the change at `head`; write what was found to the transcript at `position`.

    It is left out when the budget is spent or the change does not fit into the model's window: the
    gates have passed, and a person reviews the pull request.
    """
    kept = desk.ledger.find(spec.life, KIND, spec.run)
    if kept is None:
        kept = desk.ledger.keep(
            spec.life, KIND, spec.run, _read(desk, spec, position, head, progress)
        )
    if not kept["findings"]:
        return Reviewed(written=0)
    text = render("observation/self_review", findings=kept["findings"])
    desk.ledger.write(spec.life, position, [Message(role="user", content=text)])
    return Reviewed(written=1)


def _read(
    desk: Desk, spec: RunSpec, position: int, head: CommitSha, progress: Callable[[str], None]
) -> dict[str, Any]:
    if desk.ledger.spent(spec.life).cost_usd >= spec.budget_usd:
        return {"findings": [], "left_out": "the budget is spent"}
    if head == spec.base:
        return {"findings": [], "left_out": "nothing was changed"}
    desk.show(spec.life, "reading its own change")
    request = review_request(desk, spec, head)
    try:
        reply = desk.model.complete(request, progress)
    except ContextOverflowError:
        return {"findings": [], "left_out": "the change does not fit into the model's window"}
    cost = desk.cost_usd(spec.review_model, reply.usage)
    desk.ledger.book(spec.life, position, reply.model, reply.usage, cost, PURPOSE)
    return {"findings": _findings(reply), "left_out": ""}


def review_request(desk: Desk, spec: RunSpec, head: CommitSha) -> ModelRequest:
    """Return the one request of a self-review: rules, ticket, plan, diff."""
    ledger = desk.ledger
    diff = desk.workspace.diff(spec.repository, spec.base, head)
    plan, summary = (ledger.find(spec.life, kind, "current") or {} for kind in ("plan", "summary"))
    assumed = [*plan.get("assumptions", ()), *summary.get("assumptions", ())]
    room = room_tokens(desk.model.window(spec.review_model)) * CHARACTERS_PER_TOKEN
    task = render(
        "task/self_review",
        ticket=readable(ledger.find(spec.life, "ticket", "current") or {}),
        plan=plan,
        summary=summary,
        assumptions=list(dict.fromkeys(assumed)),
        deviation=deviation(Plan.model_validate(plan) if plan else None, changed_paths(diff)),
        diff=cut_lines(
            for_a_reviewer(diff, _TESTS_LIMIT), min(_DIFF_LIMIT, int(room * _DIFF_SHARE))
        ),
    )
    messages = (
        Message(role="system", content=render("system/reviewer")),
        Message(role="user", content=task),
    )
    digest = sha256(task.encode()).hexdigest()[:16]
    return ModelRequest(
        key=f"{spec.run}/{PURPOSE}/{digest}",
        model=spec.review_model,
        messages=messages,
        tools=(ReportFindings.spec(),),
    )


def _findings(reply: Reply) -> list[dict[str, Any]]:
    """Return what was reported; an answer that cannot be read found nothing."""
    for call in reply.message.tool_calls:
        if call.name != ReportFindings.name:
            continue
        try:
            reported = ReportFindings.model_validate_json(call.arguments or "{}")
        except ValidationError:
            continue
        return [finding.model_dump() for finding in reported.findings]
    return []
