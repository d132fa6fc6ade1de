"""Each stage asks its own model."""

from tests.workflow.service import working
from tests.workflow.team import Team, plan, write


async def test_the_plan_is_asked_of_one_model_and_the_code_of_another(temporal: str) -> None:
    team = Team(plan(), write("price = 2\n"), stage_models={"plan": "strong"})
    team.assign()
    team.host.conclusions = ["success"]
    async with working(temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest("waiting for review")
    asked = [request.model for request in team.model.heard]
    assert asked[0] == "strong"
    assert set(asked[1:]) == {"scripted"}
