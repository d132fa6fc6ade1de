"""The developer's loop as a LangGraph graph over the port `Effects`.

START ──▶ think ──▶ act ──▶ prove ──▶ review ──▶ END
  │         ▲ │      │        │         │
  │         └─┴──────┴────────┴─────────┘     START is conditional: a run can go on at any node

The state holds ids and counters only, so it can be cut anywhere and carried on elsewhere.
Everything here is `async def`, also the routers: inside a Temporal workflow LangGraph has no
thread pool to run sync functions in (langgraph 1.2).
"""

from collections.abc import Hashable
from typing import Protocol

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

from agent.domain.run import (
    Acted,
    Proof,
    Reviewed,
    RunOutcome,
    RunSpec,
    Signal,
    Stage,
    Thought,
)

MAX_INVALID = 3
"""Answers in a row that ask for nothing that can be done, before a person is asked."""
RECURSION_LIMIT = 10_000


class RunState(TypedDict):
    """Where a run stands."""

    position: int
    """Messages in the transcript."""
    head: str
    """The snapshot that the worktree stands at."""
    steps: int
    calls: int
    """Tool calls of the newest reply that wait to be carried out."""
    invalid: int
    proofs: int
    """How often the gates failed."""
    reviewed: bool
    """True once the finished change was read by a fresh pair of eyes."""
    signal: str
    outcome: str
    reason: str
    cut: bool
    """True when the run must be carried on in a fresh history."""


class Effects(Protocol):
    """What the loop does to the world."""

    async def listen(self, position: int) -> int:
        """Wait while paused; write what people said meanwhile; return how many messages."""

    async def think(self, position: int, head: str) -> Thought:
        """Call the model once."""

    async def act(self, position: int, head: str) -> Acted:
        """Carry out the tool calls of the newest reply."""

    async def prove(self, position: int, head: str) -> Proof:
        """Run the gates."""

    async def review(self, position: int, head: str) -> Reviewed:
        """Have the finished change read against the ticket and the plan, by a fresh context."""

    def must_cut(self) -> bool:
        """Tell whether the history has grown so long that the run must be carried on."""


def initial_state(spec: RunSpec, position: int) -> RunState:
    """Return the state in which a run begins."""
    return RunState(
        position=position,
        head=spec.head,
        steps=0,
        calls=0,
        invalid=0,
        proofs=0,
        reviewed=False,
        signal="",
        outcome="",
        reason="",
        cut=False,
    )


_NODES = ("think", "act", "prove", "review")


class _Nodes:
    def __init__(self, spec: RunSpec, effects: Effects) -> None:
        self._spec = spec
        self._effects = effects

    async def think(self, state: RunState) -> dict[str, object]:
        if state["steps"] >= self._spec.max_steps:
            return _blocked(f"{state['steps']} model calls were made without an end in sight")
        heard = await self._effects.listen(state["position"])
        position = state["position"] + heard
        thought = await self._effects.think(position, state["head"])
        if thought.blocked:
            return {"position": position + thought.written} | _blocked(thought.blocked)
        invalid = state["invalid"] + (0 if thought.calls else 1)
        return {
            "position": position + thought.written,
            "steps": state["steps"] + 1,
            "calls": thought.calls,
            "invalid": invalid,
            **_too_many(invalid, thought.fault),
        }

    async def act(self, state: RunState) -> dict[str, object]:
        acted = await self._effects.act(state["position"], state["head"])
        invalid = state["invalid"] + 1 if acted.invalid else 0
        return {
            "position": state["position"] + acted.written,
            "head": acted.head,
            "calls": 0,
            "invalid": invalid,
            "signal": acted.signal or "",
            **_too_many(invalid),
            **_ended(acted),
        }

    async def prove(self, state: RunState) -> dict[str, object]:
        proof = await self._effects.prove(state["position"], state["head"])
        position, proofs = state["position"] + proof.written, state["proofs"]
        if proof.passed and self._is_to_review(state):
            return {"position": position, "signal": Signal.REVIEW}
        if proof.passed:
            return {"position": position, "signal": "", "outcome": RunOutcome.DONE}
        if proof.blocked:
            return {"position": position} | _blocked(proof.blocked)
        if proofs + 1 >= self._spec.max_proofs:
            return {"position": position} | _blocked(f"still not passing: {proof.reason}")
        return {"position": position, "signal": "", "proofs": proofs + 1}

    def _is_to_review(self, state: RunState) -> bool:
        """A change is reviewed once, when it is first finished; not what mends or answers."""
        is_first = self._spec.stage in (Stage.PLAN, Stage.DEVELOP)
        return is_first and bool(self._spec.review_model) and not state["reviewed"]

    async def review(self, state: RunState) -> dict[str, object]:
        reviewed = await self._effects.review(state["position"], state["head"])
        ended = {} if reviewed.written else {"outcome": RunOutcome.DONE}
        position = state["position"] + reviewed.written
        return {"position": position, "signal": "", "reviewed": True} | ended

    async def route(self, state: RunState) -> str:
        if state["outcome"] or self._effects.must_cut():
            return END
        if state["signal"] == Signal.FINISH:
            return "prove"
        if state["signal"] == Signal.REVIEW:
            return "review"
        return "act" if state["calls"] else "think"


def _blocked(reason: str) -> dict[str, object]:
    return {"outcome": RunOutcome.BLOCKED, "reason": reason[:300]}


def _too_many(invalid: int, fault: str = "") -> dict[str, object]:
    if invalid < MAX_INVALID:
        return {}
    said = f"the model answered {invalid} times in a row without a usable tool call"
    return _blocked(f"{said}; {fault}" if fault else said)


def _ended(acted: Acted) -> dict[str, object]:
    if acted.blocked:
        return _blocked(acted.blocked)
    if acted.signal is Signal.PLAN:
        return {"outcome": RunOutcome.PLANNED}
    if acted.signal is Signal.ASK:
        return {"outcome": RunOutcome.QUESTION, "reason": acted.reason[:300]}
    return {}


def build_graph(
    spec: RunSpec, effects: Effects
) -> "CompiledStateGraph[RunState, None, RunState, RunState]":
    """Return the compiled loop for one run."""
    nodes = _Nodes(spec, effects)
    graph = StateGraph(RunState)
    targets: dict[Hashable, str] = {name: name for name in (*_NODES, END)}
    for name in _NODES:
        graph.add_node(name, getattr(nodes, name))
        graph.add_conditional_edges(name, nodes.route, targets)
    graph.add_conditional_edges(START, nodes.route, targets)
    return graph.compile()


async def run_graph(spec: RunSpec, effects: Effects, state: RunState) -> RunState:
    """Run the loop from `state` until it ends or must be cut (`cut` is True then)."""
    final = await build_graph(spec, effects).ainvoke(state, {"recursion_limit": RECURSION_LIMIT})
    return RunState(**{**final, "cut": not final["outcome"]})  # type: ignore[typeddict-item]
