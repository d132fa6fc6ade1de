"""A channel that cannot be reached stops nobody's work."""

from agent.domain.conversation import Message
from agent.domain.progress import Outcome, Phase
from tests.workflow.service import working
from tests.workflow.team import Team, plan, write
from workflows.state import NoticeKind


def going_down(team: Team) -> Message:
    """Lose the channel while the model plans."""
    team.chat.is_down = True
    return plan()


async def test_a_ticket_goes_on_while_the_channel_is_down(temporal: str) -> None:
    team = Team()
    team.assign()
    team.chat.is_down = True
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI, "success")
        await ticket.until(lambda: not team.host.pulls[team.pull].value.is_draft)
        team.host.merge(*team.pull)
        await ticket.tell(NoticeKind.LOOK)
        result = await ticket.result()
    assert result.outcome is Outcome.MERGED


async def test_a_plan_that_nobody_must_approve_does_not_wait_for_the_channel(
    temporal: str,
) -> None:
    team = Team(lambda _: going_down(team), write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.PLAN)
        await ticket.until(lambda: len(team.model.heard) == 2)
