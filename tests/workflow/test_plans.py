"""Which plans wait for a person, and what the person's answer does."""

import pytest

from agent.domain.conversation import Message
from agent.domain.ids import ActorId
from agent.domain.progress import Phase
from tests.fakes.tracker import LEAD, OURSELVES
from tests.workflow.service import Running, working
from tests.workflow.team import Team, plan, write
from workflows.gateway import People
from workflows.state import NoticeKind

RISKY = plan(migrations=["a new column"])
SAFE = plan()
ENGINEER = ActorId("jira:engineer")
WAITS, WORKS = "waits for approval", "writing code and tests"


async def planned(ticket: Running) -> None:
    await ticket.go_on(Phase.PLAN)


@pytest.mark.parametrize(
    ("proposed", "policy", "following"),
    [
        (SAFE, "risky", WORKS),
        (RISKY, "risky", WAITS),
        (SAFE, "always", WAITS),
        (RISKY, "never", WORKS),
    ],
)
async def test_the_policy_decides_which_plans_wait(
    temporal: str, proposed: Message, policy: str, following: str
) -> None:
    team = Team(proposed, approval=policy)
    team.assign()
    async with working(temporal, team) as ticket:
        await planned(ticket)
        await ticket.until_phase(following)


async def test_an_approved_plan_is_carried_out(temporal: str) -> None:
    team = Team(RISKY, write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await planned(ticket)
        await ticket.until_rest(WAITS)
        await ticket.tell(NoticeKind.APPROVE)
        await ticket.until(lambda: team.host.pulls)
    assert "approved by a person" in team.heard()
    assert "jira:lead" in team.host.pulls[team.pull].value.body


async def test_a_remark_on_the_plan_leads_to_a_new_plan(temporal: str) -> None:
    team = Team(RISKY, RISKY)
    team.assign()
    async with working(temporal, team) as ticket:
        await planned(ticket)
        await ticket.until_rest(WAITS)
        await ticket.tell(NoticeKind.SAID, "Do it without a new column.")
        await ticket.until(lambda: len(team.model.heard) == 2)
        await ticket.until_rest(WAITS)
    assert "Do it without a new column." in team.heard()
    assert sum("**Plan.**" in text for text in team.thread) == 2


async def test_a_remark_with_the_approval_reaches_the_developer(temporal: str) -> None:
    team = Team(RISKY, write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await planned(ticket)
        await ticket.until_rest(WAITS)
        await ticket.tell(NoticeKind.PAUSE)
        await ticket.tell(NoticeKind.SAID, "Mind the rounding.")
        await ticket.tell(NoticeKind.APPROVE)
        await ticket.tell(NoticeKind.RESUME)
        await ticket.until(lambda: len(team.model.heard) == 2)
    assert "Mind the rounding." in team.heard()


async def test_a_plan_that_waits_by_policy_alone_names_no_risk(temporal: str) -> None:
    team = Team(SAFE, approval="always")
    team.assign()
    async with working(temporal, team) as ticket:
        await planned(ticket)
        await ticket.until_phase(WAITS)
    assert "because ." not in team.thread[0]


async def test_a_mere_yes_counts_only_from_those_who_may_approve(temporal: str) -> None:
    team = Team(RISKY, write("price = 2\n"))
    team.people = People(own=frozenset({OURSELVES}), approvers=frozenset({LEAD}))
    team.assign()
    async with working(temporal, team) as ticket:
        await planned(ticket)
        await ticket.until_rest(WAITS)
        await ticket.comment("Yes!", by=ENGINEER)
        await ticket.until_rest(WAITS)
        assert len(team.model.heard) == 1
        await ticket.comment("Yes!", by=LEAD)
        await ticket.until(lambda: team.host.pulls)
    assert len(team.model.heard) == 2
    assert f"{LEAD}" in team.host.pulls[team.pull].value.body


async def test_a_remark_by_somebody_who_may_not_approve_leads_to_a_new_plan(temporal: str) -> None:
    team = Team(RISKY, RISKY)
    team.people = People(own=frozenset({OURSELVES}), approvers=frozenset({LEAD}))
    team.assign()
    async with working(temporal, team) as ticket:
        await planned(ticket)
        await ticket.until_rest(WAITS)
        await ticket.comment("Yes, but without a new column.", by=ENGINEER)
        await ticket.until(lambda: len(team.model.heard) == 2)
    assert "without a new column." in team.heard()
