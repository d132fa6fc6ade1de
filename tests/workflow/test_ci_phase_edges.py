"""Waiting for CI, and mending what it finds."""

from agent.domain.progress import Phase
from tests.workflow.service import working
from tests.workflow.team import Team, write
from workflows.state import NoticeKind

RED, GREEN = "failure", "success"


async def test_what_a_person_says_to_a_block_reaches_the_repair(temporal: str) -> None:
    team = Team(write("price = 3\n"), max_repairs=1)
    team.assign()
    team.host.conclusions = [GREEN]
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI, RED, repairs=1)
        await ticket.until_rest("blocked")
        await ticket.tell(NoticeKind.SAID, "The price in the fixture is the old one.")
        await ticket.until_phase("waiting for review")
    assert "The price in the fixture is the old one." in team.heard()
