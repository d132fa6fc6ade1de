"""A stage of work: what the model is told, and what stops it."""

from agent.domain.errors import QuotaSpentError, TransientError
from agent.domain.progress import Phase
from tests.fakes.chat_model import Saying, call, say
from tests.workflow.service import working
from tests.workflow.team import Team, finish, look, write
from workflows.state import NoticeKind


def held(team: Team, saying: Saying) -> Saying:
    """Let the model take as long as the test wants."""
    team.holds.pass_by("model")
    return saying


def holding_the_gates(team: Team) -> Saying:
    """Write the code, and let the tests that follow stand still."""
    team.holds.at("tests")
    return write("price = 2\n")


async def test_a_failed_gate_is_told_to_the_model_which_mends_it(temporal: str) -> None:
    team = Team(write("price = 'broken'\n"), write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until_phase("waiting for CI")
    assert "assert price == 2" in team.heard(1)


async def test_gates_that_keep_failing_block_the_ticket_in_both_places(temporal: str) -> None:
    team = Team(write("price = 'broken'\n"), *[finish()] * 3)
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until_rest("blocked")
    assert "I am stuck: still not passing: tests: 1 failed" in team.thread[0]
    assert team.tracker.texts() == team.thread


async def test_a_remark_to_a_block_reaches_the_developer_who_goes_on(temporal: str) -> None:
    team = Team(write("price = 'broken'\n"), *[finish()] * 3, write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until_rest("blocked")
        await ticket.tell(NoticeKind.SAID, "Just write 2.")
        await ticket.until_phase("waiting for CI")
    assert "Just write 2." in team.heard()


async def test_an_account_without_money_blocks_the_ticket_at_once(temporal: str) -> None:
    team = Team(QuotaSpentError("the account is out of money"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until_phase("blocked")
    assert "the account is out of money" in team.headline
    assert len(team.model.heard) == 1


async def test_work_goes_on_when_the_account_has_money_again(temporal: str) -> None:
    team = Team(QuotaSpentError("the account is out of money"), write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until_rest("blocked")
        await ticket.tell(NoticeKind.RESUME)
        await ticket.until_phase("waiting for CI")


async def test_a_model_that_is_away_for_a_moment_is_asked_again(temporal: str) -> None:
    team = Team(TransientError("503"), write("price = 2\n"))
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until(lambda: team.host.pulls)
    assert len(team.model.heard) == 2


async def test_a_model_that_never_calls_a_tool_blocks_the_ticket(temporal: str) -> None:
    team = Team(*[say("Let me think.")] * 3)
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until_phase("blocked")
    assert "3 times in a row without a usable tool call" in team.headline


async def test_work_without_any_change_blocks_the_ticket(temporal: str) -> None:
    team = Team(finish())
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until_phase("blocked")
    assert "the work ended without any change" in team.headline


async def test_a_pause_stops_a_running_stage_before_its_next_model_call(temporal: str) -> None:
    team = Team(lambda _: held(team, look()), write("price = 2\n"))
    team.assign()
    hold = team.holds.at("model")
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until(hold.reached.is_set)
        await ticket.tell(NoticeKind.PAUSE)
        await ticket.until_told()
        hold.released.set()
        await ticket.until_stage_rests()
        calls_while_paused = len(team.model.heard)
        await ticket.tell(NoticeKind.RESUME)
        await ticket.until_phase("waiting for CI")
    assert calls_while_paused == 1


async def test_a_paused_ticket_begins_no_phase_until_it_goes_on(temporal: str) -> None:
    team = Team()
    team.assign()
    hold = team.holds.at("read_checks")
    async with working(temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.CI, "success")
        await ticket.until(hold.reached.is_set)
        await ticket.tell(NoticeKind.PAUSE)
        hold.released.set()
        await ticket.until_rest("waiting for CI")
        assert (await ticket.status()).is_paused
        await ticket.tell(NoticeKind.RESUME)
        await ticket.until_phase("waiting for review")


async def test_what_is_said_reaches_a_running_stage_before_its_next_model_call(
    temporal: str,
) -> None:
    team = Team(lambda _: held(team, look()), write("price = 2\n"))
    team.assign()
    hold = team.holds.at("model")
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until(hold.reached.is_set)
        await ticket.tell(NoticeKind.SAID, "Mind the rounding.")
        await ticket.until_told()
        hold.released.set()
        await ticket.until_phase("waiting for CI")
    assert "Mind the rounding." in team.heard(1)


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


async def test_a_stage_that_breaks_off_keeps_the_edits_made_so_far(temporal: str) -> None:
    edit = call("edit_files", edits=[{"path": "app.py", "content": "price = 2\n"}])
    team = Team(edit, QuotaSpentError("the account is out of money"), finish())
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until_rest("blocked")
        await ticket.tell(NoticeKind.RESUME)
        await ticket.until_phase("waiting for CI")
    ((_, commit),) = team.workspace.pushes
    assert team.workspace.commits[commit].tree["app.py"] == "price = 2\n"
