"""What people read: every mark comes from evidence, and foreign text stays in its place."""

from decimal import Decimal
from itertools import combinations_with_replacement, pairwise
from typing import Any

import pytest
from markdown_it import MarkdownIt

from agent import report
from agent.claims import without_claims
from agent.commits import commit_message
from agent.domain.conversation import Spent
from agent.domain.evidence import Evidence, Gate, GateStatus, Remark, TestCount
from agent.domain.ids import CommitSha
from agent.domain.plan import Plan
from agent.domain.progress import Card, Link, Phase
from agent.done import MEANINGS
from agent.report import (
    HEADLINES,
    MARKS,
    Revisions,
    blocked_text,
    card,
    plan_note,
    pull_request_body,
    pull_request_title,
    questions_text,
)
from tests.fakes.bench import KEY, TICKET, evidence

SUMMARY = {"title": "Cancel orders", "summary": "Orders can be cancelled.", "assumptions": []}
PLAN = Plan(summary="Add a route.", files=("app.py",))
RISKY = PLAN.model_copy(update={"migrations": ("add a column",), "new_dependencies": ("httpx",)})
HEAD, BASE = evidence(Gate.TESTS).commit, CommitSha("b" * 40)
BETWEEN = Revisions(base=BASE, head=HEAD)
STATUSES = list(combinations_with_replacement(GateStatus, len(Gate)))


def body(*after: Evidence, **changes: Any) -> str:
    known: dict[str, Any] = {"plan": None, "before": (), "after": after}
    return pull_request_body(TICKET, SUMMARY, **(known | changes))


def full(gate: Gate, status: GateStatus = GateStatus.PASS) -> Evidence:
    """Return evidence that has all figures that its box speaks of."""
    return evidence(gate, status, measures={"red": 1, "base_percent": 90})


def rows(markdown: str) -> list[list[str]]:
    """Return the cells of the body's table as a Markdown reader sees them, without its head."""
    tokens = MarkdownIt().enable("table").parse(markdown)
    texts = [t.content for before, t in pairwise(tokens) if before.type == "td_open"]
    return [texts[start : start + 5] for start in range(0, len(texts), 5)]


@pytest.mark.parametrize("statuses", STATUSES, ids="-".join)
def test_the_body_has_one_green_mark_for_each_gate_that_passed(
    statuses: tuple[GateStatus, ...],
) -> None:
    text = body(*(evidence(g, s) for g, s in zip(Gate, statuses, strict=True)))
    assert text.count("✅") == statuses.count(GateStatus.PASS)


@pytest.mark.parametrize("statuses", STATUSES, ids="-".join)
def test_the_card_has_one_green_mark_for_each_gate_that_passed(
    statuses: tuple[GateStatus, ...],
) -> None:
    items = [evidence(g, s) for g, s in zip(Gate, statuses, strict=True)]
    shown = made_card(items).model_dump_json()
    assert shown.count("✅") == statuses.count(GateStatus.PASS)


def test_without_evidence_nothing_is_green() -> None:
    assert "✅" not in body()
    assert "✅" not in made_card([]).model_dump_json()


@pytest.mark.parametrize("status", [GateStatus.NOT_RUN, GateStatus.FAIL, GateStatus.NOT_APPLICABLE])
def test_only_a_gate_that_passed_is_green(status: GateStatus) -> None:
    assert MARKS[status] != "✅"


def test_each_gate_has_a_row_with_its_mark_result_command_and_commit() -> None:
    item = evidence(reason="31 passed", command="pytest -q", seconds=2.04, exit_code=0)
    assert rows(body(item)) == [
        ["✅", "tests", "31 passed", "`pytest -q` (2.0 s, exit 0)", "cccccccc"]
    ]


def test_a_gate_without_a_command_has_an_empty_cell() -> None:
    item = evidence(Gate.TYPES, GateStatus.NOT_APPLICABLE, reason="no types command")
    assert rows(body(item)) == [["n/a", "types", "no types command", "", "cccccccc"]]


@pytest.mark.parametrize(
    "text",
    [
        "a | ✓ | b",
        "a\n| fake | row |",
        "a ` b ` | c",
        "`| x",
        "a \\| b",
        "\n\n# Heading",
        "```\nfence",
    ],
)
def test_a_cell_cannot_be_broken_out_of(text: str) -> None:
    found = rows(body(evidence(reason=text, command=text), evidence(Gate.LINT)))
    assert [row[1] for row in found] == ["tests", "lint"]
    assert [row[4] for row in found] == ["cccccccc", "cccccccc"]


