"""RunWorkflow: one agent stage. The LangGraph graph runs here; its effects are activities."""

from collections.abc import Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from agent.domain.ids import CommitSha
    from agent.domain.run import (
        Acted,
        Proof,
        Reviewed,
        RunOutcome,
        RunResult,
        RunSpec,
        Stage,
        Thought,
    )
    from agent.domain.value import Value
    from agent.graph import RunState, initial_state, run_graph
    from workflows import policies
    from workflows.activities.agent import AgentActivities, Hearing, StepInput
    from workflows.reasons import cause
    from workflows.state import Notice, NoticeKind

MAX_EVENTS = 5_000
"""History events after which a run is carried on in a fresh history."""


class RunStart(Value):
    """What a run starts or goes on from."""

    spec: RunSpec
    state: RunState | None = None
    """Set when an earlier history was cut."""
    said: tuple[Notice, ...] = ()
    is_paused: bool = False


class RunEnd(Value):
    """How a run ended, and what people said too late for it."""

    result: RunResult
    unheard: tuple[Notice, ...] = ()


@workflow.defn(name="Run")
class RunWorkflow:
    """Think, act, and prove, until the stage is over; implements the graph's `Effects`."""

    @workflow.init
    def __init__(self, start: RunStart) -> None:
        self._spec = start.spec
        self._said = list(start.said)
        self._is_paused = start.is_paused
        self._steps = start.state["steps"] if start.state else 0
        self._head = CommitSha(start.state["head"]) if start.state else start.spec.head
        self._position = start.state["position"] if start.state else start.spec.position

    @workflow.run
    async def run(self, start: RunStart) -> RunEnd:
        """Run the stage to its end, over as many histories as it takes."""
        try:
            final = await run_graph(start.spec, self, start.state or await self._open())
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return self._broken_off(error)
        if final["cut"]:
            await workflow.wait_condition(workflow.all_handlers_finished)
            workflow.continue_as_new(
                RunStart(
                    spec=start.spec,
                    state=final,
                    said=tuple(self._said),
                    is_paused=self._is_paused,
                )
            )
        await workflow.wait_condition(workflow.all_handlers_finished)
        result = RunResult(
            outcome=RunOutcome(final["outcome"]),
            head=CommitSha(final["head"]),
            position=final["position"],
            steps=final["steps"],
            reason=final["reason"],
        )
        return RunEnd(result=result, unheard=tuple(self._said))

    @workflow.signal
    def notify(self, notice: Notice) -> None:
        """Pause, go on, or take in what a person said."""
        match notice.kind:
            case NoticeKind.PAUSE:
                self._is_paused = True
            case NoticeKind.RESUME:
                self._is_paused = False
            case _:
                self._said.append(notice)

    def _broken_off(self, error: ActivityError) -> RunEnd:
        """Keep what was done so far when something failed that no attempt can mend."""
        result = RunResult(
            outcome=RunOutcome.BLOCKED,
            head=self._head,
            position=self._position,
            steps=self._steps,
            reason=cause(error),
        )
        return RunEnd(result=result, unheard=tuple(self._said))

    async def _open(self) -> RunState:
        spec = self._spec
        if spec.stage is Stage.PLAN:
            await self._do(AgentActivities.measure_base, spec, policies.CODE, "gates at base")
        position = await self._do(AgentActivities.open_run, spec, policies.CODE, "open")
        return initial_state(spec, int(position))

    async def listen(self, position: int) -> int:
        """Wait while paused; write what people said meanwhile."""
        await workflow.wait_condition(lambda: not self._is_paused)
        if not self._said:
            return 0
        said, self._said = tuple((n.actor, n.text) for n in self._said), []
        hearing = Hearing(spec=self._spec, position=position, said=said)
        return int(await self._do(AgentActivities.hear, hearing, policies.CODE, "hear"))

    async def think(self, position: int, head: str) -> Thought:
        """Call the model once."""
        self._steps += 1
        self._show("thinking")
        step = StepInput(spec=self._spec, position=position, head=CommitSha(head))
        name = f"model #{self._steps}"
        return Thought.model_validate(
            await self._do(AgentActivities.think, step, policies.MODEL, name)
        )

    async def act(self, position: int, head: str) -> Acted:
        """Carry out the tool calls of the newest reply."""
        self._show("working")
        step = StepInput(spec=self._spec, position=position, head=CommitSha(head))
        name = f"tools #{self._steps}"
        acted = Acted.model_validate(await self._do(AgentActivities.act, step, policies.CODE, name))
        self._head, self._position = acted.head, position + acted.written
        return acted

    async def prove(self, position: int, head: str) -> Proof:
        """Run the gates."""
        self._show("running the gates")
        step = StepInput(spec=self._spec, position=position, head=CommitSha(head))
        return Proof.model_validate(
            await self._do(AgentActivities.prove, step, policies.CODE, "gates")
        )

    async def review(self, position: int, head: str) -> Reviewed:
        """Have the finished change read by a fresh context."""
        self._show("reading its own change")
        step = StepInput(spec=self._spec, position=position, head=CommitSha(head))
        return Reviewed.model_validate(
            await self._do(AgentActivities.review, step, policies.MODEL, "self-review")
        )

    def must_cut(self) -> bool:
        """Tell whether the history is long enough to begin a fresh one."""
        info = workflow.info()
        return info.is_continue_as_new_suggested() or info.get_current_history_length() > MAX_EVENTS

    async def _do(
        self, activity: Callable[..., Any], argument: Value, options: policies.Options, name: str
    ) -> Any:
        return await workflow.execute_activity_method(activity, argument, summary=name, **options)

    def _show(self, doing: str) -> None:
        spec = self._spec
        workflow.set_current_details(
            f"**{spec.ticket}** · {spec.stage} · step {self._steps} · {doing}"
        )
