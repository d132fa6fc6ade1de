"""One model call, paid for once."""

from decimal import Decimal

import pytest

from agent.domain.conversation import Message, Reply, Usage
from agent.domain.errors import TransientError
from agent.domain.run import RunSpec, Stage, Thought
from agent.thinking import think
from agent.tools.registry import tool_specs
from tests.fakes.bench import LIFE, Office, office
from tests.fakes.chat_model import call, calls, say

OPENING = [Message(role="system", content="rules"), Message(role="user", content="the task")]
USAGE = Usage(prompt_tokens=1_000_000, cached_tokens=500_000, completion_tokens=250_000)


def reply(message: Message, finish_reason: str = "stop") -> Reply:
    return Reply(message=message, finish_reason=finish_reason, usage=USAGE, model="m-2026")


def opened(*script: Message | Reply | Exception) -> Office:
    at = office(*script)
    at.ledger.write(LIFE, 0, OPENING)
    return at


def think_at_two(at: Office, spec: RunSpec | None = None) -> Thought:
    return think(at.desk, spec or at.spec(), 2, at.base, lambda text: None)


def test_an_answer_with_calls_is_written_and_counted() -> None:
    at = opened(calls(call("list_files"), call("search", pattern="x")))
    assert think_at_two(at) == Thought(written=1, calls=2)
    written = at.ledger.message(LIFE, 2)
    assert written is not None
    assert [each.name for each in written.tool_calls] == ["list_files", "search"]


def test_the_model_gets_the_transcript_up_to_here_and_all_tools() -> None:
    at = opened(call("list_files"))
    at.ledger.write(LIFE, 3, [Message(role="user", content="of a later step")])
    think_at_two(at)
    [request] = at.model.heard
    assert (list(request.messages), request.tools) == (OPENING, tool_specs())
    assert request.model == "m"


def test_every_stage_offers_the_same_tools() -> None:
    requests = []
    for stage in Stage:
        at = opened(call("list_files"))
        think_at_two(at, at.spec(stage))
        requests += at.model.heard
    assert len({request.model_dump_json(include={"tools"}) for request in requests}) == 1


def test_a_stored_answer_is_not_asked_for_again() -> None:
    at = opened(call("list_files"))
    first = think_at_two(at)
    assert think_at_two(at) == first
    assert len(at.model.heard) == 1
    assert at.ledger.spent(LIFE).calls == 1


def test_a_stored_answer_without_a_call_is_not_asked_for_again() -> None:
    at = opened(say("done?"))
    assert think_at_two(at) == think_at_two(at) == Thought(written=2, calls=0)
    assert len(at.model.heard) == 1


def test_a_stored_answer_is_given_even_when_the_budget_is_spent_by_it() -> None:
    at = opened(reply(call("list_files")))
    spec = at.spec(budget_usd=Decimal("0.01"))
    assert think_at_two(at, spec) == think_at_two(at, spec) == Thought(written=1, calls=1)


def test_a_spent_budget_blocks_without_a_model_call() -> None:
    at = opened()
    at.ledger.book(LIFE, 1, "m", USAGE, "5.00")
    thought = think_at_two(at)
    assert (thought.written, thought.calls) == (0, 0)
    assert thought.blocked == "the ticket's budget of 5 USD is spent (5.00 USD)"
    assert at.model.heard == []


def test_usage_and_cost_are_booked_under_the_model_that_answered() -> None:
    at = opened(reply(call("list_files")))
    think_at_two(at)
    spent = at.ledger.spent(LIFE)
    assert (spent.calls, spent.cost_usd) == (1, Decimal("1.0"))
    assert (spent.prompt_tokens, spent.cached_tokens) == (1_000_000, 500_000)


def test_a_model_without_a_price_costs_nothing() -> None:
    at = opened(reply(call("list_files")))
    think_at_two(at, at.spec(model="local"))
    assert at.ledger.spent(LIFE).cost_usd == 0


