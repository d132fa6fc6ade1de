"""Review: ask for it once, answer each comment once with the commit that settles it."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agent.domain.ids import RunId
    from agent.domain.progress import Phase
    from agent.domain.run import RunOutcome, Stage
    from workflows.activities.code_host import (
        CodeHostActivities,
        ReviewQuery,
        ReviewRequest,
        ReviewView,
        Settled,
    )
    from workflows.life import Life
    from workflows.phases.ci import closed_by_a_person
    from workflows.phases.develop import after_run, publish
    from workflows.state import NoticeKind


SELDOM = timedelta(minutes=15)
"""How often a review is looked at in which nothing happens; webhooks tell sooner."""


async def review(life: Life) -> Phase:
    """Wait for people; work on what they ask for; leave when they merge or close."""
    await _ask(life)
    poll = timedelta(seconds=life.policy.poll_seconds)
    while not life.must_cut():
        if ended := await closed_by_a_person(life):
            return ended
        run = life.next_run(Stage.RESPOND)
        view = await _read(life, run)
        if view.open_comments:
            return await _respond(life, run, view.open_comments)
        said = [notice.text for notice in life.take(NoticeKind.SAID) if notice.text]
        if life.state.remark or said:
            return await _respond_to_words(life, [life.state.remark, *said])
        if not await life.has_heard(NoticeKind.LOOK, NoticeKind.SAID, within=poll):
            poll = min(2 * poll, max(poll, SELDOM))
        life.take(NoticeKind.LOOK)
    return Phase.REVIEW


async def _ask(life: Life) -> None:
    request = ReviewRequest(pull_request=life.pull_request, reviewers=life.policy.reviewers)
    await life.do(CodeHostActivities.request_review, request)
    await life.move(life.policy.status_in_review)
    await life.announce(Phase.REVIEW)


async def _read(life: Life, run: RunId) -> ReviewView:
    query = ReviewQuery(pull_request=life.pull_request, run=run)
    view: ReviewView = await life.do(CodeHostActivities.read_review, query)
    return view


async def _respond(life: Life, run: RunId, count: int) -> Phase:
    await life.announce(Phase.REVIEW, f"working on {count} comment{'s' if count > 1 else ''}")
    result = await life.run_stage(Stage.RESPOND)
    if result.outcome is not RunOutcome.DONE:
        return after_run(life, result, Phase.REVIEW)
    following = await publish(life)
    settled = Settled(pull_request=life.pull_request, run=run, commit=life.state.published)
    await life.do(CodeHostActivities.answer_review, settled)
    return following


async def _respond_to_words(life: Life, said: list[str]) -> Phase:
    life.state.remark = ""
    words = [text for text in said if text]
    rows = [{"text": text, "path": None, "line": None} for text in words]
    await life.announce(Phase.REVIEW, "working on a remark")
    result = await life.run_stage(Stage.RESPOND, {"comments": rows})
    if result.outcome is RunOutcome.DONE:
        await life.say(f"I have taken that in: {life.state.pull_request_url}", on_ticket=False)
    else:
        life.state.remark = "\n".join(words)  # it is not settled yet
    return after_run(life, result, Phase.REVIEW)
