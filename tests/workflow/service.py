"""Temporal's own server with time skipping, and one ticket that lives on it.

Time skipping on the real server is experimental in temporalio 1.35; all use of it is here.
"""

import asyncio
import gc
import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, WorkflowEnvironment
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from agent.domain.conversation import Message
from agent.domain.event import Event, TicketCommented
from agent.domain.ids import ActorId, LifeId, TicketKey
from agent.domain.progress import Phase
from tests.fakes.tracker import LEAD
from tests.workflow.team import BRANCH, KEY, SHOP, Team
from workflows.embedded import SEARCH_ATTRIBUTES, find_binary
from workflows.gateway import Tell, route
from workflows.runner import DATA_CONVERTER, TASK_QUEUE
from workflows.state import Notice, NoticeKind, TicketResult, TicketStart, TicketState, TicketStatus
from workflows.temporal import TemporalTickets, runtime, workflow_id
from workflows.worker import build_workers

PATIENCE_SECONDS = 20.0
SHORT_HISTORIES = "limit.historyCount.suggestContinueAsNew=40"
"""Server setting: the number of events after which a fresh history is suggested."""
STAGE_ENDED = "a stage ended"
STAGE_ENDS = {
    f"EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_{end}" for end in ("COMPLETED", "FAILED", "CANCELED")
}
MID_LIFE = LifeId("SHOP-1-midlife1")


@contextmanager
def serving(*dynamic: str) -> Iterator[str]:
    """Run a server, with these settings in addition; yields its address."""
    arguments: list[str] = []
    for setting in ("frontend.WorkflowTimeSkippingEnabled=true", *dynamic):
        arguments += ["--dynamic-config-value", setting]
    keys = [SearchAttributeKey.for_keyword(name) for name in SEARCH_ATTRIBUTES]
    environment = _started(arguments, keys)
    try:
        yield environment.client.service_client.config.target_host
    finally:
        asyncio.run(environment.shutdown())


# The server chooses its ports before it listens on them: somebody may be quicker.
@retry(retry=retry_if_exception_type(RuntimeError), stop=stop_after_attempt(3), reraise=True)
def _started(arguments: list[str], keys: list[SearchAttributeKey[str]]) -> WorkflowEnvironment:
    return asyncio.run(
        WorkflowEnvironment.start_time_skipping_v2(
            dev_server_existing_path=find_binary(),
            dev_server_extra_args=arguments,
            search_attributes=keys,
            runtime=runtime(),
        )
    )


