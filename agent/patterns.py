"""The shapes of a run that gets nowhere, each found in the steps that a transcript shows.

A shape counts only when the newest step completes it: what was overcome is not held against
anybody. Every search is one pass over the steps.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from agent.likeness import quoted
from agent.touching import Touch
from agent.tracing import CallTrace, Change, Place, StepTrace


class PatternKind(StrEnum):
    """What a run that gets nowhere does."""

    GATES_ALIKE = "gates_alike"
    SAME_FAILURE = "same_failure"
    EDIT_AND_REVERT = "edit_and_revert"
    SAME_CALL = "same_call"
    ROUND = "round"
    MISSED_EDITS = "missed_edits"
    MONOLOGUE = "monologue"
    READING_IN_CIRCLES = "reading_in_circles"


SAME = 3
"""How often the same thing is done before it counts: a call, a failure, a round of calls."""
ALIKE = 2
"""Proofs in a row with the same findings; more would not fit into a run's proofs."""
REVERTS = 2
MISSES = 4
"""Edits of one file in a row that did not apply."""
SILENT, SILENT_WITHIN, SILENT_IN_ALL = 3, 10, 5
"""Answers without a usable call: so many within so many steps, or so many in all."""
READING = 8
"""Steps in a row that only look, before it matters how much of it was seen before."""
LONGEST_ROUND = 4


class Found(NamedTuple):
    """A pattern's first message, and in what it shows."""

    since: int
    evidence: str


@dataclass
class _Count:
    since: int
    times: int = 1
    step: int = 0
    """The newest step that was counted."""
    edits: int = 0


def gates_alike(steps: Sequence[StepTrace]) -> Found | None:
    """Find proofs in a row that failed with the same findings, whatever was done between."""
    newest = steps[-1].gates
    proofs = [step for step in steps if step.gates]
    alike = 0
    while newest and alike < len(proofs) and proofs[-1 - alike].gates == newest:
        alike += 1
    if alike < ALIKE:
        return None
    since, findings = proofs[-alike].index, steps[-1].findings
    return Found(since, f"The gates failed {alike} times in a row with the same result: {findings}")


def same_failure(steps: Sequence[StepTrace]) -> Found | None:
    """Find a command or check that fails the same way although files are changed between."""
    counts: dict[str, _Count] = {}
    latest: dict[str, str] = {}
    edits = 0
    for step, call in _calls(steps):
        edits += call.touch is Touch.SURE
        before = latest.pop(call.question, call.failure)
        if before != call.failure:
            counts.pop(before, None)
        if not call.failure:
            continue
        latest[call.question] = call.failure
        count = counts.setdefault(call.failure, _Count(step.index, 0, edits=edits - 1))
        if edits > count.edits:
            count.times, count.edits = count.times + 1, edits
    for call in steps[-1].calls:
        count = counts.get(call.failure, _Count(0, 0))
        if count.times >= SAME:
            ran = f"{call.shown} failed {count.times} times with the same result"
            return Found(count.since, f"{ran}, with edits in between: {call.finding}")
    return None


def edit_and_revert(steps: Sequence[StepTrace]) -> Found | None:
    """Find an edit that was made, undone and made again."""
    made: dict[tuple[str, str, str], int] = {}
    reverts: dict[tuple[str, frozenset[str]], int] = {}
    whole: dict[str, str] = {}
    found = None
    for step, call in _calls(steps):
        found = None if step is not steps[-1] else found
        for change in call.changes:
            before = whole.get(change.path, "") if change.before is None else change.before
            whole[change.path] = change.after if change.before is None else f"{step.index}"
            key, pair = (change.path, change.after, before), frozenset((before, change.after))
            undone = before != change.after and key in made
            reverts[change.path, pair] = reverts.get((change.path, pair), 0) + undone
            made.setdefault((change.path, before, change.after), step.index)
            if undone and reverts[change.path, pair] >= REVERTS:
                since = min(made[key], made[change.path, before, change.after])
                found = Found(since, _reverted(change, reverts[change.path, pair]))
    return found


def _reverted(change: Change, times: int) -> str:
    where = f"in {quoted(change.path, 90)}" if change.path else "of a file's name"
    return f"An edit {where} was undone and made again ({times} times back); last: {change.shown}."


def same_call(steps: Sequence[StepTrace]) -> Found | None:
    """Find a call that is made again and again with the same result, with no edit between."""
    counts: dict[tuple[str, str], _Count] = {}
    for step, call in _calls(steps):
        key = (call.question, call.answer)
        count = counts.pop(key, _Count(step.index, 0, step=-1))
        if call.touch is not Touch.NONE:
            counts.clear()
        counts[key] = count
        if count.step != step.index:
            count.times, count.step = count.times + 1, step.index
    for call in steps[-1].calls:
        count = counts.get((call.question, call.answer), _Count(0, 0))
        if count.times >= SAME:
            made = f"{call.shown} was called {count.times} times with the same arguments"
            return Found(count.since, f"{made} and gave the same result, with no edit in between.")
    return None


