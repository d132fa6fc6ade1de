"""One ticket as people and scripts see it, out of its status and the ledger."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from agent.domain.conversation import Usage
from agent.domain.evidence import Evidence, Gate, GateStatus, TestCount
from agent.domain.ids import CommitSha, LifeId, TicketKey
from agent.domain.progress import Outcome, Phase
from tests.fakes.ledger import FakeLedger
from workflows.activities.chat import EDITED
from workflows.overview import model_result, overview, ticket_result
from workflows.overview import tests_result as counted
from workflows.state import TicketStatus

LIFE = LifeId("PAY-7-abcd1234")
BASE, HEAD, PUBLISHED = CommitSha("b" * 40), CommitSha("d" * 40), CommitSha("f" * 40)
STARTED = datetime(2026, 1, 5, 9, tzinfo=UTC)
STATUS = TicketStatus(
    key=TicketKey("PAY-7"),
    life=LIFE,
    phase=Phase.DONE,
    detail="",
    is_paused=False,
    started=STARTED,
    repository="acme/shop",
    branch="backsmith/PAY-7-refund",
    base=BASE,
    head=HEAD,
    published=PUBLISHED,
    pull_request="https://github.com/acme/shop/pull/3",
    thread=None,
    steps=2,
    outcome=Outcome.MERGED,
)


def measured(commit: CommitSha, passed: int) -> Evidence:
    return Evidence(
        gate=Gate.TESTS,
        status=GateStatus.PASS,
        commit=commit,
        reason=f"{passed} passed",
        tests=TestCount(passed=passed),
    )


def ledger() -> FakeLedger:
    """Return what a merged ticket leaves."""
    kept = FakeLedger()
    for commit, passed in ((BASE, 30), (HEAD, 31), (PUBLISHED, 32)):
        kept.record(LIFE, measured(commit, passed))
    first = Usage(prompt_tokens=100, cached_tokens=0, completion_tokens=10)
    second = Usage(prompt_tokens=200, cached_tokens=90, completion_tokens=20)
    kept.book(LIFE, 2, "gpt-5", first, "0.25")
    kept.book(LIFE, 4, "gpt-5", second, "0.5")
    kept.keep(LIFE, "commit", "1", "c" * 40)
    kept.keep(LIFE, "commit", "2", PUBLISHED)
    kept.keep(LIFE, "chat", "card", {"ts": "1"})
    kept.keep(LIFE, "chat", "plan", {"ts": "2"})
    kept.note(LIFE, "backsmith", EDITED, "plan")
    kept.note(LIFE, "jira:lead", "approve", "")
    kept.note(LIFE, "backsmith", EDITED, "ci")
    return kept


def test_the_newest_evidence_is_that_of_what_was_published() -> None:
    assert overview(ledger(), STATUS).evidence == (measured(PUBLISHED, 32),)


def test_before_anything_is_published_the_snapshot_counts() -> None:
    status = STATUS.model_copy(update={"published": None})
    assert overview(ledger(), status).evidence == (measured(HEAD, 31),)


def test_a_ticket_that_has_just_begun_has_no_evidence_and_no_cost() -> None:
    status = STATUS.model_copy(update={"published": None, "head": None})
    seen = overview(FakeLedger(), status)
    assert (seen.evidence, seen.doing, seen.spent.calls) == ((), "", 0)


def test_what_is_being_done_right_now_is_shown() -> None:
    kept = ledger()
    kept.replace(LIFE, "doing", "current", "thinking")
    assert overview(kept, STATUS).doing == "thinking"


def test_tests_are_counted_at_the_base_and_at_the_head() -> None:
    assert counted(ledger(), LIFE, BASE, PUBLISHED) == {"before": 30, "after": 32}


def test_tests_that_were_not_run_count_as_none() -> None:
    assert counted(FakeLedger(), LIFE, BASE, None) == {"before": 0, "after": 0}


def test_the_result_is_what_scripts_rely_on() -> None:
    now = STARTED + timedelta(minutes=2, milliseconds=340)
    assert ticket_result(ledger(), STATUS, now) == {
        "ticket": "PAY-7",
        "outcome": "merged",
        "pull_request": "https://github.com/acme/shop/pull/3",
        "commits": ["c" * 40, "f" * 40],
        "tests": {"before": 30, "after": 32},
        "slack": {"messages": 2, "edits": 2},
        "model": {
            "calls": 2,
            "prompt_tokens": 300,
            "cached_tokens": 90,
            "completion_tokens": 30,
            "cost_usd": 0.75,
        },
        "seconds": 120.3,
    }


def test_a_ticket_that_has_not_ended_counts_as_blocked() -> None:
    status = STATUS.model_copy(update={"phase": Phase.BLOCKED, "outcome": None})
    assert ticket_result(ledger(), status, STARTED)["outcome"] == "blocked"


def test_costs_are_numbers_in_json() -> None:
    spent = ledger().spent(LIFE)
    assert spent.cost_usd == Decimal("0.75")
    assert type(model_result(spent)["cost_usd"]) is float