class Running:
    """One ticket that is being worked on, among a team of fakes."""

    def __init__(self, client: Client, team: Team, key: TicketKey = KEY) -> None:
        self.team = team
        self.key = key
        self.client = client
        self.site = uuid.uuid4().hex[:8]
        self.tickets = TemporalTickets(client, self.site)
        self.skipper = TimeSkipper(client)
        self._numbers = itertools.count(1)

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """Return the ticket's workflow, whichever run of it is the newest."""
        return self.client.get_workflow_handle(
            workflow_id(self.site, self.key), result_type=TicketResult
        )

    def notice(self, kind: NoticeKind, text: str = "", id: str = "") -> Notice:
        """Return a notice that was not sent before."""
        name = id or f"test:{next(self._numbers)}"
        return Notice(id=name, kind=kind, actor="jira:lead", text=text)

    async def start(self, id: str = "") -> None:
        """Assign the ticket, as the gateway does."""
        await self.tickets.start(self.key, self.notice(NoticeKind.ASSIGNED, id=id))

    async def go_on(self, phase: Phase, *, skips: bool = False, **known: Any) -> None:
        """Start in the middle of a life, as after a history that was cut.

        With `skips`, time flies whenever nothing else happens.
        """
        ledger = self.team.ledger
        ledger.replace(MID_LIFE, "ticket", "current", self.team.text())
        ledger.write(MID_LIFE, 0, [Message(role="system"), Message(role="user")])
        state = TicketState(
            key=self.key,
            site=self.site,
            life=MID_LIFE,
            started="2026-01-05T00:00:00Z",
            phase=phase,
            policy=self.team.policy,
            repository=SHOP,
            branch=BRANCH,
            position=2,
            base=self.team.base,
            **known,
        )
        client = self.skipper.client if skips else self.client
        await client.start_workflow(
            "Ticket",
            TicketStart(key=self.key, site=self.site, state=state),
            id=workflow_id(self.site, self.key),
            task_queue=TASK_QUEUE,
        )

    async def go_on_with_pull_request(
        self, phase: Phase, conclusion: str | None = None, *, skips: bool = False, **known: Any
    ) -> None:
        """Start in a phase in which the pull request is open already."""
        team = self.team
        commit = team.open_pull_request({"app.py": "price = 2\n"}, conclusion)
        name, number = team.pull
        team.ledger.replace(MID_LIFE, "summary", "current", {"title": "Fix it", "summary": "Done."})
        url = team.host.pulls[name, number].value.url
        place = {"pull_request": number, "pull_request_url": url}
        heads = {"published": commit, "head": commit}
        await self.go_on(phase, skips=skips, **place, **heads, **known)

    async def tell(self, kind: NoticeKind, text: str = "", id: str = "") -> None:
        """Tell the ticket something."""
        assert await self.tickets.tell(self.key, self.notice(kind, text, id))

    async def comment(self, text: str, by: ActorId = LEAD) -> None:
        """Somebody comments on the ticket, and the gateway decides what it means."""
        said = TicketCommented(key=self.key, comment_id="1", actor=by, text=text)
        event = Event(id=f"jira:{next(self._numbers)}", happening=said)
        decision = route(event, self.team.people)
        assert isinstance(decision, Tell)
        assert await self.tickets.tell(decision.key, decision.notice)

    async def status(self) -> TicketStatus:
        """Return where the ticket stands."""
        found = await self.tickets.status(self.key)
        assert found is not None
        return found

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until something is true of the fakes."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not condition():  # noqa: ASYNC110 - the fakes and the server send no events
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"it is still so: {self.team}") from None

    async def until_phase(self, words: str) -> None:
        """Wait until the card says so."""
        await self.until(lambda: words in self.team.headline)

    async def until_rest(self, words: str) -> None:
        """Wait until the card says so and nothing is under way any more."""
        await self.until_phase(words)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self._is_busy():  # noqa: ASYNC110 - the fakes and the server send no events
                await asyncio.sleep(0.01)

    async def _is_busy(self) -> bool:
        described = (await self.handle.describe()).raw_description
        return bool(_under_way(described) or described.pending_children)

    async def until_told(self) -> None:
        """Wait until the running stage has got a signal."""
        stage = await self._stage()
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for event in stage.fetch_history_events(wait_new_event=True):
                if event.HasField("workflow_execution_signaled_event_attributes"):
                    return

    async def until_stage_rests(self) -> None:
        """Wait until nothing is under way in the running stage."""
        stage = await self._stage()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while _under_way((await stage.describe()).raw_description):  # noqa: ASYNC110 - the fakes and the server send no events
                await asyncio.sleep(0.01)

    async def _stage(self) -> WorkflowHandle[Any, Any]:
        (child,) = (await self.handle.describe()).raw_description.pending_children
        return self.client.get_workflow_handle(child.workflow_id)

    async def result(self) -> TicketResult:
        """Wait for the end."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found: TicketResult = await self.handle.result()
        except TimeoutError:
            raise AssertionError(f"it does not end: {self.team}") from None
        return found

    async def fast_forward(self, duration: timedelta) -> None:
        """Let time pass for the ticket."""
        await asyncio.wait_for(self.skipper.fast_forward(self.handle, duration), PATIENCE_SECONDS)

    async def histories(self) -> list[WorkflowHistory]:
        """Return the histories of the ticket and of its stages, all runs of each."""
        found: list[WorkflowHistory] = []
        waiting = [(self.handle.id, await self._first_run())]
        while waiting:
            history = await self.client.get_workflow_handle(
                waiting[0][0], run_id=waiting.pop(0)[1]
            ).fetch_history()
            found.append(history)
            waiting += [link for event in history.events if (link := _follow(history, event))]
        return found

    async def story(self) -> list[str]:
        """Return what the ticket did, by names of activities, and where its stages ended."""
        found: list[str] = []
        for event in (await self.handle.fetch_history()).events:
            if event.HasField("activity_task_scheduled_event_attributes"):
                found.append(event.activity_task_scheduled_event_attributes.activity_type.name)
            elif EventType.Name(event.event_type) in STAGE_ENDS:
                found.append(STAGE_ENDED)
        return found

    async def _first_run(self) -> str:
        described = await self.handle.describe()
        return described.raw_description.workflow_execution_info.first_run_id

    async def close(self) -> None:
        """End what still runs, so that no later test meets it."""
        self.team.holds.release()
        try:
            described = await self.handle.describe()
            await self.handle.terminate()
        except RPCError:
            return
        for child in described.raw_description.pending_children:
            await self.client.get_workflow_handle(child.workflow_id).terminate()


def _under_way(described: DescribeWorkflowExecutionResponse) -> bool:
    return bool(described.pending_activities) or described.HasField("pending_workflow_task")


def _follow(history: WorkflowHistory, event: HistoryEvent) -> tuple[str, str] | None:
    """Return the workflow and the run that an event of a history leads to."""
    child = event.child_workflow_execution_started_event_attributes.workflow_execution
    if child.run_id:
        return child.workflow_id, child.run_id
    following = event.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return (history.workflow_id, following) if following else None


@asynccontextmanager
async def working(address: str, team: Team, key: TicketKey = KEY) -> AsyncIterator[Running]:
    """Run our workers over a team of fakes."""
    client = await Client.connect(address, data_converter=DATA_CONVERTER, runtime=runtime())
    running = Running(client, team, key)
    heavy, light = build_workers(client, *team.activities())
    async with heavy, light:
        try:
            yield running
        finally:
            await running.close()
    gc.collect()
