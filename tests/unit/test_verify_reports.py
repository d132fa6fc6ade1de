"""What `backsmith verify` writes for machines and shows to people."""

import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus, Remark, Verdict
from agent.domain.ids import CommitSha
from agent.evidence.judging import Judged
from agent.evidence.report.junit import render_junit
from agent.evidence.report.remarks import closing_lines, remark_lines
from agent.evidence.report.sarif import place_of, render_sarif
from agent.evidence.result import Problem, Result
from agent.permissions import LABELS
from agent.verifying import not_run
from tests.fakes.bench import evidence
from tests.fakes.sarif_schema import LOG
from workflows import cli
from workflows.verify_report import Progress, show_json, show_table

BASE, HEAD = CommitSha("b" * 40), CommitSha("c" * 40)
UNUSED = Problem(key="shop/a.py: F401 os", text="shop/a.py:7: F401 os", place="shop/a.py", line=7)
BROKEN = Problem(
    key="tests/test_a.py::test_cancel",
    text="tests/test_a.py:12: in test_cancel\n    assert cancel() == 200\n"
    "shop/a.py:3: in cancel\n    return 409\nE   assert 409 == 200",
    place="tests/test_a.py::test_cancel",
)
WITHOUT_A_FILE = Problem(key="x", text="GET /orders: the operation is gone [operation-removed]")
HOSTILE = "x\x1b[31m\u202e\r\n::error::y\x00<b>[a](1){0}\ud800\ufffe"


def judged(gate: Gate, status: GateStatus, *new: Problem, **more: Any) -> Judged:
    said = evidence(gate, status, **more)
    return Judged(result=Result(gate=gate, findings=new), evidence=said, new=new)


ALL = (
    judged(Gate.TESTS, GateStatus.FAIL, BROKEN, output="assert 409 == 200"),
    judged(Gate.LINT, GateStatus.FAIL, UNUSED, UNUSED),
    judged(Gate.TYPES, GateStatus.PASS),
    judged(Gate.OPENAPI, GateStatus.FAIL, WITHOUT_A_FILE),
    judged(Gate.WEAKENING, GateStatus.NOT_APPLICABLE),
    *not_run((Gate.COVERAGE,), HEAD, "the dependencies cannot be installed:\nno x==1"),
)


def sarif(*found: Judged) -> dict[str, Any]:
    log = json.loads(render_sarif(found, "shop/b.py", "1.2"))
    jsonschema.validate(log, LOG)
    return dict(log["runs"][0])


def xml(*found: Judged) -> ElementTree.Element:
    text = render_junit([item.evidence for item in found])
    return ElementTree.fromstring(text)  # noqa: S314 - our own


def physical(result: dict[str, Any]) -> tuple[str, int]:
    place = result["locations"][0]["physicalLocation"]
    return place["artifactLocation"]["uri"], place["region"]["startLine"]


def test_every_finding_that_counts_is_a_result_at_its_place() -> None:
    results = sarif(*ALL)["results"]
    assert [(result["ruleId"], *physical(result)) for result in results] == [
        ("tests", "tests/test_a.py", 12),
        ("lint", "shop/a.py", 7),
        ("lint", "shop/a.py", 7),
        ("openapi", "shop/b.py", 1),
    ]


def test_a_failing_test_is_told_by_what_it_raised() -> None:
    message = sarif(*ALL)["results"][0]["message"]["text"]
    assert message == "tests/test_a.py::test_cancel: assert 409 == 200"


def test_equal_findings_are_two_results_with_fingerprints_of_their_own() -> None:
    prints = [r["partialFingerprints"]["primaryLocationLineHash"] for r in sarif(*ALL)["results"]]
    assert len(set(prints)) == len(prints)


