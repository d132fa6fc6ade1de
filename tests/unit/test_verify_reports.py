"""What `backsmith verify` writes for machines and shows to people."""

import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus, Verdict
from agent.domain.ids import CommitSha
from agent.evidence.judging import Judged
from agent.evidence.report.junit import render_junit
from agent.evidence.report.sarif import place_of, render_sarif
from agent.evidence.result import Problem, Result
from agent.verifying import not_run
from tests.fakes.bench import evidence
from tests.fakes.sarif_schema import LOG
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
        "backsmith: tests at the head: begins\nbacksmith: tests at the head: ended, 1.2 s\n"
    )
