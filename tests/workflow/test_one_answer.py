"""Plan and work in one answer, the self-review, and plans that change during the work."""

from agent.domain.progress import Phase
from tests.fakes.chat_model import Saying, call, calls
from tests.workflow.service import working
from tests.workflow.team import Team, finish, plan, write
from workflows.state import NoticeKind

BOTH = calls(plan(), write("price = 2\n"))
NO_FAULT = call("report_findings", findings=[])
FAULT = call("report_findings", findings=[{"path": "app.py:1", "problem": "It must be 3."}])
MIGRATION = "orders/migrations/0002_price.py"
MIGRATED = calls(
    call(
        "edit_files",
        edits=[
            {"path": MIGRATION, "content": "STEP = 2\n"},
            {"path": "app.py", "content": "price = 2\n"},
        ],
    ),
    finish(),
)


async def test_a_small_ticket_becomes_a_pull_request_with_one_model_call(temporal: str) -> None:
    team = Team(BOTH)
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.PLAN)
        await ticket.until(lambda: team.host.pulls)
    assert len(team.model.heard) == 1
    assert "**Plan.** Change the price." in team.thread[0]


def held(team: Team) -> Saying:
    """Let the model take as long as the test wants."""
    team.holds.pass_by("model")
    return BOTH


async def test_what_people_say_too_late_for_that_answer_is_worked_on(temporal: str) -> None:
    team = Team(lambda _request: held(team), write("price = 3\n"))
    team.assign()
    hold = team.holds.at("model")
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.PLAN)
        await ticket.until(hold.reached.is_set)
        await ticket.tell(NoticeKind.SAID, "It must be 3.")
        hold.released.set()
        await ticket.until(lambda: team.host.pulls)
    assert "It must be 3." in team.heard()


async def test_findings_of_the_self_review_are_mended_before_people_see_the_change(
    temporal: str,
) -> None:
    team = Team(BOTH, FAULT, write("price = 3\n"), self_review=True)
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.PLAN)
        await ticket.until(lambda: team.host.pulls)
    assert "It must be 3." in team.heard()
    assert len(team.model.heard) == 3


async def test_a_migration_that_the_plan_did_not_name_waits_for_a_person(temporal: str) -> None:
    named = plan(migrations=["0002: the price"])
    team = Team(plan(), MIGRATED, named, finish())
    team.assign()
    async with working(temporal, team) as ticket:
        await ticket.go_on(Phase.PLAN)
        await ticket.until_rest("waits for approval")
        assert "a database migration" in team.heard(2)
        assert not team.host.pulls
        await ticket.tell(NoticeKind.APPROVE)
        await ticket.until(lambda: team.host.pulls)