def test_a_gate_that_could_not_run_is_a_fault_of_the_run_and_no_result() -> None:
    [invocation] = sarif(*ALL)["invocations"]
    assert not invocation["executionSuccessful"]
    [note] = invocation["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("coverage could not run: the dependencies")


def test_a_gate_that_fails_without_a_finding_is_one_result() -> None:
    [result] = sarif(judged(Gate.COVERAGE, GateStatus.FAIL, reason="90 % is below 95 %"))["results"]
    assert result["message"]["text"] == "90 % is below 95 %"


def test_hostile_names_stay_text_in_both_reports() -> None:
    problem = Problem(key=HOSTILE, text=HOSTILE, place=HOSTILE)
    found = judged(Gate.LINT, GateStatus.FAIL, problem, reason=HOSTILE, output=HOSTILE)
    assert len(sarif(found)["results"]) == 1
    case = xml(found).find(".//failure")
    assert case is not None
    assert "\x1b" not in (case.text or "")


@pytest.mark.parametrize(
    ("problem", "place"),
    [
        (Problem(key="a", text="no file"), ("", None)),
        (Problem(key="a", text="x", place="coverage"), ("", None)),
        (Problem(key="a", text="x", place="docs/a.md"), ("docs/a.md", None)),
        (
            Problem(
                key="a", text='  File "shop/tests.py", line 9, in f\nE', place="shop.tests.A.f"
            ),
            ("shop/tests.py", 9),
        ),
    ],
)
def test_a_place_is_as_exact_as_the_gate_tells(
    problem: Problem, place: tuple[str, int | None]
) -> None:
    assert place_of(problem) == place


def test_the_junit_file_has_one_case_a_gate() -> None:
    suite = xml(*ALL).find("testsuite")
    assert suite is not None
    figures = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert figures == {"tests": "6", "failures": "3", "errors": "1", "skipped": "1"}
    assert [(case.get("name"), [part.tag for part in case]) for case in suite] == [
        ("tests", ["failure"]),
        ("lint", ["failure"]),
        ("types", ["system-out"]),
        ("openapi", ["failure"]),
        ("weakening", ["skipped"]),
        ("coverage", ["error"]),
    ]


def test_the_json_document_has_the_shape_that_scripts_rely_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_json(BASE, HEAD, ALL, Verdict.FAIL)
    document = json.loads(capsys.readouterr().out)
    assert list(document) == ["verdict", "base", "head", "gates"]
    assert (document["verdict"], document["base"], document["head"]) == ("fail", BASE, HEAD)
    for gate in document["gates"]:
        assert list(gate) == ["gate", "status", "reason", "seconds", "evidence"]
        assert set(gate["evidence"]) == set(Evidence.model_fields) - set(gate)


def test_the_table_shows_what_is_wrong_once_and_the_verdict(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stopped = not_run((Gate.LINT, Gate.TYPES), HEAD, "[bold]no index[/bold]")
    red = judged(Gate.TESTS, GateStatus.PASS, as_at_base=True)
    show_table((red, *stopped), 1.5, Verdict.INCOMPLETE)
    shown = capsys.readouterr().out
    assert "lint, types:\n[bold]no index[/bold]\n" in shown
    assert "The base is red: tests." in shown
    assert shown.endswith("\nverdict: incomplete (1.5 s)\n")


def test_progress_is_a_line_for_each_begin_and_end(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(is_quiet=False)
    progress.hear("head", Gate.TESTS, None)
    progress.hear("head", Gate.TESTS, Result(gate=Gate.TESTS, seconds=1.25))
    Progress(is_quiet=True).say("nothing")
    assert capsys.readouterr().err == (
        "backsmith: tests at the head: begins\nbacksmith: tests at the head: pass, 1.2 s\n"
    )


def test_the_end_of_a_gate_tells_its_result_in_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(is_quiet=False)
    for result in (
        Result(gate=Gate.LINT, findings=(UNUSED, UNUSED)),
        Result(gate=Gate.DOCS, nothing_to_do="no code"),
        not_run((Gate.TYPES,), HEAD, "no index")[0].result,
    ):
        progress.hear("head", result.gate, result)
    assert capsys.readouterr().err == (
        "backsmith: lint at the head: 2 problems, 0.0 s\n"
        "backsmith: docs at the head: not applicable, 0.0 s\n"
        "backsmith: types at the head: not run, 0.0 s\n"
    )


RISK = Remark(kind="index", what="building an index on orders blocks writes", why="CONCURRENTLY")
RISKY = judged(Gate.MIGRATIONS, GateStatus.PASS, reason="1 risk named", remarks=(RISK,))


def test_a_risk_of_a_gate_that_passes_is_named_in_all_reports(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_table((RISKY,), 1.0, Verdict.PASS)
    line = "index: building an index on orders blocks writes (CONCURRENTLY)"
    assert f"migrations, to be known:\n- {line}\n" in capsys.readouterr().out
    assert xml(RISKY).findtext(".//system-out") == f"1 risk named\n{line}"
    [invocation] = sarif(RISKY)["invocations"]
    [note] = invocation["toolExecutionNotifications"]
    assert (invocation["executionSuccessful"], note["level"]) == (True, "note")
    assert note["message"]["text"] == f"migrations: {line}"


def test_remarks_are_bounded_and_what_proves_the_change_is_none() -> None:
    weak = [Remark(kind="weak", what=f"tests/test_a.py::test_{n}", why="import") for n in range(30)]
    red = Remark(kind="red", what="tests/test_a.py::test_red", why="assert 1 == 2")
    lines = remark_lines(evidence(Gate.RED_TO_GREEN, GateStatus.PASS, remarks=(red, *weak)))
    assert len(lines) == 11
    assert lines[0] == "weak: tests/test_a.py::test_0 (import)"
    assert lines[-1] == "and 20 more (--json)"


def test_the_closing_lines_name_the_label_that_allows_what_was_refused() -> None:
    said = "no test was added, so nothing shows the change; a refactoring has the label refactoring"
    found = (
        evidence(Gate.RED_TO_GREEN, GateStatus.NOT_RUN, reason=said),
        evidence(Gate.DEPENDENCIES, GateStatus.FAIL),
        evidence(Gate.SECRETS, GateStatus.FAIL),
        evidence(Gate.OPENAPI, GateStatus.NOT_RUN, reason="no spec"),
    )
    assert list(closing_lines(found)) == [
        "red_to_green: if the change alters no behaviour, --label refactoring",
        "dependencies: if meant so, --label allow-dependency",
    ]


def test_the_same_long_reason_stands_once_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    why = "the repository's dependencies cannot be installed: no version of leafy==99 is there"
    show_table(not_run((Gate.LINT, Gate.TYPES), HEAD, why), 1.0, Verdict.INCOMPLETE)
    rows = capsys.readouterr().out.partition("\n\n")[0]
    assert rows.count("cannot be installed") == 1
    assert "as lint" in rows


def test_the_help_names_all_gates_and_labels() -> None:
    assert cli._GATES.split(", ") == [gate.value for gate in Gate]
    assert cli._LABELS.split(", ") == [f"{label} ({gate})" for gate, label in LABELS.items()]
