"""What follows a plan, in whichever stage it was made."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agent.domain.plan import must_wait
    from agent.domain.progress import Phase
    from agent.domain.run import RunOutcome, RunResult
    from workflows.activities.chat import ChatActivities, PlanPost
    from workflows.activities.workspace import WorkspaceActivities
    from workflows.life import Life
    from workflows.state import NoticeKind


async def settle(life: Life, result: RunResult) -> Phase:
    """Show a new plan; go where it leads: to its approval, to the work, or on if it is done."""
    risks = await life.do(WorkspaceActivities.find_risks, life.state.life)
    is_open = result.outcome is RunOutcome.PLANNED
    needs_approval = is_open and must_wait(risks, life.policy.approval)
    life.state.notes += 1
    post = PlanPost(
        life=life.state.life,
        thread=life.state.thread,
        name=f"plan-{life.state.notes}",
        needs_approval=needs_approval,
    )
    if needs_approval:
        await life.do(ChatActivities.post_plan, post)
    else:
        await life.try_to(ChatActivities.post_plan, post)
    if result.outcome is RunOutcome.DONE:
        return heard_too_late(life) or Phase.PUBLISH
    return Phase.APPROVAL if needs_approval else Phase.DEVELOP


def heard_too_late(life: Life) -> Phase | None:
    """Return to the work for what people said too late for the run that has just ended."""
    said = life.take(NoticeKind.SAID)
    if not said:
        return None
    life.state.remark = " ".join(notice.text for notice in said)
    return Phase.DEVELOP
