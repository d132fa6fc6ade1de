"""Cancelling a ticket, or giving it to somebody else, in each of its phases."""

from agent.domain.progress import Outcome, Phase
from tests.fakes.chat_model import Saying
from tests.workflow.service import STAGE_ENDED, Running, working
from tests.workflow.team import Team, look
from workflows.state import NoticeKind, TicketResult

STOPPED = "I have stopped working on it."


async def cancelled(ticket: Running) -> TicketResult:
    await ticket.tell(NoticeKind.CANCEL)
    return await ticket.result()


def thinking_long(team: Team) -> Saying:
    team.holds.pass_by("model")
    return look()


async def test_cancelling_while_ci_is_being_read_ends_the_ticket(temporal: str) -> None:
    team = Team()
    team.assign()
    hold = team.holds.at("read_checks")
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI)
        await ticket.until(hold.reached.is_set)
        await ticket.tell(NoticeKind.CANCEL)
        hold.released.set()
        result = await ticket.result()
    assert result.outcome is Outcome.CANCELLED


async def test_cancelling_during_a_model_call_ends_the_stage_first(temporal: str) -> None:
    team = Team(lambda _: thinking_long(team))
    team.assign()
    hold = team.holds.at("model")
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until(hold.reached.is_set)
        await cancelled(ticket)
        story = await ticket.story()
    assert story.index(STAGE_ENDED) < story.index("clean_up")
