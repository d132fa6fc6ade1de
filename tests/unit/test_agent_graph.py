"""The loop: which effect follows which, and how a run ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from agent.domain.ids import CommitSha
from agent.domain.run import Acted, Proof, Reviewed, RunOutcome, RunSpec, Signal, Stage, Thought
from agent.graph import RunState, initial_state, run_graph
from tests.fakes.bench import office

CALL = Thought(written=1, calls=1)
SILENCE = Thought(written=2, calls=0)


def acted(signal: Signal | None = None, **changes: Any) -> Acted:
    return Acted(**({"written": 1, "head": CommitSha("h1"), "signal": signal} | changes))


WORKED = acted()
FINISHED = acted(Signal.FINISH)
REFUSED = acted(invalid=True)


@dataclass
class ScriptedEffects:
    """Answers in the order given; `log` holds what was asked, with where the run stood."""

    thoughts: Sequence[Thought] = ()
    acts: Sequence[Acted] = ()
    proofs: Sequence[Proof] = ()
    reviews: Sequence[Reviewed] = ()
    heard: list[int] = field(default_factory=list)
    cut_after: int = 1000
    """Effects after which the history is too long."""
    log: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._thoughts, self._acts = iter(self.thoughts), iter(self.acts)
        self._proofs, self._reviews = iter(self.proofs), iter(self.reviews)

    @property
    def names(self) -> list[str]:
        return [entry[0] for entry in self.log if entry[0] != "listen"]

    async def listen(self, position: int) -> int:
        self.log.append(("listen", position))
        return self.heard.pop(0) if self.heard else 0

    async def think(self, position: int, head: str) -> Thought:
        self.log.append(("think", position))
        return next(self._thoughts)

    async def act(self, position: int, head: str) -> Acted:
        self.log.append(("act", position, head))
        return next(self._acts)

    async def prove(self, position: int, head: str) -> Proof:
        self.log.append(("prove", position, head))
        return next(self._proofs)

    async def review(self, position: int, head: str) -> Reviewed:
        self.log.append(("review", position, head))
        return next(self._reviews)

    def must_cut(self) -> bool:
        return len(self.names) >= self.cut_after


def spec(stage: Stage = Stage.DEVELOP, **changes: Any) -> RunSpec:
    return office().spec(stage, head=CommitSha("h0"), **changes)


async def run(effects: ScriptedEffects, stage: Stage = Stage.DEVELOP, **changes: Any) -> RunState:
    given = spec(stage, **changes)
    return await run_graph(given, effects, initial_state(given, 3))


async def test_planning_ends_with_the_plan() -> None:
    effects = ScriptedEffects([CALL, CALL], [WORKED, acted(Signal.PLAN)])
    final = await run(effects, Stage.PLAN)
    assert final["outcome"] == RunOutcome.PLANNED
    assert effects.names == ["think", "act", "think", "act"]


async def test_development_ends_when_the_gates_pass_after_finish() -> None:
    effects = ScriptedEffects([CALL], [FINISHED], [Proof(written=0, passed=True)])
    final = await run(effects)
    assert final["outcome"] == RunOutcome.DONE
    assert effects.names == ["think", "act", "prove"]


async def test_each_effect_is_told_where_the_transcript_and_the_worktree_stand() -> None:
    effects = ScriptedEffects(
        [CALL], [acted(Signal.FINISH, written=2)], [Proof(written=0, passed=True)]
    )
    await run(effects)
    assert effects.log == [("listen", 3), ("think", 3), ("act", 4, "h0"), ("prove", 6, "h1")]


async def test_gates_that_fail_send_the_developer_back_to_think() -> None:
    proofs = [Proof(written=1, passed=False), Proof(written=0, passed=True)]
    effects = ScriptedEffects([CALL, CALL], [FINISHED, FINISHED], proofs)
    final = await run(effects)
    assert effects.names == ["think", "act", "prove", "think", "act", "prove"]
    assert (final["outcome"], final["proofs"]) == (RunOutcome.DONE, 1)


async def test_gates_that_keep_failing_block_the_run_with_their_reason() -> None:
    failing = Proof(written=1, passed=False, reason="tests: 1 failed")
    effects = ScriptedEffects([CALL] * 9, [FINISHED] * 9, [failing] * 9)
    final = await run(effects, max_proofs=2)
    assert effects.names.count("prove") == 2
    assert (final["outcome"], final["reason"]) == (
        RunOutcome.BLOCKED,
        "still not passing: tests: 1 failed",
    )


async def test_three_answers_in_a_row_without_a_call_block_the_run() -> None:
    final = await run(effects := ScriptedEffects([SILENCE] * 9))
    assert effects.names == ["think"] * 3
    assert final["outcome"] == RunOutcome.BLOCKED
    assert "3 times in a row without a usable tool call" in final["reason"]


async def test_what_was_wrong_with_the_last_answer_is_part_of_the_reason() -> None:
    cut = SILENCE.model_copy(update={"fault": "its last answer was cut at the output limit"})
    final = await run(ScriptedEffects([SILENCE, SILENCE, cut]))
    assert final["reason"].endswith("usable tool call; its last answer was cut at the output limit")


async def test_a_usable_call_forgives_the_answers_without_one() -> None:
    thoughts = [SILENCE, SILENCE, CALL, SILENCE, SILENCE, CALL]
    effects = ScriptedEffects(thoughts, [WORKED, FINISHED], [Proof(written=0, passed=True)])
    assert (await run(effects))["outcome"] == RunOutcome.DONE


async def test_a_run_stops_after_its_most_model_calls() -> None:
    effects = ScriptedEffects([CALL] * 9, [WORKED] * 9)
    final = await run(effects, max_steps=2)
    assert effects.names == ["think", "act", "think", "act"]
    assert (final["outcome"], final["steps"]) == (RunOutcome.BLOCKED, 2)
    assert final["reason"] == "2 model calls were made without an end in sight"


async def test_a_thought_that_cannot_go_on_blocks_the_run() -> None:
    effects = ScriptedEffects([Thought(written=0, calls=0, blocked="the budget is spent")])
    final = await run(effects)
    assert (final["outcome"], final["reason"]) == (RunOutcome.BLOCKED, "the budget is spent")
    assert final["steps"] == 0


async def test_a_question_ends_the_run_with_its_text() -> None:
    effects = ScriptedEffects([CALL], [acted(Signal.ASK, reason="Cents or euros?")])
    final = await run(effects)
    assert (final["outcome"], final["reason"]) == (RunOutcome.QUESTION, "Cents or euros?")


async def test_reasons_are_kept_short() -> None:
    effects = ScriptedEffects([Thought(written=0, calls=0, blocked="x" * 1000)])
    assert len((await run(effects))["reason"]) == 300


async def test_what_people_say_is_heard_before_the_next_thought() -> None:
    effects = ScriptedEffects([CALL], [acted(Signal.PLAN)], heard=[2])
    final = await run(effects, Stage.PLAN)
    assert effects.log[:2] == [("listen", 3), ("think", 5)]
    assert final["position"] == 7


@pytest.mark.parametrize("effects_before_the_cut", [1, 2, 3, 4, 5])
async def test_a_cut_run_carries_on_where_it_stood(effects_before_the_cut: int) -> None:
    proofs = [Proof(written=1, passed=False), Proof(written=0, passed=True)]
    effects = ScriptedEffects([CALL, CALL], [FINISHED, FINISHED], proofs)
    effects.cut_after = effects_before_the_cut
    cut = await run(effects)
    assert (cut["cut"], cut["outcome"]) == (True, "")
    effects.cut_after = 1000
    final = await run_graph(spec(), effects, cut)
    assert effects.names == ["think", "act", "prove", "think", "act", "prove"]
    assert (final["outcome"], final["cut"], final["steps"]) == (RunOutcome.DONE, False, 2)


@pytest.mark.parametrize(
    ("state", "first"),
    [
        ({}, "think"),
        ({"calls": 1}, "act"),
        ({"signal": Signal.FINISH}, "prove"),
    ],
)
async def test_a_run_starts_at_the_node_that_its_state_asks_for(
    state: dict[str, Any], first: str
) -> None:
    done = Proof(written=0, passed=True)
    effects = ScriptedEffects([CALL], [FINISHED], [done], cut_after=1)
    begun = RunState(**{**initial_state(spec(), 3), **state})  # type: ignore[typeddict-item]
    await run_graph(spec(), effects, begun)
    assert effects.names == [first]


async def test_a_run_that_has_ended_does_nothing_more() -> None:
    effects = ScriptedEffects()
    ended = RunState(**{**initial_state(spec(), 3), "outcome": "done"})
    assert await run_graph(spec(), effects, ended) == ended
    assert effects.log == []


async def test_the_last_proof_of_a_cut_run_counts_with_the_earlier_ones() -> None:
    failing = Proof(written=1, passed=False, reason="lint")
    effects = ScriptedEffects([CALL] * 2, [FINISHED] * 2, [failing] * 2, cut_after=3)
    cut = await run(effects, max_proofs=2)
    effects.cut_after = 1000
    final = await run_graph(spec(max_proofs=2), effects, cut)
    assert final["outcome"] == RunOutcome.BLOCKED


async def test_more_than_a_hundred_steps_do_not_exhaust_the_graph() -> None:
    effects = ScriptedEffects([CALL] * 150, [WORKED] * 150)
    assert (await run(effects, max_steps=120))["steps"] == 120