def test_calls_of_an_answer_that_was_cut_are_dropped() -> None:
    at = opened(reply(call("edit_files", edits=[]), finish_reason="length"))
    thought = think_at_two(at)
    assert (thought.written, thought.calls) == (2, 0)
    assert thought.fault == "its last answer was cut at the output limit"
    written = at.ledger.message(LIFE, 2)
    assert written is not None
    assert written.tool_calls == ()


def test_an_answer_that_was_cut_is_followed_by_a_nudge_to_take_a_smaller_step() -> None:
    at = opened(reply(call("edit_files", edits=[]), finish_reason="length"))
    think_at_two(at)
    nudge = at.ledger.message(LIFE, 3)
    assert nudge is not None
    assert nudge.role == "user"
    assert "cut at the output limit" in nudge.content


def test_a_refusal_is_kept_and_followed_by_the_way_to_ask() -> None:
    refused = reply(say("I cannot help with that.")).model_copy(update={"refused": True})
    at = opened(refused)
    think_at_two(at)
    said, nudge = at.ledger.read(LIFE, 4)[2:]
    assert said.content == "I cannot help with that."
    assert "That was refused" in nudge.content
    assert "ask_human" in nudge.content


def test_a_refusal_is_told_from_an_answer_that_only_calls_nothing() -> None:
    at = opened(reply(say("I will not.")).model_copy(update={"refused": True}))
    assert think_at_two(at).fault == think_at_two(at).fault == "its last answer was a refusal"


def test_plain_text_without_a_call_is_kept_and_followed_by_a_nudge() -> None:
    at = opened(say("I think it is done."))
    assert think_at_two(at) == Thought(written=2, calls=0)
    said, nudge = at.ledger.read(LIFE, 4)[2:]
    assert (said.role, said.content) == ("assistant", "I think it is done.")
    assert "There was no tool call" in nudge.content


def test_an_answer_without_end_does_not_fill_the_window() -> None:
    at = opened(reply(say("The repository is shop.\n" * 2_000), finish_reason="length"))
    think_at_two(at)
    said = at.ledger.message(LIFE, 2)
    assert said is not None
    assert said.content.startswith("The repository is shop.\n")
    assert len(said.content) < 4_200


def test_an_empty_answer_is_kept_with_words_that_a_provider_accepts() -> None:
    at = opened(say(""))
    think_at_two(at)
    said = at.ledger.message(LIFE, 2)
    assert said is not None
    assert said.content == "(no answer)"


def test_the_nudge_of_planning_names_the_tool_that_ends_planning() -> None:
    at = opened(say("hm"))
    think_at_two(at, at.spec(Stage.PLAN))
    nudge = at.ledger.message(LIFE, 3)
    assert nudge is not None
    assert "propose_plan" in nudge.content


def test_the_request_key_stays_the_same_when_the_call_is_repeated() -> None:
    at = opened(TransientError("503"), call("list_files"))
    with pytest.raises(TransientError):
        think_at_two(at)
    think_at_two(at)
    first, second = at.model.heard
    assert first.key == second.key
    assert first.key.startswith("PAY-1-abcdefgh/1-develop/2/")


def test_the_request_key_tells_different_transcripts_apart() -> None:
    one, other = opened(call("list_files")), office(call("list_files"))
    other.ledger.write(LIFE, 0, [OPENING[0], Message(role="user", content="another task")])
    think_at_two(one)
    think_at_two(other)
    assert one.model.heard[0].key != other.model.heard[0].key


def test_a_call_that_failed_writes_and_books_nothing() -> None:
    at = opened(TransientError("503"))
    with pytest.raises(TransientError):
        think_at_two(at)
    assert at.ledger.message(LIFE, 2) is None
    assert at.ledger.spent(LIFE).calls == 0


def test_text_is_passed_on_while_it_streams() -> None:
    at = opened(say("I am reading."))
    streamed: list[str] = []
    think(at.desk, at.spec(), 2, at.base, streamed.append)
    assert streamed == ["I am reading."]


def test_the_live_view_says_that_the_developer_thinks() -> None:
    at = opened(call("list_files"))
    think_at_two(at)
    assert at.ledger.find(LIFE, "doing", "current") == "thinking"
