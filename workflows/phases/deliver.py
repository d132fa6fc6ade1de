"""Deliver: close the books of a ticket. And blocked: say why, and wait for a person."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from agent.domain.progress import Outcome, Phase
    from agent.report import blocked_text
    from workflows import policies
    from workflows.activities.workspace import LifeRepository, WorkspaceActivities
    from workflows.life import Life
    from workflows.reasons import cause
    from workflows.state import NoticeKind


async def deliver(life: Life) -> Phase:
    """Move the ticket, say the last word, and remove the worktree."""
    await life.announce(Phase.DELIVER)
    outcome = life.state.outcome or Outcome.CLOSED
    if outcome is Outcome.MERGED:
        await life.move(life.policy.status_done)
    verb = "merged" if outcome is Outcome.MERGED else "closed without merging"
    await life.say(f"The pull request was {verb}: {life.state.pull_request_url}")
    await clean_up(life)
    await life.announce(Phase.DONE, outcome.value)
    return Phase.DONE


async def clean_up(life: Life) -> None:
    """Remove the worktree, where there is one; a ticket does not fail for one that stays."""
    if life.state.repository is None:
        return
    where = LifeRepository(life=life.state.life, repository=life.state.repository)
    try:
        await life.do(WorkspaceActivities.clean_up, where, policies.CODE)
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("worktree not removed: %s", cause(error))


async def blocked(life: Life) -> Phase:
    """Say why the work cannot go on, and wait until a person says something."""
    reason = life.state.detail or "the reason is in the log"
    life.take(NoticeKind.RESUME, NoticeKind.APPROVE)
    earlier = life.take(NoticeKind.SAID)
    await life.announce(Phase.BLOCKED, reason)
    await life.say(blocked_text(reason))
    heard = await life.wait(NoticeKind.SAID, NoticeKind.RESUME, NoticeKind.APPROVE)
    life.state.repairs = 0
    for notice in heard:
        await life.note(notice.actor, "answered", notice.text)
    said = " ".join(n.text for n in (*earlier, *heard) if n.text)
    life.state.remark = "\n".join(filter(None, (life.state.remark, said)))
    return life.state.back_to
