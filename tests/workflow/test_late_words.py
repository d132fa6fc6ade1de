"""Words and webhooks that come late, or in an odd order."""

import pytest

from agent.domain.errors import QuotaSpentError
from agent.domain.progress import Outcome, Phase
from tests.fakes.chat_model import call
from tests.workflow.service import MID_LIFE, working
from tests.workflow.team import Team, plan, write
from workflows.state import NoticeKind


async def test_a_ticket_given_to_us_once_more_during_review_ends_as_merged(temporal: str) -> None:
    team = Team()
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.REVIEW, "success")
        await ticket.until_rest("waiting for review")
        await ticket.tell(NoticeKind.UNASSIGNED)
        await ticket.start()
        await ticket.until_rest("waiting for review")
        team.host.merge(*team.pull)
        await ticket.tell(NoticeKind.LOOK)
        result = await ticket.result()
    assert (result.outcome, result.life) == (Outcome.MERGED, MID_LIFE)
    assert len(team.chat.cards) == 1


async def test_a_cancellation_counts_while_the_ticket_is_asked_whose_it_is(temporal: str) -> None:
    team = Team()
    team.assign()
    hold = team.holds.at("fetch_ticket")
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.REVIEW)
        await ticket.until_rest("waiting for review")
        await ticket.tell(NoticeKind.UNASSIGNED)
        await ticket.until(hold.reached.is_set)
        await ticket.tell(NoticeKind.CANCEL)
        hold.released.set()
        result = await ticket.result()
    assert result.outcome is Outcome.CANCELLED


async def test_a_ticket_taken_away_again_while_its_life_ends_is_left_alone(temporal: str) -> None:
    team = Team(plan(migrations=["a new column"]))
    key = team.assign()
    hold = team.holds.at("close_pull_request")
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.REVIEW)
        await ticket.until_rest("waiting for review")
        await ticket.tell(NoticeKind.CANCEL)
        await ticket.until(hold.reached.is_set)
        await ticket.start()
        team.tracker.give(key, "lead")
        await ticket.tell(NoticeKind.UNASSIGNED)
        hold.released.set()
        await ticket.result()
    assert team.model.heard == []


async def test_a_paused_ticket_stays_paused_when_told_late_that_it_was_given_away(
    temporal: str,
) -> None:
    team = Team()
    team.assign()
    hold = team.holds.at("read_checks")
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI, "success")
        await ticket.until(hold.reached.is_set)
        await ticket.tell(NoticeKind.PAUSE)
        hold.released.set()
        await ticket.until_rest("waiting for CI")
        await ticket.tell(NoticeKind.UNASSIGNED)
        await ticket.until_rest("waiting for")
    assert team.headline == "waiting for CI"


@pytest.mark.parametrize("answered", [True, False])
async def test_a_word_in_review_is_worked_on_after_a_question_or_a_block(
    temporal: str, answered: bool
) -> None:
    first = (
        call("ask_human", questions=["Gross or net?"]) if answered else QuotaSpentError("no money")
    )
    team = Team(first, write("price = 3\n"))
    team.assign()
    team.host.conclusions = ["success"]
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.REVIEW, "success")
        await ticket.until_rest("waiting for review")
        await ticket.tell(NoticeKind.SAID, "Please make it 3.")
        await ticket.until_rest("waiting for an answer" if answered else "blocked")
        await ticket.tell(NoticeKind.SAID, "Net.")
        await ticket.until(lambda: len(team.workspace.pushes) == 2)
    assert "Net." in team.heard()
    assert "Please make it 3." in team.heard()
