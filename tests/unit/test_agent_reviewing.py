"""The self-review: one call by a fresh context, booked apart, findings go back once."""

from decimal import Decimal
from typing import Any

import pytest

from agent.domain.conversation import Message
from agent.domain.errors import ContextOverflowError
from agent.domain.ids import CommitSha
from agent.domain.plan import Plan
from agent.domain.run import Reviewed, RunSpec
from agent.reviewing import KIND, PURPOSE, review
from tests.fakes.bench import LIFE, Office, office, raw_call
from tests.fakes.chat_model import Script, call, say

FOUND = call(
    "report_findings",
    findings=[{"path": "app.py:2", "problem": "A shipped order is cancelled too."}],
)
PLAN = Plan(summary="In digits.", files=("b.py",))
NOTHING = call("report_findings", findings=[])


def changed(*script: Script) -> tuple[Office, CommitSha]:
    at = office(*script)
    worktree = at.workspace.open(at.spec().repository, LIFE, at.base)
    at.workspace.trees[worktree.path]["app.py"] = "one\n2\nthree\n"
    return at, at.workspace.snapshot(worktree, LIFE)


def spec(at: Office, **changes: Any) -> RunSpec:
    return at.spec(**({"review_model": "m"} | changes))


def run(at: Office, head: CommitSha, **changes: Any) -> Reviewed:
    return review(at.desk, spec(at, **changes), 5, head, lambda text: None)


def test_findings_are_told_to_the_developer() -> None:
    at, head = changed(FOUND)
    assert run(at, head) == Reviewed(written=1)
    told = at.ledger.message(LIFE, 5)
    assert told is not None
    assert "app.py:2" in told.content
    assert "A shipped order is cancelled too." in told.content


def test_a_change_without_faults_says_nothing() -> None:
    at, head = changed(NOTHING)
    assert run(at, head) == Reviewed(written=0)
    assert at.ledger.message(LIFE, 5) is None


def test_it_is_a_fresh_context_with_the_ticket_the_plan_and_the_diff() -> None:
    at, head = changed(NOTHING)
    at.ledger.write(LIFE, 0, [Message(role="system", content="the developer's own rules")])
    at.ledger.replace(LIFE, "plan", "current", PLAN.model_dump())
    run(at, head)
    [request] = at.model.heard
    assert [tool.name for tool in request.tools] == ["report_findings"]
    assert "own rules" not in str(request.messages)
    task = request.messages[1].content
    for part in ("I want to cancel an order", "In digits.", "+2", "Planned and not changed: b.py"):
        assert part in task


def test_its_cost_is_booked_apart_and_counts_towards_the_budget() -> None:
    at, head = changed(NOTHING)
    run(at, head)
    apart, all_in_all = at.ledger.spent(LIFE, PURPOSE), at.ledger.spent(LIFE)
    assert apart == all_in_all
    assert (apart.calls, at.ledger.spent(LIFE, "step").calls) == (1, 0)


def test_repeating_it_asks_and_pays_once_and_says_the_same() -> None:
    at, head = changed(FOUND)
    assert run(at, head) == run(at, head)
    assert at.ledger.spent(LIFE).calls == 1


@pytest.mark.parametrize(
    "answer",
    [say("All good!"), raw_call("report_findings", "{"), call("finish", title="t", summary="s")],
)
def test_an_answer_that_cannot_be_read_finds_nothing(answer: Message) -> None:
    at, head = changed(answer)
    assert run(at, head) == Reviewed(written=0)
    assert at.ledger.spent(LIFE).calls == 1


def test_it_is_left_out_when_the_budget_is_spent() -> None:
    at, head = changed()
    assert run(at, head, budget_usd=Decimal(0)) == Reviewed(written=0)
    assert at.ledger.find(LIFE, KIND, spec(at).run)["left_out"] == "the budget is spent"  # type: ignore[index]


def test_it_is_left_out_when_the_change_does_not_fit() -> None:
    at, head = changed(ContextOverflowError("too long"))
    assert run(at, head) == Reviewed(written=0)
