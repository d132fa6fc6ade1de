"""Plan: the developer proposes, and a person approves what is risky."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agent.domain.progress import Phase
    from agent.domain.run import RunOutcome, Stage
    from workflows.life import Life
    from workflows.phases.planned import settle
    from workflows.state import Notice, NoticeKind, is_approval


async def plan(life: Life) -> Phase:
    """Let the developer plan; a question goes to people first."""
    life.take(NoticeKind.APPROVE)  # an approval counts for the plan that it was given to
    await life.announce(Phase.PLAN)
    remark, life.state.remark = life.state.remark, ""
    result = await life.run_stage(Stage.PLAN, {"change": remark} if remark else None)
    if result.outcome is RunOutcome.QUESTION:
        life.state.back_to = Phase.PLAN
        return Phase.CLARIFY
    if result.outcome is RunOutcome.BLOCKED:
        life.state.back_to, life.state.detail = Phase.PLAN, result.reason
        return Phase.BLOCKED
    return await settle(life, result)


async def approval(life: Life) -> Phase:
    """Wait until a person approves the plan, or says what should be different."""
    await life.announce(Phase.APPROVAL)
    notices: list[Notice] = []
    while not notices:
        heard = await life.wait(NoticeKind.APPROVE, NoticeKind.SAID)
        # A bare yes by somebody who may not approve is neither an approval nor a remark.
        notices = [n for n in heard if n.kind is NoticeKind.APPROVE or not is_approval(n.text)]
    approved = next((n for n in notices if n.kind is NoticeKind.APPROVE), None)
    said = " ".join(n.text for n in notices if n.kind is NoticeKind.SAID)
    life.state.remark = said
    for notice in notices:
        is_yes = notice.kind is NoticeKind.APPROVE
        await life.note(notice.actor, "approved the plan" if is_yes else "asked for another plan")
    if approved is None:
        return Phase.PLAN
    life.state.approved_by = approved.actor
    return Phase.DEVELOP
