"""Review: answering people until they merge or close."""

from datetime import timedelta

from agent.domain.progress import Outcome, Phase
from agent.domain.pull_request import ReviewState
from tests.fakes.chat_model import call, calls
from tests.workflow.service import Running, working
from tests.workflow.team import Team, finish, write
from workflows.state import NoticeKind


def answering(text: str, *replies: str) -> object:
    edit = call("edit_files", edits=[{"path": "app.py", "content": text}])
    said = [call("answer_review", comment=n, reply=r) for n, r in enumerate(replies, start=1)]
    return calls(edit, *said, finish())


async def in_review(ticket: Running) -> None:
    await ticket.go_on_with_pull_request(Phase.REVIEW, "success")
    await ticket.until_rest("waiting for review")


async def test_review_comments_are_answered_once_each_with_the_commit(temporal: str) -> None:
    team = Team(answering("price = 3\n", "It is 3 now.", "Renamed."))  # type: ignore[arg-type]
    team.assign()
    team.host.conclusions = ["success"]
    async with working(temporal, team) as ticket:
        await in_review(ticket)
        lines = [("app.py", 1, "Make it 3."), ("app.py", 1, "Rename it.")]
        team.host.review(*team.pull, ReviewState.CHANGES_REQUESTED, lines=lines)
        await ticket.tell(NoticeKind.LOOK)
        await ticket.until(lambda: len(team.workspace.pushes) == 2)
        await ticket.until_rest("waiting for review")
    commit = team.workspace.pushes[-1][1][:8]
    answers = list(team.host.pulls[team.pull].answers.values())
    assert answers == [f"It is 3 now.\n\n({commit})", f"Renamed.\n\n({commit})"]


async def test_the_developer_reads_every_comment_of_a_review(temporal: str) -> None:
    team = Team(answering("price = 3\n", "It is 3 now."))  # type: ignore[arg-type]
    team.assign()
    team.host.conclusions = ["success"]
    async with working(temporal, team) as ticket:
        await in_review(ticket)
        team.host.review(*team.pull, ReviewState.CHANGES_REQUESTED, "Make it 3.")
        await ticket.tell(NoticeKind.LOOK)
        await ticket.until(lambda: team.model.heard)
    assert "Make it 3." in team.heard()


async def test_what_is_said_in_the_thread_during_review_is_worked_on(temporal: str) -> None:
    team = Team(write("price = 3\n"))
    team.assign()
    team.host.conclusions = ["success"]
    async with working(temporal, team) as ticket:
        await in_review(ticket)
        await ticket.tell(NoticeKind.SAID, "Please make it 3.")
        await ticket.until(lambda: len(team.workspace.pushes) == 2)
    assert "Please make it 3." in team.heard()


async def test_a_merge_by_a_person_moves_the_ticket_and_removes_the_worktree(
    temporal: str,
) -> None:
    team = Team()
    key = team.assign()
    team.tracker.move(key, "In Progress")
    async with working(temporal, team) as ticket:
        await in_review(ticket)
        team.host.review(*team.pull, ReviewState.APPROVED)
        team.host.merge(*team.pull)
        await ticket.tell(NoticeKind.LOOK)
        result = await ticket.result()
    assert result.outcome is Outcome.MERGED
    assert team.tracker.tickets[key].status == "Done"
    assert team.workspace.closed == [result.life]


async def test_a_pull_request_closed_in_review_ends_the_ticket(temporal: str) -> None:
    team = Team()
    team.assign()
    async with working(temporal, team) as ticket:
        await in_review(ticket)
        team.host.close(*team.pull)
        await ticket.tell(NoticeKind.LOOK)
        result = await ticket.result()
    assert result.outcome is Outcome.CLOSED
    assert team.host.closings == 0


async def test_reviewers_are_asked_once(temporal: str) -> None:
    team = Team(reviewers=("tech-lead",))
    team.assign()
    async with working(temporal, team) as ticket:
        await in_review(ticket)
    pull = team.host.pulls[team.pull]
    assert (pull.requested, pull.value.is_draft) == (["tech-lead"], False)


async def test_a_review_in_which_nothing_happens_is_looked_at_ever_more_seldom(
    temporal: str,
) -> None:
    team = Team()
    team.assign()
    async with working(temporal, team) as ticket:
        await in_review(ticket)
        before = team.host.reviews_read
        await ticket.fast_forward(timedelta(minutes=20))
        first = team.host.reviews_read - before
        await ticket.fast_forward(timedelta(hours=1))
        later = team.host.reviews_read - before - first
    assert (first, later) == (4, 4)


async def test_a_webhook_is_followed_at_once_however_long_the_review_lasts(temporal: str) -> None:
    team = Team()
    team.assign()
    async with working(temporal, team) as ticket:
        await in_review(ticket)
        await ticket.fast_forward(timedelta(minutes=40))
        await ticket.until_rest("waiting for review")
        team.host.merge(*team.pull)
        await ticket.tell(NoticeKind.LOOK)
        result = await ticket.result()
    assert result.outcome is Outcome.MERGED


async def test_a_worktree_that_cannot_be_removed_does_not_fail_a_merged_ticket(
    temporal: str,
) -> None:
    team = Team()
    team.assign()
    team.workspace.is_stuck = True
    async with working(temporal, team) as ticket:
        await in_review(ticket)
        team.host.merge(*team.pull)
        await ticket.tell(NoticeKind.LOOK)
        result = await ticket.result()
    assert result.outcome is Outcome.MERGED
    assert "The pull request was merged" in team.thread[-1]
