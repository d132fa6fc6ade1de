"""A channel that cannot be reached stops nobody's work."""

from agent.domain.conversation import Message
from agent.domain.progress import Phase
from tests.workflow.service import working
from tests.workflow.team import Team, plan, write


def going_down(team: Team) -> Message:
    """Lose the channel while the model plans."""
    team.chat.is_down = True
    return plan()


async def test_a_plan_that_nobody_must_approve_does_not_wait_for_the_channel(
    temporal: str,
) -> None:
    team = Team(lambda _: going_down(team), write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.PLAN)
        await ticket.until(lambda: len(team.model.heard) == 2)
