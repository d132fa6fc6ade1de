"""Deciding when a transcript is folded, and what stands for the folded part."""

from collections.abc import Sequence

from agent.context import (
    CHARACTERS_PER_TOKEN,
    Fold,
    decisions,
    last_checks,
    opening_length,
    room_tokens,
    tail_start,
    view,
    words_of_people,
)
from agent.desk import Desk
from agent.diffs import changed_paths
from agent.domain.conversation import Message
from agent.domain.ids import CommitSha
from agent.domain.run import RunSpec
from agent.prompting import render
from agent.text import cut_lines

_KIND = "fold"
_DIFF_SHARE = 0.3
_RESULTS_SHARE = 0.25


def seen(desk: Desk, spec: RunSpec, position: int) -> tuple[Message, ...]:
    """Return what the model sees of the transcript before `position`."""
    messages = desk.ledger.read(spec.life, position)
    return view(messages, newest_fold(desk, spec, position))


def newest_fold(desk: Desk, spec: RunSpec, position: int) -> Fold | None:
    """Return the newest fold that was made at or before `position`."""
    folds = [Fold.model_validate(body) for body in desk.ledger.list(spec.life, _KIND)]
    # Of two at the same place the later one was made for a smaller window.
    return max((f for f in reversed(folds) if f.at <= position), key=lambda f: f.at, default=None)


def fold(desk: Desk, spec: RunSpec, position: int, head: CommitSha, window: int) -> bool:
    """Fold the transcript before `position` so that it fits; False if that changes nothing.

    Keeps the ticket (it is part of the opening), the plan, the diff so far, the newest checks, what
    people said and what the developer decided, and the newest steps as they are.
    """
    messages = desk.ledger.read(spec.life, position)
    opening, room = opening_length(messages), room_tokens(window)
    until = max(tail_start(messages, room), opening)
    name = f"{position}/{window}"
    if position <= opening or desk.ledger.find(spec.life, _KIND, name):
        return False
    made = Fold(
        at=position,
        opening=opening,
        until=until,
        text=_text(desk, spec, messages[opening:until], head, room),
        result_limit=max(500, int(room * _RESULTS_SHARE * CHARACTERS_PER_TOKEN)),
    )
    desk.ledger.keep(spec.life, _KIND, name, made.model_dump(mode="json"))
    return True


def _text(desk: Desk, spec: RunSpec, folded: Sequence[Message], head: CommitSha, room: int) -> str:
    diff = desk.workspace.diff(spec.repository, spec.base, head) if head != spec.base else ""
    limit = int(room * _DIFF_SHARE * CHARACTERS_PER_TOKEN)
    if len(diff) > limit:
        names = "\n".join(changed_paths(diff)[:100])
        diff = f"{names}\n{cut_lines(diff, limit)}"
    return render(
        "observation/folded",
        plan=desk.ledger.find(spec.life, "plan", "current"),
        people=words_of_people(folded),
        decisions=decisions(folded),
        checks=last_checks(folded),
        diff=diff,
    )
