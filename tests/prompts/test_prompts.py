"""Every template, rendered with representative values, is as it was last reviewed."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from agent.domain.evidence import Gate, GateStatus, Remark, TestCount
from agent.domain.ids import CommitSha
from agent.domain.plan import Plan
from agent.evidence.words import evidence_text
from agent.prompting import render
from agent.report import Revisions, pull_request_body
from agent.tools.registry import tool_specs
from tests.fakes.bench import evidence
from tests.prompts.snapshot import SNAPSHOTS, matches

TICKET = {
    "key": "SHOP-7",
    "summary": "Orders can be cancelled",
    "description": "As a customer I want to cancel an order.\n\n- `POST /orders/{id}/cancel`\n"
    "- an order that was shipped answers 409",
    "url": "https://jira.example/browse/SHOP-7",
    "labels": ["backend"],
    "clarifications": ["Yes, refunds are out of scope."],
}
PLAN = Plan(
    summary="Add a cancel action to orders.",
    files=("shop/routers/orders.py", "alembic/versions/0004_cancel.py"),
    endpoints=("POST /orders/{id}/cancel",),
    migrations=("add orders.cancelled_at, reversible",),
    tests=("a shipped order answers 409",),
    new_dependencies=("tenacity",),
    assumptions=("cancelling twice answers 200",),
)
TESTS_FAILED = evidence(
    status=GateStatus.FAIL,
    reason="30 passed, 1 failed",
    command="pytest -q",
    seconds=4.2,
    exit_code=1,
    output="tests/test_orders.py::test_cancel\nassert 500 == 200",
)
LINT_FAILED = evidence(
    Gate.LINT,
    GateStatus.FAIL,
    reason="`ruff check .` ended with 1",
    command="ruff check .",
    seconds=0.3,
    exit_code=1,
    output="shop/routers/orders.py:3:1: F401 `os` imported but unused",
)
PROTECTED = evidence(
    Gate.PROTECTED,
    reason="1 protected file allowed by the label infra of SHOP-7",
    command="git diff --name-only bbbbbbbbbbbb (against 13 globs of the defaults)",
    exit_code=0,
    remarks=(
        Remark(
            kind="allowed",
            what="deploy/app.yml: is changed, and it is protected (deploy/**) [protected]",
            why="the label infra of SHOP-7",
        ),
    ),
)
NOTED = evidence(
    Gate.DOCS,
    reason="the repository has no documents in which new settings could stand",
    exit_code=0,
    remarks=tuple(
        Remark(kind="undocumented", what=f"shop/settings.py:{line}: reads SHOP_{line}")
        for line in range(1, 3)
    ),
)
TESTS_PASSED = evidence(
    reason="33 passed", command="pytest -q", seconds=4.25, exit_code=0, tests=TestCount(passed=33)
)
NO_TYPES = evidence(
    Gate.TYPES, GateStatus.NOT_APPLICABLE, reason="no types command is set up in this repository"
)
MIGRATED = evidence(
    Gate.MIGRATIONS,
    reason="Alembic 1.20.1: 1 new migration; up, down and up again on PostgreSQL 18.4",
    command="alembic upgrade, downgrade, upgrade on PostgreSQL 18.4",
    seconds=1.9,
    exit_code=0,
    measures={"migrations": 1, "tables": 3, "rows": 9},
    remarks=(
        Remark(
            kind="index",
            what="building an index on orders blocks writes",
            why="create it CONCURRENTLY, outside of a transaction",
        ),
        Remark(kind="note", what="autogenerate is not set up | <b>"),
    ),
)
RED_TO_GREEN = evidence(
    Gate.RED_TO_GREEN,
    reason="1 of 3 tests of the change fail on the base's code; proves nothing: test_list",
    command="pytest -q -k 'test_cancel or test_list or test_twice' tests/test_orders.py",
    seconds=2.5,
    exit_code=1,
    measures={"red": 1, "weak": 1, "nothing": 1, "absent": 0},
    remarks=(
        Remark(
            kind="red", what="tests/test_orders.py::test_cancel", why="assert 404 == 200 <b>|`x`"
        ),
        Remark(kind="weak", what="tests/test_clock.py::test_twice", why="ImportError: no name"),
        Remark(kind="nothing", what="tests/test_orders.py::test_list"),
    ),
)
COVERED = evidence(
    Gate.COVERAGE,
    reason="93.10 % (+0.40), 27 of 30 changed lines covered",
    command="pytest -q",
    seconds=4.25,
    exit_code=0,
    measures={
        "total_percent": 93.1,
        "base_percent": 92.7,
        "floor_percent": 90,
        "changed_lines": 30,
        "changed_covered": 27,
        "changed_percent": 90,
    },
    remarks=(
        Remark(kind="uncovered", what="shop/orders.py:10-12"),
        Remark(kind="lost", what="shop/prices.py:7"),
    ),
)
COMMENTS = [
    {"path": "shop/services/orders.py", "line": 12, "text": "Use the clock of the service."},
    {"path": "README.md", "line": None, "text": "Mention the new endpoint."},
    {"path": None, "line": None, "text": "Nice. Why 409 and not 422?"},
]
STUCK = (
    "`run_checks tests` failed 3 times with the same result, with edits in between: "
    "`tests.test_orders::test_cancel`: `assert 500 == 200`"
)
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "system/developer": ("system/developer", {}),
    "task/repository": (
        "task/repository",
        {
            "repository": "acme/shop",
            "facts": {
                "Python": "3.12 (CI); >=3.11 (requires)",
                "Packages": "fastapi 0.165.0, sqlalchemy 2.1.9",
                "Gates": "pytest -q; ruff check .; mypy shop",
                "App": "shop/main.py:33 app = create_app()",
                "Seldom needed for code": "CONTRIBUTING.md (Migrations)",
            },
            "nearest": ["Order: shop/models/order.py shop/routers/orders.py"],
            "chart": [
                "./ README.md pyproject.toml",
                "shop/routers/ orders.py[/orders: POST create_order, GET list_orders]",
            ],
            "missing": 12,
            "elsewhere": "docs/adr/ 12",
            "folded": "shop/static/ 312 files",
            "rules": [
                {"path": "AGENTS.md", "text": "- Money is in cents.\n", "more": 2},
            ],
        },
    ),
    "task/repository_bare": (
        "task/repository",
        {
            "repository": "acme/new",
            "facts": {"Note": "The repository is empty."},
            "nearest": [],
            "chart": [],
            "missing": 0,
            "elsewhere": "",
            "folded": "",
            "rules": [],
        },
    ),
    "task/plan": (
        "task/plan",
        {"ticket": TICKET, "brief": {}, "remark": "", "base": TESTS_PASSED, "approval": "risky"},
    ),
    "task/plan_again": (
        "task/plan",
        {
            "ticket": TICKET,
            "base": None,
            "approval": "always",
            "brief": {"change": "Please without a new dependency."},
            "remark": "You asked: Which table? The small one.",
        },
    ),
    "task/plan_alone": (
        "task/plan",
        {"ticket": TICKET, "brief": {}, "remark": "", "base": None, "approval": "never"},
    ),
    "task/develop": (
        "task/develop",
        {"first": False, "ticket": TICKET, "plan": PLAN.model_dump(), "brief": {}, "remark": ""},
    ),
    "task/develop_approved": (
        "task/develop",
        {
            "first": False,
            "ticket": TICKET,
            "plan": PLAN.model_dump(),
            "brief": {"approved_by": "the Tech Lead"},
            "remark": "Mind the time zones.",
        },
    ),
    "task/develop_without_plan": (
        "task/develop",
        {
            "first": True,
            "ticket": TICKET,
            "base": TESTS_PASSED,
            "plan": None,
            "brief": {},
            "remark": "",
        },
    ),
    "task/repair": (
        "task/repair",
        {
            "remark": "",
            "brief": {
                "checks": [
                    {"name": "test", "conclusion": "failure", "log": "E   assert 500 == 200"},
                    {"name": "lint", "conclusion": "timed_out", "log": ""},
                ]
            },
        },
    ),
    "task/respond": ("task/respond", {"brief": {"comments": COMMENTS}, "remark": ""}),
    "observation/said": (
        "observation/said",
        {"who": "the Tech Lead", "text": "Refunds come later."},
    ),
    "observation/gates": (
        "observation/gates",
        {
            "findings": [evidence_text(TESTS_FAILED), evidence_text(LINT_FAILED)],
            "undeclared": ["a database migration (alembic/versions/0004_cancel.py)"],
        },
    ),
    "observation/no_tool_call": (
        "observation/no_tool_call",
        {"was_cut": False, "refused": False, "stage": "develop"},
    ),
    "observation/no_tool_call_while_planning": (
        "observation/no_tool_call",
        {"was_cut": False, "refused": False, "stage": "plan"},
    ),
    "observation/no_tool_call_refused": (
        "observation/no_tool_call",
        {"was_cut": False, "refused": True, "stage": "develop"},
    ),
    "observation/self_review": (
        "observation/self_review",
        {"findings": [{"path": "shop/orders.py:31", "problem": "A shipped order is cancelled."}]},
    ),
    "observation/folded": (
        "observation/folded",
        {
            "plan": PLAN.model_dump(),
            "people": ["The plan stands. Carry it out now."],
            "decisions": ["The clock of the service is used."],
            "checks": "tests: FAILED: 30 passed, 1 failed",
            "diff": "diff --git a/shop/orders.py b/shop/orders.py\n+x = 1",
        },
    ),
    "observation/folded_early": (
        "observation/folded",
        {"plan": None, "people": [], "decisions": [], "checks": "", "diff": ""},
    ),
    "system/reviewer": ("system/reviewer", {}),
    "task/self_review": (
        "task/self_review",
        {
            "ticket": TICKET,
            "plan": PLAN.model_dump(),
            "summary": {"summary": "Orders can be cancelled."},
            "assumptions": ["cancelling twice answers 200", "UTC"],
            "deviation": {
                "unplanned": ("shop/clock.py",),
                "untouched": ("alembic/versions/0004_cancel.py",),
            },
            "diff": "diff --git a/shop/orders.py b/shop/orders.py\n+x = 1",
        },
    ),
    "task/self_review_without_plan": (
        "task/self_review",
        {
            "ticket": TICKET,
            "plan": None,
            "summary": {},
            "assumptions": [],
            "deviation": {"unplanned": (), "untouched": ()},
            "diff": "+x = 1",
        },
    ),
    "observation/no_tool_call_cut": (
        "observation/no_tool_call",
        {"was_cut": True, "refused": False, "stage": "develop"},
    ),
    "observation/stuck_nudge": (
        "observation/stuck_nudge",
        {"kind": "same_failure", "evidence": STUCK},
    ),
    "observation/stuck_nudge_monologue": (
        "observation/stuck_nudge",
        {
            "kind": "monologue",
            "evidence": "3 of the last 6 answers had no usable tool call: "
            "2 without any call, 1 with calls that were refused.",
        },
    ),
    "observation/stuck_replan": ("observation/stuck_replan", {"evidence": STUCK}),
}
IN_REPORT = {"report/pull_request", "task/_ticket", "task/_remark"}
"""Rendered through the report, or as a part of other templates."""


@pytest.mark.parametrize("name", CASES)
def test_a_prompt_reads_as_it_was_reviewed(name: str) -> None:
    template, values = CASES[name]
    matches(name, render(template, **values))


def test_the_body_of_a_pull_request_reads_as_it_was_reviewed() -> None:
    body = pull_request_body(
        TICKET,
        {"summary": "Orders can be cancelled until they are shipped.", "assumptions": ["UTC"]},
        PLAN,
        [TESTS_PASSED.model_copy(update={"tests": TestCount(passed=30)})],
        [TESTS_PASSED, RED_TO_GREEN, COVERED, LINT_FAILED, NO_TYPES, MIGRATED, PROTECTED, NOTED],
        approved_by="the Tech Lead",
        notices=["No sandbox was used on this machine."],
        changed=["shop/routers/orders.py", "shop/clock.py"],
        between=Revisions(base=CommitSha("b" * 40), head=TESTS_PASSED.commit),
    )
    matches("report/pull_request", body)


def test_the_smallest_body_of_a_pull_request_reads_as_it_was_reviewed() -> None:
    body = pull_request_body(TICKET, {"summary": "Orders can be cancelled."}, None, [], [])
    matches("report/pull_request_bare", body)


def test_the_tools_are_offered_as_they_were_reviewed() -> None:
    parts = [
        f"## {spec.name}\n\n{spec.description}\n\n"
        f"```json\n{json.dumps(spec.parameters, indent=2)}\n```"
        for spec in tool_specs()
    ]
    matches("tools", "# Tools\n\n" + "\n\n".join(parts))


def test_every_template_has_a_snapshot() -> None:
    root = Path(str(files("prompts")))
    templates = {str(path.relative_to(root)).removesuffix(".md.j2") for path in root.rglob("*.j2")}
    assert templates == {template for template, _ in CASES.values()} | IN_REPORT


def test_every_snapshot_belongs_to_a_test() -> None:
    kept = {str(path.relative_to(SNAPSHOTS)) for path in SNAPSHOTS.rglob("*.md")}
    others = {"report/pull_request", "report/pull_request_bare", "tools"}
    assert kept == {f"{name}.md" for name in {*CASES, *others}}


def test_ci_never_renews_a_snapshot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("UPDATE_SNAPSHOTS", "1")
    with pytest.raises(AssertionError, match="never by CI"):
        matches("some", "text", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_that_differs_tells_how_to_renew_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("UPDATE_SNAPSHOTS", raising=False)
    (tmp_path / "some.md").write_text("old\n")
    with pytest.raises(AssertionError, match="UPDATE_SNAPSHOTS=1 pytest tests/prompts"):
        matches("some", "new", tmp_path)


def test_a_person_renews_a_snapshot_by_asking_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("UPDATE_SNAPSHOTS", "1")
    matches("folder/some", "new", tmp_path)
    assert (tmp_path / "folder" / "some.md").read_text() == "new\n"
