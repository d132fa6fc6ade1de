"""A stage of work: what the model is told, and what stops it."""

from agent.domain.errors import QuotaSpentError
from agent.domain.progress import Phase
from tests.fakes.chat_model import Saying
from tests.workflow.service import working
from tests.workflow.team import Team, look, write
from workflows.state import NoticeKind


def held(team: Team, saying: Saying) -> Saying:
    """Let the model take as long as the test wants."""
    team.holds.pass_by("model")
    return saying


def holding_the_gates(team: Team) -> Saying:
    """Write the code, and let the tests that follow stand still."""
    team.holds.at("tests")
    return write("price = 2\n")


async def test_a_remark_reaches_the_developer_after_a_stage_that_broke_off(temporal: str) -> None:
    team = Team(QuotaSpentError("the account is out of money"), write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until_rest("blocked")
        await ticket.tell(NoticeKind.SAID, "There is money. Mind the rounding.")
        await ticket.until_phase("waiting for CI")
    assert "Mind the rounding." in team.heard()


async def test_a_stage_after_one_that_broke_off_is_given_its_own_task(temporal: str) -> None:
    team = Team(look(), QuotaSpentError("the account is out of money"), write("price = 3\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI, "failure")
        await ticket.until_rest("blocked")
        team.host.report("acme/shop", team.workspace.pushes[0][1], "tests", "success")
        await ticket.tell(NoticeKind.RESUME)
        await ticket.until_rest("waiting for review")
        team.host.say(*team.pull, "Make it 3.")
        await ticket.tell(NoticeKind.LOOK)
        await ticket.until(lambda: len(team.model.heard) == 3)
    assert "Make it 3." in team.heard()


async def test_what_is_said_during_the_last_gates_is_not_lost(temporal: str) -> None:
    team = Team(lambda _: holding_the_gates(team), write("price = 2.0\n"))
    team.assign()
    team.host.conclusions = ["success", "success"]
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until(lambda: len(team.model.heard) == 1)
        hold = team.holds.at("tests")
        await ticket.until(hold.reached.is_set)
        await ticket.tell(NoticeKind.SAID, "Mind the rounding.")
        await ticket.until_told()
        hold.released.set()
        await ticket.until_rest("waiting for review")
    assert "Mind the rounding." in team.heard()
