"""How Temporal is reached, and how tickets are started and told, on a real server.

The workflow that stands in for a ticket's life takes notices in until it is cancelled.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from agent.domain.errors import SettingsError, TransientError
from agent.domain.ids import TicketKey
from agent.domain.progress import Phase
from workflows.embedded import SEARCH_ATTRIBUTES, EmbeddedTemporal
from workflows.processes import free_port
from workflows.runner import TASK_QUEUE
from workflows.state import Notice, NoticeKind, Receipt, TicketStart, TicketState, TicketStatus
from workflows.temporal import (
    TemporalTickets,
    add_search_attributes,
    connect,
    is_configured,
    runtime,
    workflow_id,
)

KEY, OTHER = TicketKey("PAY-7"), TicketKey("PAY-8")


@workflow.defn(name="Ticket")
class Life:
    """A ticket's life as `TemporalTickets` sees it."""

    @workflow.init
    def __init__(self, start: TicketStart) -> None:
        run = workflow.info().run_id
        self._state = TicketState(
            key=start.key, site=start.site, life=run, started=workflow.now(), phase=Phase.PLAN
        )

    @workflow.run
    async def run(self, start: TicketStart) -> None:
        await workflow.wait_condition(lambda: self._state.stop is not None)

    @workflow.update
    def submit(self, notice: Notice) -> Receipt:
        return Receipt(accepted=self._state.take_in(notice), phase=self._state.phase)

    @submit.validator
    def _check(self, notice: Notice) -> None:
        if notice.text == "nonsense":
            raise ValueError("that is nonsense")

    @workflow.query
    def status(self) -> TicketStatus:
        known = dict.fromkeys(TicketStatus.model_fields)
        state = self._state.model_dump(include=set(TicketStatus.model_fields))
        return TicketStatus.model_validate(known | state | {"steps": len(self._state.seen)})


def notice(name: str, kind: NoticeKind = NoticeKind.SAID, text: str = "") -> Notice:
    return Notice(id=name, kind=kind, actor="jira:lead", text=text)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    temporal = EmbeddedTemporal(tmp_path_factory.mktemp("temporal"), free_port(), None)
    temporal.start()
    yield temporal
    temporal.stop()


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: object) -> None:
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", "/nowhere/temporal.toml")
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def client(server: EmbeddedTemporal) -> Client:
    return await connect(server.address)


@pytest.fixture
async def tickets(client: Client, request: pytest.FixtureRequest) -> AsyncIterator[TemporalTickets]:
    """Return the tickets of a site that only this test has, with somebody who works on them."""
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[Life],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with worker:
        yield TemporalTickets(client, request.node.name)


async def end(tickets: TemporalTickets, client: Client, site: str) -> None:
    """Cancel the ticket and wait until its life has ended."""
    await tickets.tell(KEY, notice("end", NoticeKind.CANCEL))
    await client.get_workflow_handle(workflow_id(site, KEY)).result()


def test_nothing_set_means_that_the_embedded_server_is_used() -> None:
    assert not is_configured()


def test_an_address_in_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example.com:7233")
    assert is_configured()


async def test_the_environment_comes_before_the_address_that_is_given(
    server: EmbeddedTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)
    client = await connect("127.0.0.1:9")
    assert client.service_client.config.target_host == server.address


async def test_nothing_that_answers_is_said_with_address_and_fix() -> None:
    address = f"127.0.0.1:{free_port()}"
    said = rf"Temporal does not answer at {address}: start `backsmith up`, or set TEMPORAL_ADDRESS"
    with pytest.raises(TransientError, match=said):
        await connect(address)


def test_the_sdk_has_one_runtime_in_a_process() -> None:
    assert runtime() is runtime()


async def test_search_attributes_can_be_added_again_and_again(client: Client) -> None:
    for _ in range(2):
        await add_search_attributes(client, [*SEARCH_ATTRIBUTES, "Another"])


def test_a_ticket_has_one_workflow_id_per_site() -> None:
    assert workflow_id("acme.atlassian.net", KEY) == "ticket/acme.atlassian.net/PAY-7"


async def test_a_ticket_is_started_and_told_in_one_call(tickets: TemporalTickets) -> None:
    receipt = await tickets.start(KEY, notice("a", NoticeKind.ASSIGNED))
    assert receipt == Receipt(accepted=True, phase=Phase.PLAN)
    status = await tickets.status(KEY)
    assert status is not None
    assert (status.key, status.steps) == (KEY, 1)


async def test_a_second_assignment_tells_the_running_ticket(tickets: TemporalTickets) -> None:
    await tickets.start(KEY, notice("a", NoticeKind.ASSIGNED))
    first = await tickets.status(KEY)
    assert (await tickets.start(KEY, notice("b", NoticeKind.ASSIGNED))).accepted
    second = await tickets.status(KEY)
    assert first is not None
    assert second is not None
    assert (second.life, second.steps) == (first.life, 2)


async def test_many_assignments_at_once_start_one_life(tickets: TemporalTickets) -> None:
    await asyncio.gather(*(tickets.start(KEY, notice(f"a{n % 3}")) for n in range(9)))
    status = await tickets.status(KEY)
    assert status is not None
    assert status.steps == 3


async def test_a_running_ticket_is_told_once_per_notice(tickets: TemporalTickets) -> None:
    await tickets.start(KEY, notice("a", NoticeKind.ASSIGNED))
    assert await tickets.tell(KEY, notice("b"))
    assert await tickets.tell(KEY, notice("b"))
    status = await tickets.status(KEY)
    assert status is not None
    assert status.steps == 2


async def test_a_ticket_that_never_ran_cannot_be_told_and_has_no_status(
    tickets: TemporalTickets,
) -> None:
    assert not await tickets.tell(KEY, notice("a"))
    assert await tickets.status(KEY) is None


async def test_a_life_that_ended_cannot_be_told_but_still_has_a_status(
    tickets: TemporalTickets, client: Client, request: pytest.FixtureRequest
) -> None:
    await tickets.start(KEY, notice("a", NoticeKind.ASSIGNED))
    await end(tickets, client, request.node.name)
    assert not await tickets.tell(KEY, notice("b"))
    assert await tickets.status(KEY) is not None


async def test_an_assignment_after_the_end_begins_a_new_life(
    tickets: TemporalTickets, client: Client, request: pytest.FixtureRequest
) -> None:
    await tickets.start(KEY, notice("a", NoticeKind.ASSIGNED))
    before = await tickets.status(KEY)
    await end(tickets, client, request.node.name)
    await tickets.start(KEY, notice("b", NoticeKind.ASSIGNED))
    after = await tickets.status(KEY)
    assert before is not None
    assert after is not None
    assert before.life != after.life


async def test_a_notice_that_the_ticket_refuses_is_said(tickets: TemporalTickets) -> None:
    await tickets.start(KEY, notice("a", NoticeKind.ASSIGNED))
    with pytest.raises(SettingsError, match=r"PAY-7 refused the notice: .*nonsense"):
        await tickets.tell(KEY, notice("b", text="nonsense"))


async def test_only_the_running_tickets_of_this_site_are_listed(
    tickets: TemporalTickets, client: Client
) -> None:
    await tickets.start(KEY, notice("a", NoticeKind.ASSIGNED))
    await tickets.start(OTHER, notice("a", NoticeKind.ASSIGNED))
    await TemporalTickets(client, "elsewhere").start(KEY, notice("a", NoticeKind.ASSIGNED))
    found: list[TicketKey] = []
    async with asyncio.timeout(20):
        while len(found) < 2:  # the service's list lags behind a little
            found = await tickets.running()
    assert sorted(found) == [KEY, OTHER]
