"""Carrying out the tool calls of one step, on a worktree that stands at a known commit."""

from agent.calls import REFUSED, Turn
from agent.desk import Desk
from agent.domain.conversation import Message, ToolCall
from agent.domain.errors import ToolError
from agent.domain.ids import CommitSha
from agent.domain.run import Acted, RunSpec, Signal
from agent.stages import keep_stage, stage_of
from agent.tools.base import ToolOutcome
from agent.unsticking import Told, unstick


def act(desk: Desk, spec: RunSpec, position: int, head: CommitSha) -> Acted:
    """Carry out the calls of the reply before `position` and write their results from there on.

    Repeating a finished step returns what it gave. Repeating an unfinished one starts again from
    the worktree at `head`, so nothing is applied twice.
    """
    done = desk.ledger.find(spec.life, "acted", str(position))
    if done is not None:
        return Acted.model_validate(done)
    reply = desk.ledger.message(spec.life, position - 1)
    calls = reply.tool_calls if reply else ()
    desk.show(spec.life, ", ".join(call.name for call in calls))
    bench = desk.bench(spec.repository, spec.life, head, spec.base)
    turn = Turn(bench, spec, stage_of(desk, spec))
    outcomes = turn.carry_out(calls)
    try:
        snapshot = desk.workspace.snapshot(bench.worktree, spec.life)
    except ToolError as error:
        text = f"Error: nothing of this answer was kept. {error}"
        outcomes, snapshot = [ToolOutcome(text=text) for _ in calls], head
    else:
        keep_stage(desk, spec, turn.stage)
        if snapshot != spec.base:  # what the base shows by itself is what changes are held against
            for item in turn.evidence:
                desk.ledger.record(spec.life, item.model_copy(update={"commit": snapshot}))
    _write(desk, spec, position, calls, outcomes)
    signal = _strongest(outcomes)
    told = Told() if signal else unstick(desk, spec, position + len(calls))
    acted = Acted(
        written=len(calls) + told.written,
        head=snapshot,
        signal=signal,
        reason=_question(outcomes),
        invalid=all(outcome.text.startswith(REFUSED) for outcome in outcomes),
        blocked=told.blocked,
    )
    kept = desk.ledger.keep(spec.life, "acted", str(position), acted.model_dump(mode="json"))
    return Acted.model_validate(kept)


def _write(
    desk: Desk,
    spec: RunSpec,
    position: int,
    calls: tuple[ToolCall, ...],
    outcomes: list[ToolOutcome],
) -> None:
    for outcome in outcomes:
        if outcome.record:
            kind, name, body = outcome.record
            full_name = f"{spec.run}/{name}" if outcome.is_of_run else name
            desk.ledger.replace(spec.life, kind, full_name, body)
    results = [
        Message(role="tool", content=outcome.text, tool_call_id=call.id)
        for call, outcome in zip(calls, outcomes, strict=True)
    ]
    desk.ledger.write(spec.life, position, results)


def _strongest(outcomes: list[ToolOutcome]) -> Signal | None:
    """Return the signal that counts: a question to people goes before everything else."""
    signals = [outcome.signal for outcome in outcomes if outcome.signal]
    return Signal.ASK if Signal.ASK in signals else next(iter(signals), None)


def _question(outcomes: list[ToolOutcome]) -> str:
    asked = next((o.record for o in outcomes if o.signal is Signal.ASK and o.record), None)
    return " ".join(asked[2]["questions"])[:300] if asked else ""
