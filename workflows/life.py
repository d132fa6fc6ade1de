"""What every phase needs of a ticket's life: its state, its activities, its inbox, its voice."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    is_cancelled_exception,
)
from temporalio.workflow import (
    ChildWorkflowCancellationType,
    ChildWorkflowHandle,
    ParentClosePolicy,
)

with workflow.unsafe.imports_passed_through():
    from agent.domain.ids import CommitSha, RunId
    from agent.domain.progress import Phase
    from agent.domain.repository import Repository
    from agent.domain.run import RunResult, RunSpec, Stage
    from workflows import policies
    from workflows.activities.chat import Announcement, ChatActivities, ThreadPost
    from workflows.activities.code_host import PullRequestRef
    from workflows.activities.tracker import Move, TicketNote, TicketRef, TrackerActivities
    from workflows.activities.workspace import AuditNote, Record, WorkspaceActivities
    from workflows.reasons import cause
    from workflows.run import RunEnd, RunStart, RunWorkflow
    from workflows.state import Notice, NoticeKind, Policy, TicketState

T = TypeVar("T")
TICKET_KEY = SearchAttributeKey.for_keyword("TicketKey")
PHASE = SearchAttributeKey.for_keyword("Phase")
REPOSITORY = SearchAttributeKey.for_keyword("Repository")


@dataclass
class _Told:
    """What a running stage was told last."""

    paused: bool


class Life:
    """One ticket's life, as its phases see it."""

    def __init__(self, state: TicketState) -> None:
        self.state = state

    # What is known since intake

    @property
    def policy(self) -> Policy:
        """Return the policy that was fixed at intake."""
        return _known(self.state.policy, "policy")

    @property
    def repository(self) -> Repository:
        """Return the repository that the ticket is about."""
        return _known(self.state.repository, "repository")

    @property
    def base(self) -> CommitSha:
        """Return the commit that the work started from."""
        return _known(self.state.base, "base")

    @property
    def head(self) -> CommitSha:
        """Return the newest snapshot of the work."""
        return self.state.head or self.base

    @property
    def ticket(self) -> TicketRef:
        """Return which ticket this is, in which life."""
        return TicketRef(life=self.state.life, key=self.state.key)

    @property
    def pull_request(self) -> PullRequestRef:
        """Return the ticket's pull request."""
        number = _known(self.state.pull_request, "pull request")
        return PullRequestRef(life=self.state.life, repository=self.repository.name, number=number)

    # Doing

    async def do(
        self,
        activity: Callable[..., Any],
        argument: Any,
        options: policies.Options = policies.OUTSIDE,
    ) -> Any:
        """Run an activity; the ticket goes on only when it has succeeded."""
        result = await workflow.execute_activity_method(activity, argument, **options)
        task = asyncio.current_task()
        if task and task.cancelling():  # the activity ended before it heard of the cancellation
            raise asyncio.CancelledError
        return result

    async def try_to(self, activity: Callable[..., Any], argument: Any) -> Any | None:
        """Run an activity whose failure must not stop the ticket; None if it failed."""
        try:
            return await self.do(activity, argument, policies.POLITE)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("left out: %s", cause(error))
            return None

    async def run_stage(self, stage: Stage, brief: dict[str, Any] | None = None) -> RunResult:
        """Run one agent stage; what people say meanwhile is passed into it."""
        run = self.next_run(stage)
        if brief:
            await self.keep("brief", run, brief)
        if self.state.remark:
            await self.keep("remark", run, self.state.remark)
            self.state.remark = ""
        self.state.runs += 1
        is_paused = self.state.is_paused
        child = await workflow.start_child_workflow(
            RunWorkflow.run,
            RunStart(spec=self._spec(stage, run), is_paused=is_paused),
            id=f"{workflow.info().workflow_id}/{self.state.runs}-{stage}",
            parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
            cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        try:
            await self._pass_on(child, _Told(paused=is_paused))
        except asyncio.CancelledError:
            child.cancel()
            await workflow.wait([child])
            raise
        end: RunEnd = await child
        self.state.inbox = [*end.unheard, *self.state.inbox]
        result = end.result
        self.state.head, self.state.position = result.head, result.position
        self.state.steps += result.steps
        return result

    async def _pass_on(self, child: ChildWorkflowHandle[Any, RunEnd], told: "_Told") -> None:
        """Pass what people say, and a pause, into a running stage until it ends."""
        while not child.done():
            await workflow.wait_condition(
                lambda: (
                    child.done() or bool(self.state.inbox) or self.state.is_paused != told.paused
                )
            )
            news = [notice for notice in self.take() if notice.text]
            if self.state.is_paused != told.paused:
                told.paused = self.state.is_paused
                kind = NoticeKind.PAUSE if told.paused else NoticeKind.RESUME
                news.append(Notice(id="", kind=kind, actor="backsmith"))
            for place, notice in enumerate(news):
                if not await _is_told(child, notice):
                    self.state.inbox = [*(n for n in news[place:] if n.text), *self.state.inbox]
                    break

    def next_run(self, stage: Stage) -> RunId:
        """Return the id that the next run of a stage will have."""
        return RunId(f"{self.state.life}/{self.state.runs + 1}-{stage}")

    def _spec(self, stage: Stage, run: RunId) -> RunSpec:
        return RunSpec(
            life=self.state.life,
            run=run,
            ticket=self.state.key,
            stage=stage,
            repository=self.repository,
            base=self.base,
            head=self.head,
            position=self.state.position,
            model=self.policy.model_for(stage),
            budget_usd=self.policy.budget_usd,
            approval=self.policy.approval,
            may_go_on=self.policy.may_go_on(),
            review_model=self.policy.review_model(),
        )

    # Hearing

    def take(self, *kinds: NoticeKind) -> list[Notice]:
        """Take the notices of these kinds (all, if none is named) out of the inbox."""
        taken = [n for n in self.state.inbox if not kinds or n.kind in kinds]
        self.state.inbox = [n for n in self.state.inbox if n not in taken]
        return taken

    def must_cut(self) -> bool:
        """Tell whether the history is so long that the ticket must go on in a fresh one."""
        return workflow.info().is_continue_as_new_suggested()

    async def wait(self, *kinds: NoticeKind, within: timedelta | None = None) -> list[Notice]:
        """Wait for notices of these kinds; an empty list means that the time is over."""
        return self.take(*kinds) if await self.has_heard(*kinds, within=within) else []

    async def has_heard(self, *kinds: NoticeKind, within: timedelta | None = None) -> bool:
        """Wait for notices of these kinds and leave them in the inbox; False if time is over."""

        def heard() -> bool:
            return any(n.kind in kinds for n in self.state.inbox) and not self.state.is_paused

        try:
            await workflow.wait_condition(heard, timeout=within)
        except TimeoutError:
            return False
        return True

    # Saying

    async def announce(self, phase: Phase, detail: str = "") -> None:
        """Show the phase: search attribute, status page, and the card in the channel."""
        state = self.state
        state.phase, state.detail = phase, detail
        workflow.upsert_search_attributes(search_attributes(state))
        workflow.set_current_details(status_page(state))
        thread = await self.try_to(
            ChatActivities.announce,
            Announcement(
                life=state.life,
                phase=phase,
                detail=detail,
                commit=state.published or state.head,
                pull_request_url=state.pull_request_url,
                key=state.key,
            ),
        )
        state.thread = thread or state.thread

    async def say(self, text: str, *, on_ticket: bool = True) -> None:
        """Say something in the thread, and on the ticket too if that is where it belongs."""
        self.state.notes += 1
        name = f"note-{self.state.notes}"
        if on_ticket:
            note = TicketNote(ticket=self.ticket, name=name, text=text)
            try:
                await self.do(TrackerActivities.comment_ticket, note)
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                workflow.logger.warning("ticket not commented: %s", cause(error))
        if self.state.thread:
            await self.try_to(
                ChatActivities.post,
                ThreadPost(life=self.state.life, thread=self.state.thread, name=name, text=text),
            )

    async def move(self, status: str) -> None:
        """Give the ticket a status; a ticket workflow that has no way to it is only mentioned."""
        problem = await self.do(
            TrackerActivities.move_ticket, Move(ticket=self.ticket, status=status)
        )
        if problem:
            workflow.logger.warning("ticket not moved: %s", problem)

    async def note(self, actor: str, action: str, detail: str = "") -> None:
        """Append to the audit trail."""
        entry = AuditNote(life=self.state.life, actor=actor, action=action, detail=detail[:200])
        await self.do(WorkspaceActivities.note, entry)

    async def keep(self, kind: str, name: str, body: Any) -> None:
        """Keep a small document in the ledger."""
        record = Record(life=self.state.life, kind=kind, name=name, body=body)
        await self.do(WorkspaceActivities.keep_record, record)


async def _is_told(child: ChildWorkflowHandle[Any, RunEnd], notice: Notice) -> bool:
    """Tell a stage something; False when it ended meanwhile."""
    if child.done():
        return False
    try:
        await child.signal(RunWorkflow.notify, notice)
    except ApplicationError:  # it closed between our look and the signal
        return False
    return True


def search_attributes(state: TicketState) -> list[SearchAttributeUpdate[Any]]:
    """Return what the ticket can be found by."""
    repository = state.repository.name if state.repository else "unknown"
    return [
        TICKET_KEY.value_set(state.key),
        PHASE.value_set(state.phase.value),
        REPOSITORY.value_set(repository),
    ]


def status_page(state: TicketState) -> str:
    """Return the Markdown that the Temporal UI shows for a ticket."""
    rows = [
        f"**{state.key}** · {state.phase}" + (" · paused" if state.is_paused else ""),
        state.detail,
        f"Repository: {state.repository.name}" if state.repository else "",
        f"Branch: `{state.branch}`" if state.branch else "",
        f"Pull request: {state.pull_request_url}" if state.pull_request_url else "",
        f"Runs: {state.runs}, model calls: {state.steps}",
    ]
    return "\n\n".join(row for row in rows if row)


def _known(value: T | None, name: str) -> T:
    if value is None:
        raise ApplicationError(f"the {name} is not known in this phase", non_retryable=True)
    return value
