"""From assignment to merge."""

import asyncio
from collections.abc import Iterator

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1 import WorkflowMetadata

from agent.domain.progress import Outcome
from tests.workflow.service import Running, working
from tests.workflow.team import SHOP, Team, plan, write
from workflows.life import PHASE, REPOSITORY, TICKET_KEY
from workflows.state import NoticeKind, TicketResult

LARGEST_BYTES = 4_096


def payloads(message: Message) -> Iterator[Payload]:
    """Return every payload that is somewhere in a message."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        is_map = field.message_type.GetOptions().map_entry
        several = value.values() if is_map else value if field.is_repeated else [value]
        for each in several:
            if isinstance(each, Message):
                yield from payloads(each)


async def merged(ticket: Running) -> TicketResult:
    """Let a person merge as soon as a review is asked for."""
    await ticket.until_rest("waiting for review")
    ticket.team.host.merge(*ticket.team.pull)
    await ticket.tell(NoticeKind.LOOK)
    return await ticket.result()


def straight() -> Team:
    """Return a team in which nothing goes wrong."""
    team = Team(plan(), write("price = 2\n"))
    team.assign()
    team.host.conclusions = ["success"]
    return team


async def test_a_ticket_goes_from_assignment_to_merge(temporal: str) -> None:
    team = straight()
    async with working(temporal, team) as ticket:
        await ticket.start()
        result = await merged(ticket)
    assert result.outcome is Outcome.MERGED
    assert [status for _, status in team.tracker.moves] == ["In Progress", "In Review", "Done"]
    assert len(team.workspace.pushes) == 1
    assert len(team.chat.cards) == 1


async def test_everything_that_travels_through_temporal_is_small(temporal: str) -> None:
    team = straight()
    async with working(temporal, team) as ticket:
        await ticket.start()
        await merged(ticket)
        histories = await ticket.histories()
    sizes = [p.ByteSize() for h in histories for event in h.events for p in payloads(event)]
    assert len(histories) == 3
    assert 100 < max(sizes) < LARGEST_BYTES


async def test_ten_assignments_at_once_lead_to_one_life(temporal: str) -> None:
    team = Team(plan(migrations=["a new column"]))
    team.assign()
    async with working(temporal, team) as ticket:
        await asyncio.gather(*(ticket.start() for _ in range(10)))
        await ticket.until_rest("waits for approval")
        runs = await ticket.histories()
    assert len({h.run_id for h in runs if h.workflow_id == ticket.handle.id}) == 1
    assert len(team.chat.cards) == 1


async def test_a_second_assignment_joins_the_running_life(temporal: str) -> None:
    team = Team(plan(migrations=["a new column"]))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest("waits for approval")
        before = (await ticket.status()).life
        await ticket.start()
        after = (await ticket.status()).life
    assert before == after


async def test_a_delivery_that_comes_twice_is_taken_in_once(temporal: str) -> None:
    team = Team(*[plan(migrations=["a new column"])] * 3)
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest("waits for approval")
        await ticket.tell(NoticeKind.SAID, "Do it otherwise.", id="slack:1")
        await ticket.tell(NoticeKind.SAID, "Do it otherwise.", id="slack:1")
        await ticket.until(lambda: len(team.model.heard) == 2)
        await ticket.until_rest("waits for approval")
    assert len(team.model.heard) == 2


async def test_a_ticket_can_be_assigned_again_after_its_life_is_over(temporal: str) -> None:
    team = Team()
    team.tracker.move(team.assign(), "Done")
    async with working(temporal, team) as ticket:
        await ticket.start()
        first = await ticket.result()
        await ticket.start()
        second = await ticket.result()
    assert first.life != second.life


async def test_nobody_is_told_when_no_life_runs(temporal: str) -> None:
    team = Team()
    async with working(temporal, team) as ticket:
        assert not await ticket.tickets.tell(ticket.key, ticket.notice(NoticeKind.LOOK))


async def test_a_waiting_ticket_can_be_found_and_read_in_temporal(temporal: str) -> None:
    team = Team(plan(migrations=["a new column"]))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest("waits for approval")
        found = (await ticket.handle.describe()).typed_search_attributes
        page = await ticket.handle.query(
            "__temporal_workflow_metadata", result_type=WorkflowMetadata
        )
    assert [found[key] for key in (TICKET_KEY, PHASE, REPOSITORY)] == [
        ticket.key,
        "approval",
        SHOP.name,
    ]
    assert f"**{ticket.key}** · approval" in page.current_details
