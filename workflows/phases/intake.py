"""Intake: read the ticket, find the repository, say hello in the channel, move the ticket."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agent.domain.progress import Outcome, Phase
    from workflows import policies
    from workflows.activities.tracker import TicketBrief, TrackerActivities
    from workflows.activities.workspace import LifeRepository, WorkspaceActivities
    from workflows.life import Life
    from workflows.state import NoticeKind

BY_HAND = "cli:"
"""How the ids of notices from the command line begin."""


async def intake(life: Life) -> Phase:
    """Understand what is asked and where, or find out what must be asked back."""
    given = life.take(NoticeKind.ASSIGNED)
    for notice in given:
        await life.note(notice.actor, "gave us the ticket")
    brief: TicketBrief = await life.do(TrackerActivities.read_ticket, life.ticket)
    if not brief.exists:
        life.state.outcome = Outcome.BLOCKED
        await life.announce(Phase.DONE, "there is no such ticket")
        return Phase.DONE
    if brief.is_done:
        life.state.outcome = Outcome.CLOSED
        await life.announce(Phase.DONE, "the ticket is done already")
        return Phase.DONE
    life.state.is_by_hand |= any(notice.id.startswith(BY_HAND) for notice in given)
    if not (brief.is_ours or life.state.is_by_hand):
        life.state.outcome = Outcome.CLOSED
        await life.announce(Phase.DONE, "the ticket is not assigned to us any more")
        return Phase.DONE
    life.state.repository, life.state.policy = brief.repository, brief.policy
    await life.announce(Phase.INTAKE)
    if brief.question:
        life.state.question, life.state.back_to = brief.question, Phase.INTAKE
        return Phase.CLARIFY
    where = LifeRepository(life=life.state.life, repository=life.repository, branch=brief.branch)
    life.state.base = await life.do(WorkspaceActivities.fetch_base, where, policies.GIT)
    life.state.branch = await life.do(WorkspaceActivities.choose_branch, where, policies.GIT)
    await life.move(life.policy.status_in_progress)
    return Phase.PLAN
