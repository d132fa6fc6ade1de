"""From assignment to merge."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHistory

from agent.domain.evidence import verdict
from agent.domain.progress import Outcome
from agent.done import checklist, verdict_text
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
        several = value.values() if isinstance(value, Mapping) else value
        several = several if field.is_repeated else [value]
        for each in several:
            if isinstance(each, Message):
                yield from payloads(each)


async def merged(ticket: Running) -> TicketResult:
    """Let a person merge as soon as a review is asked for."""
    await ticket.until_rest("waiting for review")
    ticket.team.host.merge(*ticket.team.pull)
    await ticket.tell(NoticeKind.LOOK)
    return await ticket.result()


class Lived(NamedTuple):
    """One life that is over, for the tests that look at it from several sides."""

    team: Team
    result: TicketResult
    histories: list[WorkflowHistory]


@pytest.fixture(scope="module")
def life(temporal: str) -> Lived:
    """A life in which nothing goes wrong."""
    team = Team(plan(), write("price = 2\n"))
    team.assign()
    team.host.conclusions = ["success"]

    async def live() -> Lived:
        async with working(temporal, team) as ticket:
            await ticket.start()
            return Lived(team, await merged(ticket), await ticket.histories())

    return asyncio.run(live())


def test_a_ticket_goes_from_assignment_to_merge(life: Lived) -> None:
    moves = [status for _, status in life.team.tracker.moves]
    assert life.result.outcome is Outcome.MERGED
    assert moves == ["In Progress", "In Review", "Done"]


def test_a_life_has_one_push_and_one_message_in_the_channel(life: Lived) -> None:
    assert len(life.team.workspace.pushes) == 1
    assert len(life.team.chat.cards) == 1


def test_the_published_commit_carries_the_verdict_once(life: Lived) -> None:
    (_, commit), *others = life.team.workspace.pushes
    pull = life.team.host.pulls[life.team.pull].value
    shown = life.team.host.verdicts[pull.repository, commit]
    evidence = life.team.ledger.evidence(life.result.life, commit)
    assert not others
    assert shown == [(verdict(evidence), verdict_text(evidence), pull.url)]


def test_the_body_ticks_what_the_evidence_of_the_published_commit_shows(life: Lived) -> None:
    (_, commit), *_ = life.team.workspace.pushes
    body = life.team.host.pulls[life.team.pull].value.body
    boxes = checklist(life.team.ledger.evidence(life.result.life, commit), commit)
    assert body.count("- [x]") == sum(box.is_ticked for box in boxes) > 0


def test_the_stages_have_histories_of_their_own(life: Lived) -> None:
    assert len(life.histories) == 3


def test_everything_that_travels_through_temporal_is_small(life: Lived) -> None:
    events = [event for history in life.histories for event in history.events]
    sizes = [payload.ByteSize() for event in events for payload in payloads(event)]
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
