"""Asking people, and waiting for them."""

from tests.fakes.chat_model import call
from tests.workflow.service import working
from tests.workflow.team import Team, plan, write
from workflows.state import NoticeKind

WAITING = "waiting for an answer"
REMINDER = "A friendly reminder"


def reminders(team: Team) -> int:
    return sum(REMINDER in text for text in team.thread)


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