def same_round(steps: Sequence[StepTrace]) -> Found | None:
    """Find two to four steps that are gone through again and again with the same results."""
    rounds = [[(call.question, call.answer) for call in step.calls] for step in steps]
    for length in range(2, LONGEST_ROUND + 1):
        newest = rounds[-length * SAME :]
        if len(newest) < length * SAME or not all(newest):
            continue
        if newest[length:] == newest[:-length]:
            names = ", ".join(step.calls[0].shown for step in steps[-length:][:2])
            text = f"{length} steps were repeated {SAME} times with the same results: {names}"
            return Found(steps[-length * SAME].index, text + (" …" if length > 2 else ""))
    return None


def missed_edits(steps: Sequence[StepTrace]) -> Found | None:
    """Find edits of one file that do not apply, several in a row."""
    counts: dict[str, _Count] = {}
    for step, call in _calls(steps):
        for change in call.changes:
            counts.pop(change.path, None)
        for path in call.missed:
            counts.setdefault(path, _Count(step.index, 0)).times += 1
    for path in (path for call in steps[-1].calls for path in call.missed):
        count = counts.get(path, _Count(0, 0))
        if count.times >= MISSES:
            text = f"{count.times} edits of {quoted(path, 90)} in a row did not apply."
            return Found(count.since, text)
    return None


def monologue(steps: Sequence[StepTrace]) -> Found | None:
    """Find answers that ask for nothing that can be done, even when others stand between."""
    silent = [step for step in steps if not step.usable]
    if steps[-1].usable:
        return None
    lately = [step for step in steps[-SILENT_WITHIN:] if not step.usable]
    if len(lately) < SILENT and len(silent) < SILENT_IN_ALL:
        return None
    counted, within = (lately, steps[-SILENT_WITHIN:]) if len(lately) >= SILENT else (silent, steps)
    refused = sum(bool(step.calls) for step in counted)
    text = (
        f"{len(counted)} of the last {len(within)} answers had no usable tool call: "
        f"{len(counted) - refused} without any call, {refused} with calls that were refused."
    )
    return Found(counted[0].index, text)


def reading_in_circles(steps: Sequence[StepTrace]) -> Found | None:
    """Find steps that only look, when at least half of what they show was shown before."""
    newest = steps[-READING:]
    if len(newest) < READING or not all(map(_only_looks, newest)):
        return None
    seen = _Seen()
    rows: list[list[Place]] = []
    for step in steps:
        if any(call.touch is not Touch.NONE for call in step.calls):
            seen = _Seen()
        places = [place for call in step.calls for place in call.places]
        rows.append([place for place in places if seen.holds(place)])
        seen.add(places)
    again = [place for row in rows[-READING:] for place in row]
    total = sum(len(call.places) for step in newest for call in step.calls)
    if 2 * len(again) < total:
        return None
    names = ", ".join(dict.fromkeys(quoted(_named(place), 60) for place in again[-3:]))
    text = f"The last {READING} steps only looked, and {len(again)} of {total} places were shown"
    return Found(newest[0].index, f"{text} before, with no edit since: {names}")


@dataclass
class _Seen:
    names: set[str] = field(default_factory=set)
    lines: dict[str, set[int]] = field(default_factory=dict)

    def holds(self, place: Place) -> bool:
        if not place.lines:
            return place.name in self.names
        known = self.lines.get(place.name, set())
        return all(known.issuperset(range(first, last + 1)) for first, last in place.lines)

    def add(self, places: Sequence[Place]) -> None:
        for place in places:
            if not place.lines:
                self.names.add(place.name)
            for first, last in place.lines:
                self.lines.setdefault(place.name, set()).update(range(first, last + 1))


def _only_looks(step: StepTrace) -> bool:
    return bool(step.calls) and all(call.is_look for call in step.calls)


def _named(place: Place) -> str:
    if not place.lines:
        return place.name
    return f"{place.name}:{place.lines[0][0]}-{place.lines[-1][1]}"


def _calls(steps: Sequence[StepTrace]) -> Iterator[tuple[StepTrace, CallTrace]]:
    return ((step, call) for step in steps for call in step.calls)


SEARCHES: dict[PatternKind, Callable[[Sequence[StepTrace]], Found | None]] = {
    PatternKind.GATES_ALIKE: gates_alike,
    PatternKind.SAME_FAILURE: same_failure,
    PatternKind.EDIT_AND_REVERT: edit_and_revert,
    PatternKind.SAME_CALL: same_call,
    PatternKind.ROUND: same_round,
    PatternKind.MISSED_EDITS: missed_edits,
    PatternKind.MONOLOGUE: monologue,
    PatternKind.READING_IN_CIRCLES: reading_in_circles,
}
"""The most telling first: of several patterns in one step, the first one found is named."""
