"""Cancelling a ticket, or giving it to somebody else, in each of its phases."""

import pytest

from agent.domain.progress import Outcome, Phase
from tests.fakes.chat_model import Saying
from tests.workflow.service import MID_LIFE, STAGE_ENDED, Running, working
from tests.workflow.team import BRANCH, Team, look, plan, write
from workflows.state import NoticeKind, TicketResult

STOPPED = "I have stopped working on it."


async def cancelled(ticket: Running) -> TicketResult:
    await ticket.tell(NoticeKind.CANCEL)
    return await ticket.result()


def thinking_long(team: Team) -> Saying:
    team.holds.pass_by("model")
    return look()


async def test_a_cancelled_plan_is_not_carried_out(temporal: str) -> None:
    team = Team(plan(migrations=["a new column"]))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest("waits for approval")
        result = await cancelled(ticket)
    assert result.outcome is Outcome.CANCELLED
    assert len(team.model.heard) == 1


@pytest.mark.parametrize("phase", [Phase.CI, Phase.REVIEW])
async def test_cancelling_while_others_work_closes_the_pull_request_once(
    temporal: str, phase: Phase
) -> None:
    team = Team()
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(phase)
        await ticket.until_rest("waiting for")
        result = await cancelled(ticket)
    assert result.outcome is Outcome.CANCELLED
    assert not team.host.pulls[team.pull].value.is_open
    assert team.host.closings == 1
    assert team.workspace.closed == [MID_LIFE]
    assert [STOPPED in text for text in team.thread] == [True]


async def test_cancelling_during_the_gates_removes_the_worktree_for_good(temporal: str) -> None:
    team = Team(write("price = 2\n"))
    team.assign()
    hold = team.holds.at("tests")
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until(hold.reached.is_set)
        await cancelled(ticket)
    assert team.workspace.closed == [MID_LIFE]
    assert team.workspace.trees == {}


async def test_a_ticket_given_to_somebody_else_is_let_go(temporal: str) -> None:
    team = Team()
    key = team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.REVIEW)
        await ticket.until_rest("waiting for review")
        team.tracker.give(key, "lead")
        await ticket.tell(NoticeKind.UNASSIGNED)
        result = await ticket.result()
    assert result.outcome is Outcome.CANCELLED
    assert "given to somebody else" in team.thread[-1]


async def test_a_paused_ticket_can_be_cancelled(temporal: str) -> None:
    team = Team()
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI)
        await ticket.until_rest("waiting for CI")
        await ticket.tell(NoticeKind.PAUSE)
        result = await cancelled(ticket)
    assert result.outcome is Outcome.CANCELLED


async def test_cancelling_the_workflow_itself_cleans_up_too(temporal: str) -> None:
    team = Team()
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.REVIEW)
        await ticket.until_rest("waiting for review")
        await ticket.handle.cancel()
        result = await ticket.result()
    assert result.outcome is Outcome.CANCELLED
    assert team.host.closings == 1


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


async def test_a_ticket_given_back_while_its_life_ends_begins_another_life(temporal: str) -> None:
    team = Team(plan(migrations=["a new column"]))
    team.assign()
    hold = team.holds.at("close_pull_request")
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.REVIEW)
        await ticket.until_rest("waiting for review")
        await ticket.tell(NoticeKind.CANCEL)
        await ticket.until(hold.reached.is_set)
        await ticket.start()
        hold.released.set()
        await ticket.until(lambda: "waits for approval" in team.chat.cards[-1].text)
        status = await ticket.status()
    assert status.life != MID_LIFE
    assert status.branch == f"{BRANCH}-{status.life[-4:]}"
    assert team.host.closings == 1


async def test_a_late_word_that_the_ticket_was_given_away_changes_nothing(temporal: str) -> None:
    team = Team()
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.REVIEW)
        await ticket.until_rest("waiting for review")
        await ticket.tell(NoticeKind.UNASSIGNED)
        await ticket.until_rest("waiting for review")
        assert (team.host.closings, team.thread) == (0, [])
        team.host.merge(*team.pull)
        await ticket.tell(NoticeKind.LOOK)
        result = await ticket.result()
    assert result.outcome is Outcome.MERGED


async def test_a_stage_is_not_disturbed_by_a_late_word_that_the_ticket_was_given_away(
    temporal: str,
) -> None:
    team = Team(lambda _: thinking_long(team), write("price = 2\n"))
    team.assign()
    hold = team.holds.at("model")
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until(hold.reached.is_set)
        await ticket.tell(NoticeKind.UNASSIGNED)
        hold.released.set()
        await ticket.until_phase("waiting for CI")
    assert len(team.model.heard) == 2


async def test_a_stage_stops_when_the_ticket_was_given_to_somebody_else(temporal: str) -> None:
    team = Team(lambda _: thinking_long(team))
    key = team.assign()
    hold = team.holds.at("model")
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until(hold.reached.is_set)
        team.tracker.give(key, "lead")
        await ticket.tell(NoticeKind.UNASSIGNED)
        result = await ticket.result()
    assert result.outcome is Outcome.CANCELLED
    assert team.workspace.trees == {}
