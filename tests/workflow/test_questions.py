"""Asking people, and waiting for them."""

from datetime import timedelta

from agent.domain.progress import Outcome
from tests.fakes.chat_model import call
from tests.fakes.tracker import OURSELVES
from tests.workflow.service import working
from tests.workflow.team import Team, plan
from workflows.state import NoticeKind

WAITING = "waiting for an answer"
REMINDER = "A friendly reminder"


def reminders(team: Team) -> int:
    return sum(REMINDER in text for text in team.thread)


async def test_a_ticket_without_a_description_is_asked_about_in_both_places(
    temporal: str,
) -> None:
    team = Team()
    team.assign(description="")
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest(WAITING)
    assert len(team.thread) == 1
    assert team.tracker.texts() == team.thread
    assert "The ticket has no description" in team.thread[0]


async def test_people_are_reminded_once_after_a_day(temporal: str) -> None:
    team = Team()
    team.assign(description="")
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest(WAITING)
        await ticket.fast_forward(timedelta(hours=23))
        early = reminders(team)
        await ticket.fast_forward(timedelta(hours=2))
        await ticket.until(lambda: reminders(team))
        await ticket.until_rest(WAITING)
        await ticket.fast_forward(timedelta(hours=72))
    assert (early, reminders(team)) == (0, 1)


async def test_a_description_that_is_added_later_is_read(temporal: str) -> None:
    team = Team(plan(migrations=["a new column"]))
    team.assign(description="")
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest(WAITING)
        team.assign(description="The price must be 2.")
        await ticket.tell(NoticeKind.SAID, "I have written it down.")
        await ticket.until_phase("waits for approval")


async def test_a_ticket_of_no_known_repository_is_asked_about(temporal: str) -> None:
    team = Team()
    key = team.tracker.add_ticket("CARE-1", "A ticket", "Do it.", assignee=OURSELVES)
    async with working(temporal, team, key) as ticket:
        await ticket.start()
        await ticket.until_rest(WAITING)
    assert "Which repository is it about? (acme/shop)" in team.thread[0]


async def test_the_answer_to_a_planner_reaches_the_next_plan(temporal: str) -> None:
    asking = call("ask_human", questions=["Gross or net?"])
    team = Team(asking, plan(migrations=["a new column"]))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest(WAITING)
        await ticket.tell(NoticeKind.SAID, "Net, please.")
        await ticket.until_phase("waits for approval")
    assert "Gross or net?" in team.thread[0]
    assert "Net, please." in team.heard()


async def test_a_ticket_that_does_not_exist_ends_at_once(temporal: str) -> None:
    team = Team()
    async with working(temporal, team) as ticket:
        await ticket.start()
        result = await ticket.result()
    assert result.outcome is Outcome.BLOCKED
    assert "there is no such ticket" in team.headline


async def test_a_ticket_that_is_done_is_left_alone(temporal: str) -> None:
    team = Team()
    team.tracker.move(team.assign(), "Done")
    async with working(temporal, team) as ticket:
        await ticket.start()
        result = await ticket.result()
    assert result.outcome is Outcome.CLOSED
    assert team.tracker.moves == []
