"""Stuck control: what a run that gets nowhere is told, and when a person is asked.

  pattern found ──▶ nudge with evidence ──▶ a new plan ──▶ a person

Everything here is pure. No word that a tool printed decides anything: only repetition does.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import assert_never

from agent.domain.conversation import Message
from agent.domain.value import Value
from agent.patterns import SEARCHES, PatternKind
from agent.prompting import render
from agent.text import first_line
from agent.tracing import GATES, NUDGES, REMINDERS, trace

EVIDENCE_LIMIT = 400
REASON_LIMIT = 300


class Pattern(Value):
    """A way in which a run gets nowhere, and what shows it."""

    kind: PatternKind
    evidence: str
    """One or two sentences on one line, at most 400 characters; foreign words are quoted."""
    since: int
    """Index in the transcript of the first message concerned."""


class Escalation(StrEnum):
    """What is done about a pattern."""

    NUDGE = "nudge"
    """Tell what is going round, with evidence."""
    REPLAN = "replan"
    """Demand what was tried, why it failed, and a different way, before the next edit."""
    HUMAN = "human"
    """Stop, and explain to a person where it is stuck."""


class Intervention(Value):
    """What is to be done now about a run that gets nowhere."""

    step: Escalation
    pattern: Pattern
    message: Message | None = None
    """What goes to the model next; None when a person is asked."""
    reason: str = ""
    """Why a person is asked."""


class Standing(Value):
    """How often a run was told already, and what counts since."""

    nudges: int
    after: int
    """Index of the first message that may still belong to a new pattern."""


_LADDER = (Escalation.NUDGE, Escalation.REPLAN, Escalation.HUMAN)
_SHORT_LADDER = (Escalation.NUDGE, Escalation.HUMAN)
"""For a model that calls no tools: it would answer a demand for words with words."""
_NEEDS = {
    PatternKind.GATES_ALIKE: "I need to know how these findings should be resolved.",
    PatternKind.SAME_FAILURE: "I need a hint at the cause, or to hear that it may stay.",
    PatternKind.EDIT_AND_REVERT: "I need to know which of the two you want.",
    PatternKind.SAME_CALL: "I need to know what to do differently.",
    PatternKind.ROUND: "I need to know what to do differently.",
    PatternKind.MISSED_EDITS: "I need to know where the change belongs.",
    PatternKind.MONOLOGUE: "Please try again with another model, or a smaller ticket.",
    PatternKind.READING_IN_CIRCLES: "I need to know where in the code the change belongs.",
}


def intervene(messages: Sequence[Message]) -> Intervention | None:
    """Return what to do after the newest step of a run; None while it gets on."""
    stands = standing(messages)
    pattern = find_pattern(messages, stands.after)
    if pattern is None:
        return None
    step = next_step(stands.nudges, pattern)
    match step:
        case Escalation.NUDGE:
            return Intervention(step=step, pattern=pattern, message=nudge(pattern))
        case Escalation.REPLAN:
            return Intervention(step=step, pattern=pattern, message=replan(pattern))
        case Escalation.HUMAN:
            return Intervention(step=step, pattern=pattern, reason=human_reason(pattern))
        case _:
            assert_never(step)


def find_pattern(messages: Sequence[Message], after: int = 0) -> Pattern | None:
    """Return the pattern that the newest step completes, counted from message `after` on.

    `messages` are those of one run, in order; `after` is an index in them, such as
    `standing(messages).after`. Malformed calls and results are data like any other.
    """
    steps = trace(messages, after)
    for kind, search in SEARCHES.items() if steps else ():
        found = search(steps)
        if found:
            evidence = _cut(found.evidence, EVIDENCE_LIMIT)
            return Pattern(kind=kind, evidence=evidence, since=found.since)
    return None


def standing(messages: Sequence[Message]) -> Standing:
    """Return how often the run was told, and from where on a new pattern is looked for.

    A pattern is not reported twice, and whatever new was said to the developer (a task, a
    person's words, findings of a review) begins a new count of repetitions.
    """
    nudges = after = 0
    for index, message in enumerate(messages):
        if message.role != "user" or message.content.startswith((GATES, *REMINDERS)):
            continue
        nudges += message.content.startswith(NUDGES)
        after = index + 1
    return Standing(nudges=nudges, after=after)


def next_step(earlier_nudges: int, pattern: Pattern) -> Escalation:
    """Return what to do about a pattern after so many messages about earlier ones."""
    ladder = _SHORT_LADDER if pattern.kind is PatternKind.MONOLOGUE else _LADDER
    return ladder[min(max(earlier_nudges, 0), len(ladder) - 1)]


def nudge(pattern: Pattern) -> Message:
    """Return the message that shows the pattern to the model."""
    text = render("observation/stuck_nudge", kind=pattern.kind, evidence=pattern.evidence)
    return Message(role="user", content=text)


def replan(pattern: Pattern) -> Message:
    """Return the message that demands a different way."""
    text = render("observation/stuck_replan", evidence=pattern.evidence)
    return Message(role="user", content=text)


def human_reason(pattern: Pattern) -> str:
    """Return why a person is asked, in at most 300 characters: what was tried, where, what helps.

    It follows "I am stuck: " where people read it.
    """
    was_short = pattern.kind is PatternKind.MONOLOGUE
    tried = "A reminder" if was_short else "A hint and a new plan"
    rest = f"{tried} did not help. {_NEEDS[pattern.kind]}"
    where = _cut(pattern.evidence, REASON_LIMIT - len(rest) - 2).rstrip(".")
    return f"{where}. {rest}"


def _cut(text: str, limit: int) -> str:
    """Cut to `limit` characters without leaving a quotation open."""
    cut = first_line(text, limit - 1)
    return cut + "`" if cut.count("`") % 2 else cut
