"""Clarify: ask once, in both places; wait durably; remind once."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from agent.domain.progress import Phase
    from agent.report import questions_text
    from workflows.activities.tracker import TicketNote, TrackerActivities
    from workflows.activities.workspace import WorkspaceActivities
    from workflows.life import Life
    from workflows.state import NoticeKind

_ANSWERS = (NoticeKind.SAID, NoticeKind.APPROVE, NoticeKind.RESUME)


async def clarify(life: Life) -> Phase:
    """Put the open question to people and wait for the answer; then read the ticket again."""
    if life.state.question:
        questions: tuple[str, ...] = (life.state.question,)
    else:
        questions = await life.do(WorkspaceActivities.find_question, life.state.life)
    life.state.question = ""
    life.take(NoticeKind.RESUME, NoticeKind.APPROVE)
    await life.announce(Phase.CLARIFY)
    await life.say(questions_text(questions))
    hours = life.state.policy.remind_hours if life.state.policy else 24
    answers = await life.wait(*_ANSWERS, within=timedelta(hours=hours))
    if not answers:
        await life.say("A friendly reminder: I am still waiting for an answer.", on_ticket=False)
        answers = await life.wait(*_ANSWERS)
    for answer in answers:
        if answer.text:
            text = f"You asked: {' '.join(questions)}\n{answer.text}"
            note = TicketNote(ticket=life.ticket, name=answer.id, text=text)
            await life.do(TrackerActivities.clarify, note)
    if life.state.back_to not in (Phase.INTAKE, Phase.PLAN):  # those read the whole ticket again
        said = " ".join(answer.text for answer in answers if answer.text)
        answer_text = f"You asked: {' '.join(questions)}\n{said}" if said else ""
        life.state.remark = "\n".join(filter(None, (life.state.remark, answer_text)))
    return life.state.back_to