def test_a_green_mark_in_a_command_stays_in_the_cell_of_the_command() -> None:
    item = evidence(status=GateStatus.FAIL, command="x` | ✅ | tests")
    assert rows(body(item))[0][0] == "❌"


def test_the_body_tells_how_many_tests_passed_before() -> None:
    before = evidence(tests=TestCount(passed=30, failed=1))
    assert "Tests at the base: 30 passed, 1 failed." in body(before=[before])


def test_the_body_says_nothing_of_a_base_that_was_not_measured() -> None:
    assert "at the base" not in body()


def test_the_body_names_the_ticket_and_ends_with_its_marker() -> None:
    text = body()
    assert f"[{KEY}]({TICKET['url']}) Orders can be cancelled" in text
    assert text.endswith(f"<!-- backsmith:{KEY} -->")


def test_a_ticket_without_an_address_is_named_without_a_link() -> None:
    text = pull_request_body({**TICKET, "url": ""}, SUMMARY, None, (), ())
    assert f"Ticket: {KEY} Orders can be cancelled" in text


def test_the_checklist_says_what_the_plan_said() -> None:
    text = body(plan=RISKY, approved_by="the Tech Lead")
    assert "- migrations: add a column\n- no endpoints changed" in text
    assert "- nothing breaks for clients, says the plan" in text
    assert "- new dependencies: httpx\n- plan approved by the Tech Lead" in text


@pytest.mark.parametrize("statuses", STATUSES, ids="-".join)
def test_a_box_is_ticked_for_each_gate_that_passed_at_the_head(
    statuses: tuple[GateStatus, ...],
) -> None:
    text = body(
        *(full(g, s) for g, s in zip(Gate, statuses, strict=True)), between=BETWEEN, plan=PLAN
    )
    assert text.count("- [x]") == statuses.count(GateStatus.PASS)
    assert text.count("- [ ]") == len(statuses) - text.count("- [x]") - statuses.count(
        GateStatus.NOT_APPLICABLE
    )


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (evidence(Gate.TESTS, tests=TestCount(passed=3, failed=2)), "2 failed as at the base"),
        (evidence(Gate.RED_TO_GREEN, measures={"red": 0, "weak": 1}), "only weak evidence"),
        (evidence(Gate.COVERAGE, measures={"total_percent": 90}), "the base was not measured"),
    ],
)
def test_a_gate_that_passes_without_showing_what_the_box_says_does_not_tick_it(
    item: Evidence, why: str
) -> None:
    text = body(item, between=BETWEEN)
    assert f"- [ ] {MEANINGS[item.gate]}: {why} ({item.gate}@cccccccc)\n" in text


def test_evidence_of_another_commit_ticks_nothing() -> None:
    elsewhere = Revisions(base=BASE, head=CommitSha("d" * 40))
    text = body(*map(evidence, Gate), between=elsewhere)
    assert "- [x]" not in text
    assert text.count(": no evidence\n") == len(Gate)


def test_a_box_names_its_evidence_and_what_was_planned() -> None:
    plan = PLAN.model_copy(update={"tests": ("cancelling twice",)})
    text = body(
        evidence(Gate.TESTS), evidence(Gate.LINT, GateStatus.FAIL), plan=plan, between=BETWEEN
    )
    assert f"- [x] {MEANINGS[Gate.TESTS]} (tests@cccccccc)\n  - planned: cancelling twice\n" in text
    assert f"- [ ] {MEANINGS[Gate.LINT]}: **fails** (lint@cccccccc)\n" in text


def test_the_body_tells_how_to_verify_it() -> None:
    assert f"`backsmith verify --base {BASE} --head {HEAD}`" in body(between=BETWEEN)
    assert "no command can show an approval" not in body(between=BETWEEN, plan=RISKY)


def test_how_to_verify_has_the_labels_and_says_what_an_approval_allowed() -> None:
    ticket = {**TICKET, "labels": ["api-break", "urgent"]}
    text = pull_request_body(ticket, SUMMARY, RISKY, (), (), "the lead", between=BETWEEN)
    assert f"--head {HEAD} --label api-break` in a clone" in text
    assert "What the approval of the plan allowed is a finding there" in text


