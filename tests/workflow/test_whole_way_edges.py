"""From assignment to merge."""

from collections.abc import Iterator, Mapping

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload

from tests.workflow.service import Running, working
from tests.workflow.team import Team, plan, write
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


def straight() -> Team:
    """Return a team in which nothing goes wrong."""
    team = Team(plan(), write("price = 2\n"))
    team.assign()
    team.host.conclusions = ["success"]
    return team


async def test_a_ticket_can_be_assigned_again_after_its_life_is_over(temporal: str) -> None:
    team = Team()
    team.tracker.move(team.assign(), "Done")
    async with working(temporal, team) as ticket:
        await ticket.start()
        first = await ticket.result()
        await ticket.start()
        second = await ticket.result()
    assert first.life != second.life
