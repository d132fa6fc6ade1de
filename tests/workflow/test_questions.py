"""Asking people, and waiting for them."""

from datetime import timedelta

from agent.domain.progress import Phase
from tests.fakes.chat_model import call
from tests.fakes.tracker import OURSELVES
from tests.workflow.service import working
from tests.workflow.team import Team, plan, write
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


async def test_an_answer_makes_up_for_a_missing_description(temporal: str) -> None:
    team = Team(plan(migrations=["a new column"]))
    team.assign(description="")
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest(WAITING)
        await ticket.tell(NoticeKind.SAID, "The price must be 2.")
        await ticket.until_phase("waits for approval")
    assert "The price must be 2." in team.heard()


async def test_the_answer_to_a_developer_reaches_the_developer(temporal: str) -> None:
    asking = call("ask_human", questions=["Gross or net?"])
    team = Team(plan(), asking, write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest(WAITING)
        await ticket.tell(NoticeKind.SAID, "Net, please.")
        await ticket.until(lambda: len(team.model.heard) == 3)
    assert "Net, please." in team.heard()


async def test_a_mere_yes_is_an_answer_that_the_model_hears(temporal: str) -> None:
    team = Team(call("ask_human", questions=["Round up?"]), plan(migrations=["a new column"]))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.PLAN)
        await ticket.until_rest(WAITING)
        await ticket.comment("Yes!")
        await ticket.until_phase("waits for approval")
    assert "Yes!" in team.heard()


async def test_a_mere_yes_to_the_developer_reaches_the_developer(temporal: str) -> None:
    team = Team(call("ask_human", questions=["Round up?"]), write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until_rest(WAITING)
        await ticket.comment("Yes!")
        await ticket.until_phase("waiting for CI")
    assert "Yes!" in team.heard()
