"""Develop: code and tests until the gates pass; then commit, push and open the pull request."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agent.domain.ids import RunId
    from agent.domain.progress import Phase
    from agent.domain.run import RunOutcome, RunResult, Stage
    from workflows import policies
    from workflows.activities.code_host import (
        CodeHostActivities,
        Publication,
        PullRequestView,
    )
    from workflows.life import Life
    from workflows.phases.planned import heard_too_late, settle


async def develop(life: Life) -> Phase:
    """Let the developer carry the plan out."""
    await life.announce(Phase.DEVELOP)
    brief = {"approved_by": life.state.approved_by} if life.state.approved_by else None
    result = await life.run_stage(Stage.DEVELOP, brief)
    if result.outcome is RunOutcome.PLANNED:
        return await settle(life, result)
    if result.outcome is RunOutcome.DONE:
        return heard_too_late(life) or Phase.PUBLISH
    return after_run(life, result, Phase.DEVELOP)


def after_run(life: Life, result: RunResult, again: Phase) -> Phase:
    """Return where to go after a run that should have left finished work."""
    if result.outcome is RunOutcome.DONE:
        return Phase.PUBLISH
    life.state.back_to, life.state.detail = again, result.reason
    return Phase.CLARIFY if result.outcome is RunOutcome.QUESTION else Phase.BLOCKED


async def publish(life: Life) -> Phase:
    """Publish the work: one commit per round, one branch, one pull request."""
    await life.announce(Phase.PUBLISH)
    state = life.state
    what = Publication(
        life=state.life,
        key=state.key,
        run=RunId(f"{state.life}/{state.runs}"),
        steps=state.steps,
        repository=life.repository,
        branch=state.branch,
        base=life.base,
        parent=state.published or life.base,
        head=life.head,
        approved_by=state.approved_by,
    )
    state.published = await life.do(CodeHostActivities.commit_and_push, what, policies.GIT)
    if state.published == life.base:
        state.back_to, state.detail = Phase.DEVELOP, "the work ended without any change"
        return Phase.BLOCKED
    found: PullRequestView = await life.do(
        CodeHostActivities.open_pull_request, what.model_copy(update={"head": state.published})
    )
    is_new = state.pull_request is None
    state.pull_request, state.pull_request_url = found.number, found.url
    if is_new:
        await life.say(f"The pull request is open: {found.url}")
    return Phase.CI
