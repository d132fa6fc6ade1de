"""What a person sees in the terminal while a ticket runs."""

import io
from datetime import UTC, datetime
from decimal import Decimal

from rich.console import Console

from agent.domain.conversation import Spent
from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.domain.ids import CommitSha, LifeId, TicketKey
from agent.domain.progress import Phase
from workflows.overview import Overview
from workflows.state import TicketStatus
from workflows.view import open_view, panel, plain_line

STATUS = TicketStatus(
    key=TicketKey("PAY-7"),
    life=LifeId("PAY-7-abcd1234"),
    phase=Phase.CI,
    detail="1 of 2 checks [red]failed[/red]",
    is_paused=False,
    started=datetime(2026, 1, 5, tzinfo=UTC),
    repository="acme/shop",
    branch="backsmith/PAY-7-refund",
    base=None,
    head=None,
    published=None,
    pull_request="https://github.com/acme/shop/pull/3",
    thread=None,
    steps=2,
    outcome=None,
)
TESTS = Evidence(
    gate=Gate.TESTS, status=GateStatus.PASS, commit=CommitSha("f" * 40), reason="32 passed"
)
TYPES = Evidence(
    gate=Gate.TYPES, status=GateStatus.FAIL, commit=CommitSha("f" * 40), reason="`mypy .` failed"
)
SPENT = Spent(calls=3, prompt_tokens=900, completion_tokens=100, cost_usd=Decimal("0.12346"))
SEEN = Overview(status=STATUS, doing="edit_files", evidence=(TESTS, TYPES), spent=SPENT)
REVIEWED = SEEN.model_copy(update={"spent_on_review": Spent(calls=1, cost_usd=Decimal("0.01"))})


def changed(**changes: object) -> Overview:
    return SEEN.model_copy(update={"status": STATUS.model_copy(update=changes)})


def console(*, is_terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), width=100, force_terminal=is_terminal, color_system=None)


def written(on: Console) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def shown(what: Overview) -> str:
    on = console()
    on.print(panel(what))
    return written(on)


def test_a_line_has_phase_detail_gates_and_link() -> None:
    assert plain_line(SEEN) == (
        "PAY-7  ci  1 of 2 checks [red]failed[/red]  tests: pass (32 passed)  "
        "types: fail (`mypy .` failed)  https://github.com/acme/shop/pull/3"
    )


def test_a_line_has_no_empty_parts() -> None:
    bare = changed(detail="", pull_request=None).model_copy(update={"evidence": ()})
    assert plain_line(bare) == "PAY-7  ci"


def test_a_line_says_when_the_ticket_is_paused() -> None:
    assert plain_line(changed(is_paused=True)).startswith("PAY-7  ci  paused  ")


def test_a_panel_has_everything_a_person_asks_for() -> None:
    said = shown(SEEN)
    for part in (
        "PAY-7 · acme/shop",
        "3 · edit_files",
        "pass · 32 passed",
        "fail · `mypy .` failed",
        "0.1235 USD · 3 calls · 1000 tokens",
        "backsmith/PAY-7-refund",
        "https://github.com/acme/shop/pull/3",
    ):
        assert part in said


def test_a_panel_says_when_the_ticket_is_paused() -> None:
    assert "ci (paused)" in shown(changed(is_paused=True))


def test_foreign_text_is_never_markup() -> None:
    assert "[red]failed[/red]" in shown(SEEN)


def test_a_pipe_gets_one_line_for_each_change() -> None:
    on = console()
    with open_view(on, is_quiet=False) as view:
        for seen in (SEEN, SEEN, changed(phase=Phase.REVIEW), SEEN):
            view.show(seen)
    lines = written(on).splitlines()
    assert [line.split()[1] for line in lines] == ["ci", "review", "ci"]
    assert lines[0] == plain_line(SEEN)


def test_a_terminal_gets_the_panel() -> None:
    on = console(is_terminal=True)
    with open_view(on, is_quiet=False) as view:
        view.show(SEEN)
    assert "PAY-7 · acme/shop" in written(on)


def test_json_gets_nothing_beside_it() -> None:
    on = console(is_terminal=True)
    with open_view(on, is_quiet=True) as view:
        view.show(SEEN)
    assert written(on) == ""


def test_the_part_of_the_self_review_is_shown_where_there_was_one() -> None:
    assert "of it the self-review: 0.0100 USD · 1 calls" in shown(REVIEWED)
    assert "self-review" not in shown(SEEN)
