"""How a run begins: what the developer is told before the first model call."""

from agent.desk import Desk
from agent.domain.conversation import Message
from agent.domain.evidence import Evidence, Gate
from agent.domain.run import RunSpec, Stage
from agent.prompting import render
from agent.readiness import readable
from agent.survey.keeping import surveyed
from agent.survey.telling import introduction

_ALL = 1_000_000
"""More messages than any transcript has."""


def open_run(desk: Desk, spec: RunSpec) -> int:
    """Write the messages that open a run; return the transcript's length after them.

    Repeating it writes the same ones. An earlier run that broke off may have left messages beyond
    `spec.position`: this one begins behind them, and answers tool calls that were left open.
    """
    begin = int(desk.ledger.keep(spec.life, "opened", spec.run, _first_free(desk, spec)))
    before = desk.ledger.read(spec.life, begin)
    messages = _close_open_calls(before) if before else first_messages(desk, spec)
    messages.append(Message(role="user", content=task_text(desk, spec, is_first=not before)))
    desk.ledger.write(spec.life, begin, messages)
    return begin + len(messages)


def _first_free(desk: Desk, spec: RunSpec) -> int:
    return max(spec.position, len(desk.ledger.read(spec.life, _ALL)))


def _close_open_calls(before: list[Message]) -> list[Message]:
    answered = {message.tool_call_id for message in before if message.role == "tool"}
    calls = [call for message in before for call in message.tool_calls]
    text = "Not carried out: the work was interrupted here."
    return [
        Message(role="tool", content=text, tool_call_id=call.id)
        for call in calls
        if call.id not in answered
    ]


def first_messages(desk: Desk, spec: RunSpec) -> list[Message]:
    """Return the messages that every transcript begins with: the rules, and the repository."""
    bench = desk.bench(spec.repository, spec.life, spec.head, for_reading=True)
    survey = surveyed(desk.ledger, desk.sandbox, bench.worktree)
    ticket = desk.ledger.find(spec.life, "ticket", "current") or {}
    summary, description = str(ticket.get("summary", "")), str(ticket.get("description", ""))
    repository = introduction(survey, spec.repository.name, bench.stack, summary, description)
    return [
        Message(role="system", content=render("system/developer")),
        Message(role="user", content=repository),
    ]


def task_text(desk: Desk, spec: RunSpec, *, is_first: bool = True) -> str:
    """Return what a run is asked to do, with the ticket where it was not told before."""
    ledger = desk.ledger
    brief = ledger.find(spec.life, "brief", spec.run) or {}
    return render(
        f"task/{spec.stage}",
        ticket=readable(ledger.find(spec.life, "ticket", "current") or {}),
        base=_tests_at_base(desk, spec),
        plan=ledger.find(spec.life, "plan", "current"),
        first=is_first or spec.stage is Stage.PLAN,
        approval=spec.approval if spec.may_go_on else "always",
        brief=brief,
        remark=ledger.find(spec.life, "remark", spec.run) or "",
    )


def _tests_at_base(desk: Desk, spec: RunSpec) -> Evidence | None:
    found = desk.ledger.evidence(spec.life, spec.base)
    return next((item for item in found if item.gate is Gate.TESTS), None)
