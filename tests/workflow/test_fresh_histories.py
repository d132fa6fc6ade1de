"""A life that is longer than one history."""

from collections import Counter
from datetime import timedelta

from temporalio.client import WorkflowHistory

from agent.domain.progress import Outcome, Phase
from tests.workflow.service import MID_LIFE, working
from tests.workflow.team import Team, look, plan, write
from workflows.state import NoticeKind


def how_long(runs: list[WorkflowHistory]) -> timedelta:
    """Return the time between the first and the last event."""
    first, last = runs[0].events[0].event_time, runs[-1].events[-1].event_time
    return last.ToDatetime() - first.ToDatetime()


async def test_a_long_life_is_carried_through_many_histories(short_temporal: str) -> None:
    team = Team(look(), look(), plan(), *[look()] * 8, write("price = 2\n"))
    team.assign()
    team.host.conclusions = ["success"]
    async with working(short_temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest("waiting for review")
        team.host.merge(*team.pull)
        await ticket.tell(NoticeKind.LOOK)
        result = await ticket.result()
        runs = Counter(each.workflow_id for each in await ticket.histories())
    assert result.outcome is Outcome.MERGED
    assert (team.model.left, len(team.chat.cards), len(team.workspace.pushes)) == (0, 1, 1)
    assert runs[ticket.handle.id] > 1
    assert runs[f"{ticket.handle.id}/2-develop"] > 1


async def test_a_notice_that_was_taken_in_is_known_in_the_next_history(
    short_temporal: str,
) -> None:
    team = Team(*[plan(migrations=["a new column"])] * 3)
    team.assign()
    async with working(short_temporal, team) as ticket:
        await ticket.start()
        await ticket.until_rest("waits for approval")
        await ticket.tell(NoticeKind.SAID, "Do it otherwise.", id="slack:1")
        await ticket.until(lambda: len(team.model.heard) == 2)
        await ticket.until_rest("waits for approval")
        await ticket.tell(NoticeKind.SAID, "Do it otherwise.", id="slack:1")
        await ticket.until_rest("waits for approval")
        runs = [h for h in await ticket.histories() if h.workflow_id == ticket.handle.id]
    assert len(runs) > 1
    assert len(team.model.heard) == 2


async def test_what_is_said_is_carried_into_the_next_history_of_a_stage(
    short_temporal: str,
) -> None:
    team = Team(*[look()] * 8, write("price = 2\n"))
    team.assign()
    async with working(short_temporal, team) as ticket:
        await ticket.go_on(Phase.DEVELOP)
        await ticket.until(lambda: team.model.heard)
        await ticket.tell(NoticeKind.SAID, "Mind the rounding.")
        await ticket.until_phase("waiting for CI")
    assert team.heard().count("Mind the rounding.") == 1


async def test_a_review_of_a_week_is_carried_through_many_histories_and_can_be_merged(
    short_temporal: str,
) -> None:
    team = Team(poll_seconds=24 * 3600)
    team.assign()
    async with working(short_temporal, team) as ticket:
        await ticket.go_on_with_pull_request(Phase.REVIEW, "success", skips=True)
        await ticket.until(lambda: team.host.reviews_read > 7)
        team.host.merge(*team.pull)
        result = await ticket.result()
        runs = await ticket.histories()
    assert (result.outcome, result.life) == (Outcome.MERGED, MID_LIFE)
    assert len(runs) > 3
    assert how_long(runs) > timedelta(days=7)