def test_a_summary_is_cut_and_its_fence_is_closed() -> None:
    summary = {**SUMMARY, "summary": "````\n```\n" + "many words\n" * 9_000}
    text = pull_request_body(TICKET, summary, None, (), (evidence(),))
    assert len(text) < 6_000
    assert f"\n````\n\nTicket: [{KEY}]" in text


@pytest.mark.parametrize("gate", [gate for gate in Gate if gate is not Gate.LINT])
def test_remarks_of_a_gate_are_folded(gate: Gate) -> None:
    what = "a`b | <!-- x --> ![y](z)\n# c"
    text = body(evidence(gate, remarks=(Remark(kind="allowed", what=what, why="the label x"),)))
    fold = text.partition("### Remarks\n\n")[2].partition("</details>")[0]
    assert fold == (
        f"<details><summary>{gate}: 1</summary>\n\n"
        "- allowed: `a'b \\| <!-- x --> ![y](z) # c` (`the label x`)\n\n"
    )


def test_more_remarks_than_a_reader_takes_are_a_number() -> None:
    remarks = tuple(Remark(kind="unread", what=f"{number}.bin") for number in range(200))
    text = body(evidence(Gate.SECRETS, remarks=remarks))
    assert text.count("- unread: ") == 30
    assert "- 170 more\n" in text


def test_without_remarks_nothing_is_said_of_them() -> None:
    assert "### Remarks" not in body(evidence())


def test_a_plan_that_is_too_long_is_cut_before_the_marker() -> None:
    plan = PLAN.model_copy(update={"tests": tuple("many words" * 90 for _ in range(90))})
    text = body(evidence(), plan=plan, between=BETWEEN)
    assert len(text) <= 65_000
    assert text.endswith(
        f"\n\n> The rest is left out, because GitHub takes no longer text."
        f"\n\n<!-- backsmith:{KEY} -->"
    )


@pytest.mark.parametrize(
    "claim",
    [
        "All 31 tests pass.",
        "Coverage is now 98 %.",
        "`ruff` and mypy are clean.",
        "Everything works.",
        "I verified that CI is green.",
        "The change is backwards compatible.",
        "No regressions were found.",
        "- [x] tests pass",
        "The new code is fully tested.",
        "The migration runs without errors.",
    ],
)
def test_what_the_developer_claims_about_results_is_not_shown(claim: str) -> None:
    told = (
        f"Orders can be cancelled. {claim}"
        if claim[0] != "-"
        else f"Orders can be cancelled.\n{claim}"
    )
    assert without_claims(told) == "Orders can be cancelled."


@pytest.mark.parametrize(
    "text",
    [
        "A discount of 10 % is applied to all open orders.",
        "Adds a test for cancelling twice.",
        "The health check answers 503 while the queue is full.",
        "Orders pass through the state `paid`.\n\n- the route answers 409\n- the rest stays",
        "The migration adds a column with a default.",
    ],
)
def test_what_the_change_does_is_shown(text: str) -> None:
    assert without_claims(text) == text


def test_a_task_list_of_the_developer_has_no_boxes() -> None:
    assert without_claims("1. [x] adds a route\n- [ ] docs") == "1. adds a route\n- docs"


def test_an_unapproved_plan_names_nobody() -> None:
    assert "approved by" not in body(plan=PLAN)


def test_assumptions_of_plan_and_work_stand_together() -> None:
    plan = PLAN.model_copy(update={"assumptions": ("cents",)})
    text = pull_request_body(TICKET, {**SUMMARY, "assumptions": ["UTC"]}, plan, (), ())
    assert "### Assumptions\n\n- cents\n- UTC" in text


def test_notices_are_quoted() -> None:
    assert "> No sandbox was used." in body(notices=["No sandbox was used."])


def test_a_title_has_the_key_and_one_line() -> None:
    assert pull_request_title(KEY, "Cancel orders\nand more") == "PAY-1: Cancel orders"


def test_a_commit_message_ends_with_its_trailers() -> None:
    assert commit_message(KEY, SUMMARY, "PAY-1-abcdefgh/2-develop", 7) == (
        "PAY-1: Cancel orders\n\nOrders can be cancelled.\n\n"
        "Ticket: PAY-1\nRun-Id: PAY-1-abcdefgh/2-develop\nStep: 7\n"
    )


