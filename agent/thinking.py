"""One model call, paid for once: the answer is in the ledger before anybody hears of it."""

from collections.abc import Callable
from hashlib import sha256

from agent.desk import Desk
from agent.domain.conversation import Message, ModelRequest, Reply
from agent.domain.run import RunSpec, Thought
from agent.prompting import render
from agent.tools.registry import tool_specs


def think(desk: Desk, spec: RunSpec, position: int, progress: Callable[[str], None]) -> Thought:
    """Ask the model for its next step and write the answer at `position`.

    When the answer stands there already, nothing is sent and nothing is paid.
    """
    stored = desk.ledger.message(spec.life, position)
    if stored is None:
        spent = desk.ledger.spent(spec.life).cost_usd
        if spent >= spec.budget_usd:
            return Thought(written=0, calls=0, blocked=_over_budget(spent, spec.budget_usd))
        desk.show(spec.life, "thinking")
        reply = desk.model.complete(_request(desk, spec, position), progress)
        stored = _keep(desk, spec, position, reply)
    calls = len(stored.tool_calls)
    return Thought(written=1 if calls else 2, calls=calls)


def _over_budget(spent: object, budget: object) -> str:
    return f"the ticket's budget of {budget} USD is spent ({spent} USD)"


def _request(desk: Desk, spec: RunSpec, position: int) -> ModelRequest:
    messages = desk.ledger.read(spec.life, position)
    digest = sha256("\n".join(m.model_dump_json() for m in messages).encode()).hexdigest()[:16]
    return ModelRequest(
        key=f"{spec.run}/{position}/{digest}",
        model=spec.model,
        messages=tuple(messages),
        tools=tool_specs(),
    )


def _keep(desk: Desk, spec: RunSpec, position: int, reply: Reply) -> Message:
    """Write the reply, and with it the nudge that follows one without a tool call."""
    desk.ledger.book(
        spec.life, position, reply.model, reply.usage, desk.cost_usd(spec.model, reply.usage)
    )
    was_cut = reply.finish_reason == "length"
    message = reply.message.model_copy(update={"tool_calls": ()}) if was_cut else reply.message
    if message.tool_calls:
        desk.ledger.write(spec.life, position, [message])
        return message
    shown = message if message.content else message.model_copy(update={"content": "(no answer)"})
    nudge = render("observation/no_tool_call", was_cut=was_cut, stage=spec.stage)
    desk.ledger.write(spec.life, position, [shown, Message(role="user", content=nudge)])
    return shown
