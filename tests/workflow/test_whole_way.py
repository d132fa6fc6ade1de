"""From assignment to merge."""

from agent.domain.progress import Outcome
from tests.workflow.service import working
from tests.workflow.team import Team, plan, write
from workflows.state import NoticeKind


async def test_a_ticket_goes_from_assignment_to_merge(temporal: str) -> None:
    team = Team(plan(), write("price = 2\n"))
    team.assign()
    team.host.conclusions = ["success"]
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_phase("waiting for review")
        team.host.merge(*team.pull)
        await ticket.tell(NoticeKind.LOOK)
        result = await ticket.result()
    assert result.outcome is Outcome.MERGED
