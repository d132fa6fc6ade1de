"""Waiting for CI, and mending what it finds."""

from datetime import timedelta

from agent.domain.progress import Outcome, Phase
from tests.workflow.service import working
from tests.workflow.team import BRANCH, SHOP, Team, write
from workflows.state import NoticeKind

RED, GREEN = "failure", "success"


async def test_a_red_check_is_mended_with_its_log_and_published_again(temporal: str) -> None:
    team = Team(write("price = 3\n"))
    team.assign()
    team.host.conclusions = [GREEN]
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI, RED)
        await ticket.until_phase("waiting for review")
    assert "E  assert 1 == 2" in team.heard()
    assert len(team.workspace.pushes) == 2


async def test_a_check_that_fails_too_often_blocks_the_ticket(temporal: str) -> None:
    team = Team(write("price = 3\n"), max_repairs=1)
    team.assign()
    team.host.conclusions = [RED]
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI, RED)
        await ticket.until_phase("blocked")
    assert "CI still fails: tests" in team.headline


async def test_a_repair_without_a_change_blocks_the_ticket(temporal: str) -> None:
    team = Team(write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI, RED)
        await ticket.until_phase("blocked")
    assert "tests failed without a fault of ours" in team.headline


async def test_a_silent_ci_blocks_the_ticket_after_two_hours_and_not_before(temporal: str) -> None:
    team = Team(poll_seconds=1800)
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI)
        await ticket.until_rest("waiting for CI")
        await ticket.fast_forward(timedelta(hours=1, minutes=50))
        before = team.headline
        await ticket.fast_forward(timedelta(minutes=11))
        await ticket.until_phase("blocked")
    assert before == "waiting for CI"
    assert "CI did not report in time" in team.headline


async def test_ci_is_looked_at_without_any_webhook(temporal: str) -> None:
    team = Team()
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI)
        await ticket.until_rest("waiting for CI")
        team.host.report(SHOP.name, team.host.branches[SHOP.name, BRANCH], "tests", GREEN)
        await ticket.fast_forward(timedelta(seconds=61))
        await ticket.until_phase("waiting for review")


async def test_a_required_check_that_has_not_begun_is_waited_for(temporal: str) -> None:
    team = Team()
    team.assign()
    team.host.required[SHOP.name, SHOP.default_branch] = frozenset({"tests", "security"})
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI, GREEN)
        await ticket.until_rest("waiting for CI")
        team.host.report(SHOP.name, team.host.branches[SHOP.name, BRANCH], "security", GREEN)
        await ticket.tell(NoticeKind.LOOK)
        await ticket.until_phase("waiting for review")
    assert team.host.checks_read == 2


async def test_a_pull_request_that_a_person_closes_ends_the_ticket(temporal: str) -> None:
    team = Team()
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI)
        await ticket.until_rest("waiting for CI")
        team.host.close(*team.pull)
        await ticket.tell(NoticeKind.LOOK)
        result = await ticket.result()
    assert result.outcome is Outcome.CLOSED
    assert "closed without merging" in team.thread[-1]


async def test_a_pause_and_its_end_are_no_answer_to_a_later_block(temporal: str) -> None:
    team = Team(max_repairs=0)
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI)
        await ticket.until_rest("waiting for CI")
        await ticket.tell(NoticeKind.PAUSE)
        await ticket.tell(NoticeKind.RESUME)
        team.host.report(SHOP.name, team.host.branches[SHOP.name, BRANCH], "tests", RED)
        await ticket.tell(NoticeKind.LOOK)
        await ticket.until_rest("blocked")
    assert sum("I am stuck" in text for text in team.thread) == 1


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
