"""TicketWorkflow: a ticket's life from assignment to merge.

The main coroutine runs one phase after the other. Message handlers only take notices in; a notice
that ends the life interrupts the phase, and everything else is looked at by the phase itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError, ChildWorkflowError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from agent.domain.ids import LifeId
    from agent.domain.progress import Outcome, Phase
    from workflows.activities.code_host import Closing, CodeHostActivities
    from workflows.activities.tracker import TrackerActivities
    from workflows.life import Life, status_page
    from workflows.phases.ci import ci
    from workflows.phases.clarify import clarify
    from workflows.phases.deliver import blocked, clean_up, deliver
    from workflows.phases.develop import develop, publish
    from workflows.phases.intake import intake
    from workflows.phases.plan import approval, plan
    from workflows.phases.review import review
    from workflows.reasons import cause
    from workflows.state import (
        Notice,
        NoticeKind,
        Receipt,
        TicketResult,
        TicketStart,
        TicketState,
        TicketStatus,
    )

PHASES: dict[Phase, Callable[[Life], Awaitable[Phase]]] = {
    Phase.INTAKE: intake,
    Phase.CLARIFY: clarify,
    Phase.PLAN: plan,
    Phase.APPROVAL: approval,
    Phase.DEVELOP: develop,
    Phase.PUBLISH: publish,
    Phase.CI: ci,
    Phase.REVIEW: review,
    Phase.DELIVER: deliver,
    Phase.BLOCKED: blocked,
}


@workflow.defn(name="Ticket")
class TicketWorkflow:
    """One ticket, from assignment to a merged or closed pull request."""

    @workflow.init
    def __init__(self, start: TicketStart) -> None:
        self._state = start.state or _new_life(start)

    @workflow.run
    async def run(self, start: TicketStart) -> TicketResult:
        """Live the ticket's life, over as many histories as it takes."""
        state = self._state
        try:
            while state.phase is not Phase.DONE:
                await workflow.wait_condition(lambda: not state.is_paused or bool(state.stop))
                if state.stop is None:
                    state.phase = await self._until_stopped(state.phase)
                elif await self._is_meant():
                    state.phase = await self._end(state.stop)
                if workflow.info().is_continue_as_new_suggested():
                    await self._begin_anew(start, state)
            if any(notice.kind is NoticeKind.ASSIGNED for notice in state.inbox):
                await self._begin_anew(start, None)  # given to us again while this life ended
        except asyncio.CancelledError:
            _uncancel()
            state.stop = Notice(id="", kind=NoticeKind.CANCEL, actor="the workflow service")
            await self._end(state.stop)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return TicketResult(
            key=state.key,
            life=state.life,
            outcome=state.outcome or Outcome.BLOCKED,
            pull_request=state.pull_request_url,
            base=state.base,
            published=state.published,
        )

    async def _begin_anew(self, start: TicketStart, state: TicketState | None) -> None:
        """Go on in a fresh history: with this life, or with a new one."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(start.model_copy(update={"state": state}))

    @workflow.update
    def submit(self, notice: Notice) -> Receipt:
        """Take a notice in; the same id is taken in once. This is also how a life begins."""
        accepted = self._state.take_in(notice)
        workflow.set_current_details(status_page(self._state))
        return Receipt(accepted=accepted, phase=self._state.phase)

    @submit.validator
    def _check_notice(self, notice: Notice) -> None:
        if not notice.id:
            raise ValueError("a notice needs an id")

    @workflow.query
    def status(self) -> TicketStatus:
        """Return where the ticket stands."""
        state = self._state
        return TicketStatus(
            key=state.key,
            life=state.life,
            phase=state.phase,
            detail=state.detail,
            is_paused=state.is_paused,
            started=state.started,
            repository=state.repository.name if state.repository else None,
            branch=state.branch,
            base=state.base,
            head=state.head,
            published=state.published,
            pull_request=state.pull_request_url,
            thread=state.thread,
            steps=state.steps,
            outcome=state.outcome,
        )

    async def _until_stopped(self, phase: Phase) -> Phase:
        """Run one phase; a notice that ends the life interrupts it."""
        task = asyncio.create_task(self._step(phase))
        try:
            while not task.done():
                await workflow.wait_condition(lambda: task.done() or self._state.stop is not None)
                if not task.done() and await self._is_meant():
                    break
            if task.done():
                return task.result()
        finally:
            if not task.done():
                task.cancel()
                await workflow.wait([task])
        return await self._end(self._state.stop)

    async def _is_meant(self) -> bool:
        """Tell whether to stop indeed: webhooks may be late, so the ticket itself is asked."""
        stop = self._state.stop
        if stop is None or stop.kind is not NoticeKind.UNASSIGNED:
            return stop is not None
        life = Life(self._state)
        brief = await life.try_to(TrackerActivities.read_ticket, life.ticket)
        if brief is not None and brief.is_ours and self._state.stop is stop:
            self._state.stop = None
            life.take(NoticeKind.ASSIGNED)  # said that it is ours, which we know now
        return self._state.stop is not None

    async def _step(self, phase: Phase) -> Phase:
        try:
            return await PHASES[phase](Life(self._state))
        except (ActivityError, ChildWorkflowError) as error:
            if is_cancelled_exception(error):
                raise
            if phase is not Phase.BLOCKED:
                self._state.back_to = phase
            self._state.detail = cause(error)
            return Phase.BLOCKED

    async def _end(self, stop: Notice | None) -> Phase:
        """Stop cleanly: close the pull request, say so once, remove the worktree."""
        state, life = self._state, Life(self._state)
        who = stop.actor if stop else "nobody"
        given_away = stop is not None and stop.kind is NoticeKind.UNASSIGNED
        why = f"The ticket was {'given to somebody else' if given_away else 'cancelled'} by {who}."
        state.outcome = Outcome.CANCELLED
        await life.note(who, "stopped the work", why)
        if state.pull_request is not None:
            closing = Closing(pull_request=life.pull_request, reason=why)
            await life.try_to(CodeHostActivities.close_pull_request, closing)
        await life.say(f"{why} I have stopped working on it.")
        await clean_up(life)
        await life.announce(Phase.DONE, Outcome.CANCELLED.value)
        return Phase.DONE


def _uncancel() -> None:
    if task := asyncio.current_task():
        task.uncancel()


def _new_life(start: TicketStart) -> TicketState:
    birth = workflow.info().run_id
    return TicketState(
        key=start.key,
        site=start.site,
        life=LifeId(f"{start.key}-{birth[-8:]}"),
        started=workflow.now(),
    )
