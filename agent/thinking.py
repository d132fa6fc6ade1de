"""One model call, paid for once: the answer is in the ledger before anybody hears of it."""

from collections.abc import Callable
from hashlib import sha256

from agent.context import room_tokens
from agent.desk import Desk
from agent.domain.conversation import Message, ModelRequest, Reply
from agent.domain.errors import ContextOverflowError
from agent.domain.ids import CommitSha
from agent.domain.run import RunSpec, Thought
from agent.folding import fold, seen
from agent.prompting import render
from agent.stages import stage_of
from agent.text import head_and_tail
from agent.tools.registry import tool_specs
from agent.unsticking import unstick

_WINDOW, _RATIO, _FAULT = "window", "token_ratio", "fault"
_FARTHEST = (0.5, 2.0)
_SMALLER = 0.7
"""How much of the assumed window is left after the endpoint refused a request that should fit."""
_OVERFLOWS = 3
_SILENT_LIMIT = 4_000
"""Characters kept of an answer that calls nothing; one that never ends would fill the window."""
_CUT = "its last answer was cut at the output limit"
_REFUSED = "its last answer was a refusal"


def think(
    desk: Desk, spec: RunSpec, position: int, head: CommitSha, progress: Callable[[str], None]
) -> Thought:
    """Ask the model for its next step and write the answer at `position`.

    When the answer stands there already, nothing is sent and nothing is paid.
    """
    stored = desk.ledger.message(spec.life, position)
    if stored is None:
        spent = desk.ledger.spent(spec.life).cost_usd
        if spent >= spec.budget_usd:
            return _blocked(f"the ticket's budget of {spec.budget_usd} USD is spent ({spent} USD)")
        desk.show(spec.life, "thinking")
        reply = _ask(desk, spec, position, head, progress)
        if reply is None:
            return _blocked(_too_small(window_of(desk, spec), spec.model))
        stored = _keep(desk, spec, position, reply)
    calls = len(stored.tool_calls)
    return Thought(written=1, calls=calls) if calls else _silent(desk, spec, position)


def _silent(desk: Desk, spec: RunSpec, position: int) -> Thought:
    """Return what follows an answer that called nothing: a reminder, and more if it goes on so."""
    kept = desk.ledger.find(spec.life, "silent", str(position))
    if kept is None:
        told = unstick(desk, spec, position + 2)
        fault = str(desk.ledger.find(spec.life, _FAULT, str(position)) or "")
        found = Thought(written=2 + told.written, calls=0, fault=fault, blocked=told.blocked)
        kept = desk.ledger.keep(spec.life, "silent", str(position), found.model_dump(mode="json"))
    return Thought.model_validate(kept)


def _blocked(reason: str) -> Thought:
    return Thought(written=0, calls=0, blocked=reason)


def _too_small(window: int, model: str) -> str:
    return f"the work does not fit into the {window} tokens that {model} can take in; use another"


def window_of(desk: Desk, spec: RunSpec) -> int:
    """Return the model's window in tokens: what its endpoint taught us, else what is configured."""
    taught = desk.ledger.find(spec.life, _WINDOW, spec.model)
    configured = desk.model.window(spec.model)
    return min(int(taught), configured) if taught else configured


def _ask(
    desk: Desk, spec: RunSpec, position: int, head: CommitSha, progress: Callable[[str], None]
) -> Reply | None:
    """Return the model's answer, or None when the request cannot be made to fit."""
    for _ in range(_OVERFLOWS):
        request = fitting_request(desk, spec, position, head)
        if request is None:
            return None
        # Taken before: an adapter may know the named limit, too, once it has raised the error.
        window = window_of(desk, spec)
        try:
            reply = desk.model.complete(request, progress)
        except ContextOverflowError as error:
            limit = min(error.limit_tokens or window, int(window * _SMALLER))
            desk.ledger.replace(spec.life, _WINDOW, spec.model, limit)
        else:
            _calibrate(desk, spec, request, reply)
            return reply
    return None


def _calibrate(desk: Desk, spec: RunSpec, request: ModelRequest, reply: Reply) -> None:
    """Keep how far our count of a request is from the provider's."""
    ratio = reply.usage.prompt_tokens / max(1, desk.model.count_tokens(request))
    kept = min(max(ratio, _FARTHEST[0]), _FARTHEST[1])
    desk.ledger.replace(spec.life, _RATIO, spec.model, kept)


def _tokens(desk: Desk, spec: RunSpec, request: ModelRequest) -> int:
    """Return the tokens of a request, by our count corrected by the provider's last one."""
    ratio = desk.ledger.find(spec.life, _RATIO, spec.model) or 1.0
    return round(desk.model.count_tokens(request) * float(ratio))


def fitting_request(
    desk: Desk, spec: RunSpec, position: int, head: CommitSha
) -> ModelRequest | None:
    """Return the request for the next step, folded if need be; None if it cannot be made to fit."""
    window = window_of(desk, spec)
    request = _request(desk, spec, position)
    if _tokens(desk, spec, request) <= room_tokens(window):
        return request
    if fold(desk, spec, position, head, window):
        request = _request(desk, spec, position)
    return request if _tokens(desk, spec, request) <= room_tokens(window) else None


def _request(desk: Desk, spec: RunSpec, position: int) -> ModelRequest:
    messages = seen(desk, spec, position)
    digest = sha256("\n".join(m.model_dump_json() for m in messages).encode()).hexdigest()[:16]
    return ModelRequest(
        key=f"{spec.run}/{position}/{digest}",
        model=spec.model,
        messages=messages,
        tools=tool_specs(),
    )


def _keep(desk: Desk, spec: RunSpec, position: int, reply: Reply) -> Message:
    """Write the reply, and with it the nudge that follows one without a tool call."""
    cost = desk.cost_usd(spec.model, reply.usage)
    desk.ledger.book(spec.life, position, reply.model, reply.usage, cost)
    was_cut = reply.finish_reason == "length"
    message = reply.message.model_copy(update={"tool_calls": ()}) if was_cut else reply.message
    if message.tool_calls:
        desk.ledger.write(spec.life, position, [message])
        return message
    kept = head_and_tail(message.content, _SILENT_LIMIT) or "(no answer)"
    shown = message.model_copy(update={"content": kept})
    nudge = render(
        "observation/no_tool_call",
        was_cut=was_cut,
        refused=reply.refused,
        stage=stage_of(desk, spec),
    )
    if was_cut or reply.refused:
        desk.ledger.keep(spec.life, _FAULT, str(position), _CUT if was_cut else _REFUSED)
    desk.ledger.write(spec.life, position, [shown, Message(role="user", content=nudge)])
    return shown
