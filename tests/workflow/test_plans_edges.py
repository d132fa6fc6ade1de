"""Which plans wait for a person, and what the person's answer does."""

from agent.domain.progress import Phase
from tests.workflow.service import Running, working
from tests.workflow.team import Team, plan

RISKY = plan(migrations=["a new column"])
SAFE = plan()
WAITS, WORKS = "waits for approval", "writing code and tests"


async def planned(ticket: Running) -> None:
    await ticket.go_on(Phase.PLAN)


async def test_a_plan_that_waits_by_policy_alone_names_no_risk(temporal: str) -> None:
    team = Team(SAFE, approval="always")
    team.assign()
    async with working(temporal, team) as ticket:
        await planned(ticket)
        await ticket.until_phase(WAITS)
    assert "because ." not in team.thread[0]
