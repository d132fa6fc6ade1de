"""Folding: what the model still sees of a transcript that no longer fits."""

import json

import pytest

from agent.context import opening_length, room_tokens, tail_start, view
from agent.domain.conversation import Message, ModelRequest, Reply, ToolCall, Usage
from agent.domain.errors import ContextOverflowError
from agent.domain.ids import CommitSha
from agent.folding import newest_fold
from agent.thinking import think, window_of
from tests.fakes.bench import LIFE, Office, office
from tests.fakes.chat_model import Script, call

OPENING = [
    Message(role="system", content="rules"),
    Message(role="user", content="the repository"),
    Message(role="user", content="the ticket: orders can be cancelled"),
]
BIG = "line of output\n" * 400  # about 2,000 tokens


def step(number: int, result: str = BIG, said: str = "", name: str = "read_files") -> list[Message]:
    made = ToolCall(id=f"c{number}", name=name, arguments=json.dumps({"files": [f"f{number}.py"]}))
    return [
        Message(role="assistant", content=said, tool_calls=(made,)),
        Message(role="tool", content=result, tool_call_id=made.id),
    ]


def long_life(steps: int, *script: Script, window: int = 12_000) -> Office:
    at = office(*script)
    messages = OPENING + [m for number in range(steps) for m in step(number, said=f"say {number}")]
    at.ledger.write(LIFE, 0, messages)
    at.model.window_tokens = window
    return at


def ask(at: Office, position: int, head: CommitSha | None = None) -> str:
    thought = think(at.desk, at.spec(), position, head or at.base, lambda text: None)
    return thought.blocked


def test_a_transcript_that_fits_is_sent_as_it_is() -> None:
    at = long_life(3, call("list_files"), window=100_000)
    ask(at, 9)
    assert list(at.model.heard[0].messages) == at.ledger.read(LIFE, 9)
    assert newest_fold(at.desk, at.spec(), 9) is None


def test_one_that_does_not_is_folded_and_keeps_the_opening_and_the_newest_step() -> None:
    at = long_life(10, call("list_files"))
    ask(at, 23)
    sent = at.model.heard[0].messages
    assert list(sent[:3]) == OPENING
    assert "folded into this" in sent[3].content
    assert "- say 0" in sent[3].content
    assert list(sent[-2:]) == at.ledger.read(LIFE, 23)[-2:]
    assert at.model.count_tokens(at.model.heard[0]) <= room_tokens(12_000)


def test_a_call_and_its_results_are_never_parted() -> None:
    at = long_life(10, call("list_files"))
    ask(at, 23)
    sent = at.model.heard[0].messages
    made = {each.id for message in sent for each in message.tool_calls}
    answered = {message.tool_call_id for message in sent if message.role == "tool"}
    assert made == answered


def test_the_folded_beginning_stays_the_same_for_the_provider_s_cache() -> None:
    at = long_life(10, call("list_files"), call("list_files"))
    ask(at, 23)
    at.ledger.write(LIFE, 24, [Message(role="tool", content="x", tool_call_id="call_1_0")])
    ask(at, 25)
    first, second = (request.messages for request in at.model.heard)
    assert second[: len(first)] == first


def test_the_folded_text_has_the_plan_the_diff_the_newest_checks_and_what_people_said() -> None:
    at = long_life(0, call("list_files"))
    said = Message(role="user", content="The Tech Lead says: mind the time zones.")
    checks = step(90, "tests: FAILED: test_cancel", name="run_checks")
    rest = [m for number in range(9) for m in step(number)]
    at.ledger.write(LIFE, 3, [*checks, said, *rest])
    at.ledger.replace(LIFE, "plan", "current", {"summary": "Add a route.", "files": ["app.py"]})
    worktree = at.workspace.open(at.spec().repository, LIFE, at.base)
    at.workspace.trees[worktree.path]["app.py"] = "changed\n"
    head = at.workspace.snapshot(worktree, LIFE)
    ask(at, 24, head)
    text = next(m.content for m in at.model.heard[0].messages if "folded into" in m.content)
    for part in ("Add a route.", "+changed", "FAILED: test_cancel", "mind the time zones"):
        assert part in text


def test_a_single_step_with_huge_results_is_trimmed() -> None:
    at = long_life(0, call("list_files"))
    at.ledger.write(LIFE, 3, step(0, BIG * 20))
    assert ask(at, 5) == ""
    result = at.model.heard[0].messages[-1]
    assert "lines left out" in result.content
    assert len(result.content) < 12_000 * 3


def test_an_endpoint_that_finds_it_too_long_teaches_us_its_window() -> None:
    overflow = ContextOverflowError("too long", limit_tokens=9_000)
    at = long_life(4, overflow, call("list_files"), window=40_000)
    assert ask(at, 11) == ""
    assert window_of(at.desk, at.spec()) == 9_000
    assert len(at.model.heard[1].messages) < len(at.model.heard[0].messages)


def test_a_named_limit_is_not_made_smaller_because_the_adapter_knows_it_too() -> None:
    def refuse(_request: ModelRequest) -> ContextOverflowError:
        at.model.window_tokens = 9_000
        return ContextOverflowError("too long", limit_tokens=9_000)

    at = long_life(4, refuse, call("list_files"), window=40_000)
    assert ask(at, 11) == ""
    assert window_of(at.desk, at.spec()) == 9_000


def test_an_endpoint_that_names_no_limit_gets_less_each_time_and_then_a_person_is_asked() -> None:
    at = long_life(4, *[ContextOverflowError("too long")] * 3, window=40_000)
    assert "does not fit into the" in ask(at, 11)
    assert at.ledger.spent(LIFE).calls == 0


def test_a_window_smaller_than_the_ticket_blocks_without_a_call() -> None:
    at = long_life(0, window=10)
    assert "does not fit into the 10 tokens that m can take in" in ask(at, 3)
    assert at.model.heard == []


def test_our_count_is_corrected_by_the_provider_s() -> None:
    dear = Reply(
        message=call("list_files"),
        finish_reason="tool_calls",
        usage=Usage(prompt_tokens=9_000),
        model="m",
    )
    at = long_life(3, dear, call("list_files"))
    ask(at, 9)
    at.ledger.write(LIFE, 10, [Message(role="tool", content="x", tool_call_id="call_0")])
    ask(at, 11)
    assert newest_fold(at.desk, at.spec(), 11) is not None


@pytest.mark.parametrize("room", [0, 100, 5_000, 1_000_000])
def test_the_newest_step_is_kept_whatever_the_room(room: int) -> None:
    messages = OPENING + [m for number in range(4) for m in step(number)]
    start = tail_start(messages, room)
    assert opening_length(messages) <= start <= len(messages) - 2
    assert messages[start].role == "assistant"


def test_without_a_fold_the_view_is_the_transcript() -> None:
    assert view(OPENING, None) == tuple(OPENING)