def test_neither_title_nor_commit_claims_a_result() -> None:
    title = "Fix it; all tests pass, coverage 100 %"
    assert pull_request_title(KEY, title) == "PAY-1: Fix it"
    assert pull_request_title(KEY, "All checks green") == "PAY-1: Work on the ticket"
    told = {"title": title, "summary": "All 31 tests pass.\n\nAdds a route."}
    assert commit_message(KEY, told, "r", 1).startswith("PAY-1: Fix it\n\nAdds a route.\n\nTicket")


def test_work_without_a_summary_has_a_subject_all_the_same() -> None:
    message = commit_message(KEY, {}, "r", 0)
    assert message.startswith("PAY-1: Work on the ticket\n\n")
    assert message.endswith("Ticket: PAY-1\nRun-Id: r\nStep: 0\n")


def made_card(
    items: list[Evidence], phase: Phase = Phase.DEVELOP, detail: str = "", **spent: Any
) -> Card:
    return card(TICKET, phase, detail, items, Spent(**spent), [])


def test_a_card_says_where_the_ticket_stands() -> None:
    assert made_card([]).headline == "writing code and tests"
    assert made_card([], Phase.BLOCKED, "no key").headline == (
        "blocked, a person is needed: no key"
    )


def test_every_phase_has_a_headline() -> None:
    assert set(HEADLINES) == set(Phase)


def test_a_card_without_facts_has_no_lines() -> None:
    assert made_card([]).lines == ()


def test_a_card_tells_gates_and_cost() -> None:
    item = evidence(reason="31 passed")
    shown = made_card(
        [item], calls=3, prompt_tokens=900, completion_tokens=100, cost_usd=Decimal("0.126")
    )
    assert shown.lines == ("✅ tests (31 passed)", "3 model calls · 1000 tokens · 0.13 USD")


@pytest.mark.parametrize(
    ("measures", "line"),
    [
        ({"total_percent": 91.23, "base_percent": 90.8}, "coverage 91.2 % (+0.4)"),
        ({"total_percent": 91.23, "base_percent": 92.5}, "coverage 91.2 % (-1.3)"),
        ({"total_percent": 91.23}, "coverage 91.2 %"),
    ],
)
def test_a_card_tells_the_coverage_of_its_commit(measures: dict[str, float], line: str) -> None:
    assert made_card([evidence(Gate.COVERAGE, measures=measures)]).lines[1:] == (line,)


def test_a_card_has_ticket_links_and_no_buttons() -> None:
    link = Link(label="Pull request", url="https://code.example/1")
    shown = card(TICKET, Phase.REVIEW, "", [], Spent(), [link])
    assert (shown.ticket, shown.title, shown.url) == (KEY, TICKET["summary"], TICKET["url"])
    assert (shown.links, shown.buttons) == ((link,), ())


def test_a_plan_that_needs_nobody_has_no_buttons() -> None:
    note = plan_note(PLAN, needs_approval=False)
    assert note.text == "**Plan.** Add a route.\n\n**Files**\n- app.py"
    assert note.buttons == ()


def test_a_plan_that_needs_approval_says_why_and_has_buttons() -> None:
    note = plan_note(RISKY, needs_approval=True)
    assert "because it migrates the database schema, and it adds a dependency." in note.text
    assert [button.action for button in note.buttons] == ["approve", "cancel"]


def test_a_plan_shows_all_that_it_names() -> None:
    fields = ("endpoints", "migrations", "breaking_changes", "tests", "new_dependencies")
    plan = PLAN.model_copy(update={name: (f"some {name}",) for name in (*fields, "assumptions")})
    shown = plan_note(plan, needs_approval=False).text
    assert all(f"- some {name}" in shown for name in (*fields, "assumptions"))


def test_at_most_three_questions_are_asked_and_numbered() -> None:
    assert questions_text(["a", "b", "c", "d"]).endswith("\n\n1. a\n2. b\n3. c")


def test_being_stuck_says_why_and_what_can_be_done() -> None:
    assert blocked_text("no key") == (
        "I am stuck: no key\n\nReply here with what to do, or cancel the ticket."
    )


def test_the_tests_before_are_zero_where_none_ran() -> None:
    assert report.tests_before([evidence(Gate.LINT)]) == TestCount()
    assert report.tests_before([evidence(tests=TestCount(passed=2))]) == TestCount(passed=2)
