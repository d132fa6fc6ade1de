"""CI: wait for the checks, by webhook and by poll; mend what is our own fault."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agent.domain.progress import Outcome, Phase
    from agent.domain.pull_request import ChecksState
    from agent.domain.run import Stage
    from workflows.activities.code_host import (
        CheckQuery,
        CheckView,
        CodeHostActivities,
        PullRequestView,
    )
    from workflows.life import Life
    from workflows.phases.develop import after_run
    from workflows.state import NoticeKind


async def ci(life: Life) -> Phase:
    """Wait until CI is green on the published commit; no model is asked while nothing changes."""
    await life.announce(Phase.CI)
    give_up = workflow.now() + timedelta(hours=life.policy.ci_timeout_hours)
    while workflow.now() < give_up:
        if life.must_cut():
            return Phase.CI
        if ended := await closed_by_a_person(life):
            return ended
        view = await _read_checks(life)
        if view.state is ChecksState.SUCCESS:
            life.state.remark = ""  # it was about checks that are green now
            return Phase.REVIEW
        if view.state is ChecksState.FAILURE:
            return await _repair(life, view)
        await life.wait(NoticeKind.LOOK, within=timedelta(seconds=life.policy.poll_seconds))
    life.state.back_to, life.state.detail = Phase.CI, "CI did not report in time"
    return Phase.BLOCKED


async def _read_checks(life: Life) -> CheckView:
    query = CheckQuery(
        pull_request=life.pull_request,
        commit=life.state.published,
        base=life.repository.default_branch,
        run=life.next_run(Stage.REPAIR),
    )
    view: CheckView = await life.do(CodeHostActivities.read_checks, query)
    return view


async def _repair(life: Life, view: CheckView) -> Phase:
    names = ", ".join(view.failing)
    if life.state.repairs >= life.policy.max_repairs:
        life.state.back_to, life.state.detail = Phase.CI, f"CI still fails: {names}"
        return Phase.BLOCKED
    life.state.repairs += 1
    await life.announce(Phase.CI, f"mending {names}")
    published = life.state.published
    phase = after_run(life, await life.run_stage(Stage.REPAIR), Phase.CI)
    if phase is Phase.PUBLISH and life.head == published:
        life.state.back_to, life.state.detail = Phase.CI, f"{names} failed without a fault of ours"
        return Phase.BLOCKED
    return phase


async def closed_by_a_person(life: Life) -> Phase | None:
    """Return where to go when the pull request was merged or closed meanwhile, else None."""
    view: PullRequestView = await life.do(CodeHostActivities.read_pull_request, life.pull_request)
    if view.is_merged:
        life.state.outcome = Outcome.MERGED
    elif not view.is_open:
        life.state.outcome = Outcome.CLOSED
    else:
        return None
    return Phase.DELIVER
