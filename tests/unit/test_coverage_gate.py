"""The coverage gate: its figures, its floors, and the one run that it shares with the tests."""

import json
from dataclasses import replace
from typing import Any

import pytest

from agent.domain.errors import TransientError
from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.covering.delta import delta
from agent.evidence.covering.lines import FileChange, Hunk, parse_diff
from agent.evidence.covering.report import Coverage, FileCoverage, joined, parse_report
from agent.evidence.covering.tools import Tools
from agent.evidence.covering.wrapping import metered
from agent.evidence.gates import run_gate
from agent.evidence.suite import Suite
from agent.ports import Command, CommandResult
from agent.stacks.commands import Stack
from agent.stacks.line import parse_line
from tests.fakes.bench import RESULT, TOOLS, Office, junit, office, passed
from tests.fakes.sandbox import Files

STACK = Stack(tests=("pytest -q",))
DIFF = """diff --git a/shop/a.py b/shop/a.py
--- a/shop/a.py
+++ b/shop/a.py
@@ -2 +2,2 @@ def f():
-    return 1
+    x = 1
+    return x
@@ -9,0 +11,3 @@ class B:
+def g():
+    return 2
+
diff --git a/old.py b/new.py
similarity index 100%
rename from old.py
rename to new.py
diff --git a/gone.py b/gone.py
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-x = 1
diff --git a/fresh.py b/fresh.py
new file mode 100644
--- /dev/null
+++ b/fresh.py
@@ -0,0 +1 @@
+x = 1
"""


def of(covered: tuple[int, ...], missing: tuple[int, ...] = (), **more: int) -> FileCoverage:
    return FileCoverage(covered=covered, missing=missing, **more)


def test_the_lines_of_a_change_are_read_from_its_diff() -> None:
    found = parse_diff(DIFF)
    assert sorted(found) == ["fresh.py", "new.py", "shop/a.py"]
    edited = found["shop/a.py"]
    assert [line for line in range(1, 20) if edited.has(line)] == [2, 3, 11, 12, 13]
    assert [edited.moved(line) for line in (1, 2, 3, 9, 10)] == [1, None, 4, 10, 14]
    assert (found["new.py"].old_path, found["new.py"].has(1)) == ("old.py", False)
    assert found["fresh.py"].is_new


def test_a_path_in_quotes_is_the_file_that_it_names() -> None:
    quoted = DIFF.replace("b/shop/a.py", r'"b/shop/\303\251 \"a\".py"')
    assert 'shop/é "a".py' in parse_diff(quoted)


def test_lines_of_tests_do_not_count_as_changed() -> None:
    ran = of(tuple(range(1, 99)))
    head = Coverage(files={"tests/test_a.py": ran, "shop/conftest.py": ran, "a.py": of((1,), (2,))})
    did = delta(None, head, {path: FileChange(old_path="", is_new=True) for path in head.files})
    assert (did.changed, did.percent) == (2, 50.0)


def test_branches_are_those_of_the_summary() -> None:
    lines: dict[str, Any] = {"executed_lines": [1, 2], "missing_lines": [3]}
    lines |= {"executed_branches": [[1, 2]], "missing_branches": []}
    summary = {"num_branches": 2, "missing_branches": 0}
    found = parse_report(json.dumps({"files": {"a.py": {**lines, "summary": summary}}}))
    assert found is not None
    assert joined([found]).files["a.py"].branches == 2
    assert joined([found, found]).files["a.py"] == joined([found]).files["a.py"]


def test_text_in_a_diff_is_no_hunk() -> None:
    found = parse_diff(DIFF.replace("+    x = 1", "+@@ -1 +99 @@"))
    assert not found["shop/a.py"].has(99)


def test_the_percentage_counts_statements_and_branches() -> None:
    found = Coverage(files={"a.py": of((1, 2, 3), (4,), branches=4, missing_branches=1)})
    assert (found.total, found.missed, found.percent) == (8, 2, 75.0)
    assert Coverage().percent == 100


def test_several_runs_cover_together() -> None:
    first = {"files": {"a.py": {"executed_lines": [1, 2], "missing_lines": [3, 4]}}}
    second = {"files": {"/w/a.py": {"executed_lines": [1, 3], "missing_lines": [2, 4]}}}
    reports = [parse_report(json.dumps(one), "/w") for one in (first, second)]
    found = joined(report for report in reports if report)
    assert found.files == {"a.py": of((1, 2, 3), (4,))}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"files": {}}',
        '{"files": {"a.py": {"executed_lines": ["x"]}}}',
        "[" * 9_999,
    ],
)
def test_a_report_that_is_none_is_no_report(text: str) -> None:
    assert parse_report(text) is None


def test_files_outside_of_the_repository_do_not_count() -> None:
    ran = {"executed_lines": [1]}
    text = json.dumps({"files": {"/usr/lib/x.py": ran, "../y.py": ran, "z.py": ran}})
    found = parse_report(text, "/w", "backend")
    assert found is not None
    assert sorted(found.files) == ["backend/z.py", "y.py"]


def test_changed_lines_that_did_not_run_are_places() -> None:
    head = Coverage(files={"a.py": of((1, 5, 20), (2, 3, 8, 9, 30))})
    change = FileChange(old_path="a.py", hunks=(Hunk(old=1, old_count=0, new=2, new_count=10),))
    did = delta(None, head, {"a.py": change})
    assert (did.changed, did.changed_covered, did.percent) == (5, 1, 20.0)
    assert [str(place) for place in did.uncovered] == ["a.py:2-3", "a.py:8-9"]


def test_lines_that_lost_their_tests_are_named_where_they_stand_now() -> None:
    base = Coverage(files={"a.py": of((1, 2, 3)), "b.py": of((1, 2))})
    head = Coverage(files={"a.py": of((1, 3), (2, 5)), "b.py": of((1,), (2,))})
    change = FileChange(old_path="a.py", hunks=(Hunk(old=1, old_count=0, new=2, new_count=2),))
    did = delta(base, head, {"a.py": change})
    assert [str(place) for place in did.uncovered] == ["a.py:2"]
    assert [str(place) for place in did.lost] == ["a.py:5", "b.py:2"]


PLAIN = Tools(version="7", pytest=True)
COV = PLAIN.model_copy(update={"pytest_cov": True})


@pytest.mark.parametrize(
    ("line", "tools", "measured"),
    [
        ("pytest -q", COV, "pytest -q -p pytest_cov --cov=. --cov-report= --cov-fail-under=0"),
        (
            "python -m pytest",
            COV.model_copy(update={"has_source": True}),
            "python -m pytest -p pytest_cov --cov --cov-report= --cov-fail-under=0",
        ),
        ("pytest", COV.model_copy(update={"in_options": True}), "pytest"),
        ("pytest --cov=shop -q", COV, "pytest --cov=shop -q"),
        ("coverage run -m pytest", PLAIN, "coverage run -m pytest"),
        ("pytest -q", PLAIN, 'python -m coverage run --source=. "$(command -v pytest)" -q'),
        ("python -m pytest -q", PLAIN, "python -m coverage run --source=. -m pytest -q"),
        (
            "python -m pytest -n 4",
            PLAIN.model_copy(update={"xdist": True, "has_source": True}),
            "python -m coverage run -m pytest -n 4 -n0",
        ),
        (
            "python -W error manage.py test shop",
            COV,
            "python -W error -m coverage run --source=. manage.py test shop",
        ),
        (
            "python -m pytest",
            COV.model_copy(update={"has_source": True, "greenlet": True}),
            "python -m coverage run --concurrency=thread,greenlet -m pytest",
        ),
        ("python -m unittest", PLAIN, "python -m coverage run --source=. -m unittest"),
        ("./manage.py test", PLAIN, "python -m coverage run --source=. ./manage.py test"),
        ("django-admin test", PLAIN, None),
    ],
)
def test_a_test_command_is_measured_by_what_is_there(
    line: str, tools: Tools, measured: str | None
) -> None:
    found = metered(parse_line(line), tools, "/w")
    assert (found.line.text if found else None) == measured


def test_the_exit_code_of_a_measured_command_stays() -> None:
    found = metered(parse_line("pytest --cov-config=cov.ini"), COV, "/w")
    assert found is not None
    assert found.after.startswith("; code=$?; ")
    assert found.after.endswith("; exit $code")
    assert "--rcfile=cov.ini" in found.after


def covered(ran: int, missed: int = 0) -> str:
    """Return a report of a file with so many lines."""
    lines = {"executed_lines": [*range(1, ran + 1)], "missing_lines": [*range(901, 901 + missed)]}
    return json.dumps({"files": {"app.py": lines}})


class Measured:
    """A repository whose suite covers what a test says."""

    def __init__(self, files: Files | None = None, **tools: Any) -> None:
        self.at: Office = office(files={"app.py": "x = 1\n", **(files or {})})
        self.at.shell.on("pytest", {RESULT: junit(passed())})
        self.at.shell.installed = json.dumps({**json.loads(TOOLS), **tools})

    def gate(self, report: str, base: Evidence | None = None, diff: str = "") -> Evidence:
        """Return what the gate says; without a base, as at the base."""
        self.at.shell.covered = report
        self.at.shell.on("--find-renames -U0", output=f"{diff}\0")
        known = () if base is None else (base,)
        self.bench = replace(
            self.at.bench(STACK),
            artifacts=self.at.desk.artifacts,
            at_base=known,
            base=self.at.base if known else None,
        )
        return run_gate(Gate.COVERAGE, self.bench)


def test_the_base_is_measured() -> None:
    found = Measured().gate(covered(9, 1))
    assert (found.status, found.reason) == (
        GateStatus.PASS,
        "90.00 % of 10 statements and branches",
    )
    assert found.measures == {"total_percent": 90.0}


def test_coverage_that_stays_passes_with_its_figures() -> None:
    at = Measured()
    diff = "diff --git a/app.py b/app.py\n--- a/app.py\n+++ b/app.py\n@@ -1 +1,3 @@\n+x\n"
    found = at.gate(covered(10, 1), at.gate(covered(9, 1)), diff)
    assert (found.status, found.reason) == (
        GateStatus.PASS,
        "90.91 % (+0.91), 3 of 3 changed lines covered",
    )
    assert found.measures["base_percent"] == 90
    assert found.measures["changed_percent"] == 100


def test_coverage_below_the_base_fails_with_the_lines() -> None:
    at = Measured()
    diff = "diff --git a/app.py b/app.py\n--- a/app.py\n+++ b/app.py\n@@ -900,0 +901,2 @@\n+x\n"
    found = at.gate(covered(9, 3), at.gate(covered(9, 1)), diff)
    assert found.status is GateStatus.FAIL
    assert found.reason == (
        "75.00 % (-15.00), 0 of 2 changed lines covered; "
        "coverage of 75.00 % is below 90.00 % at the base"
    )
    assert "app.py:901-902 is not covered" in found.output
    assert [(item.kind, item.what) for item in found.remarks] == [("uncovered", "app.py:901-902")]
    assert not found.is_passable()


def test_lines_that_are_not_run_any_more_fail_without_being_changed() -> None:
    at = Measured()
    now = {"files": {"app.py": {"executed_lines": [1, 2], "missing_lines": [3, 4]}}}
    found = at.gate(json.dumps(now), at.gate(covered(4)))
    assert found.status is GateStatus.FAIL
    assert "app.py:3-4 is not covered" in found.output
    assert [(item.kind, item.what) for item in found.remarks] == [("lost", "app.py:3-4")]


def test_removing_code_that_was_covered_is_no_fault() -> None:
    at = Measured()
    assert at.gate(covered(4, 1), at.gate(covered(9, 1))).status is GateStatus.PASS


def test_a_floor_in_the_settings_of_coverage_is_what_counts() -> None:
    at = Measured(floor=80)
    base = at.gate(covered(95, 5))
    assert at.gate(covered(85, 15), base).status is GateStatus.PASS
    low = at.gate(covered(70, 30), base)
    assert low.status is GateStatus.FAIL
    assert "below the 80.00 % that fail_under asks for" in low.reason


def test_a_floor_that_the_base_does_not_reach_is_not_asked_of_the_change() -> None:
    at = Measured(floor=95)
    base = at.gate(covered(90, 10))
    assert at.gate(covered(90, 10), base).status is GateStatus.PASS
    assert at.gate(covered(89, 11), base).status is GateStatus.FAIL


def test_the_team_may_ask_for_more_of_changed_lines() -> None:
    at = Measured({".backsmith.yml": "coverage:\n  total: 10\n  changed: 80\n"})
    diff = "diff --git a/app.py b/app.py\n--- a/app.py\n+++ b/app.py\n@@ -900,0 +901,2 @@\n+x\n"
    found = at.gate(covered(98, 2), at.gate(covered(98)), diff)
    assert found.status is GateStatus.FAIL
    assert "of the changed lines the team asks for 80.00 %" in found.reason


def test_a_change_cannot_lower_its_own_floor() -> None:
    at = Measured(floor=80)
    base = at.gate(covered(95, 5))
    at.at.shell.installed = json.dumps({**json.loads(TOOLS), "floor": 10})
    assert at.gate(covered(70, 30), base).status is GateStatus.FAIL


def test_settings_of_the_team_that_cannot_be_read_are_said() -> None:
    found = Measured({".backsmith.yml": "coverage:\n  total: much\n"}).gate(covered(9))
    assert found.status is GateStatus.NOT_RUN
    assert found.reason.startswith(".backsmith.yml: coverage.total: ")


def test_the_suite_runs_once_for_the_tests_and_for_coverage() -> None:
    at = Measured()
    bench = at.at.bench(STACK)
    suite = Suite(bench)
    found = [run_gate(gate, bench, suite=suite) for gate in (Gate.TESTS, Gate.COVERAGE)]
    assert [item.status for item in found] == [GateStatus.PASS, GateStatus.PASS]
    assert len(at.at.ran()) == 1


def test_what_measures_is_installed_beside_the_project_when_it_has_none() -> None:
    at = Measured(version="")
    at.gate(covered(9))
    asked = [command.needs for _, command in at.at.sandbox.commands if command.argv[0] == "python"]
    assert asked[0] is None
    assert asked[1] is not None
    assert asked[1].also == ("coverage==7.17.3",)


class Unreachable:
    """An index that cannot be reached; everything that is installed already runs."""

    def __init__(self, at: Office) -> None:
        self._shell = at.shell

    def __call__(self, files: Files, command: Command) -> CommandResult:
        if command.needs is not None:
            raise TransientError("the package index cannot be reached")
        return self._shell(files, command)


def test_without_anything_that_measures_the_tests_run_all_the_same() -> None:
    at = Measured(version="").at
    at.sandbox.answer = Unreachable(at)
    bench = at.bench(STACK)
    suite = Suite(bench)
    assert run_gate(Gate.TESTS, bench, suite=suite).status is GateStatus.PASS
    found = run_gate(Gate.COVERAGE, bench, suite=suite)
    assert found.status is GateStatus.NOT_RUN
    assert found.reason == (
        "coverage.py: it cannot be installed: the package index cannot be reached"
    )


def test_tests_that_only_end_badly_when_they_are_measured_run_without() -> None:
    at = Measured(in_options=False).at
    at.shell.on("-p pytest_cov", exit_code=4, output="usage error")
    bench = at.bench(STACK)
    suite = Suite(bench)
    at.shell.covered = "no report"

    def answer(files: Files, command: Command) -> CommandResult:
        if "-p pytest_cov" not in command.argv[2]:
            return at.shell(files, command)
        return CommandResult(exit_code=4, output="usage error", seconds=0.1)

    at.sandbox.answer = answer
    assert run_gate(Gate.TESTS, bench, suite=suite).reason == "1 passed"
    assert "while coverage is measured" in run_gate(Gate.COVERAGE, bench, suite=suite).reason


@pytest.mark.parametrize("report", ["", "{}", "[" * 9_999])
def test_a_report_that_cannot_be_read_is_not_run(report: str) -> None:
    found = Measured().gate(report)
    assert (found.status, found.reason) == (GateStatus.NOT_RUN, "coverage.py reported no file")


def test_coverage_that_could_not_be_measured_at_the_base_neither_stops_nobody() -> None:
    at = Measured()
    found = at.gate("", at.gate(""))
    assert (found.status, found.is_passable()) == (GateStatus.NOT_RUN, True)


def test_coverage_that_can_no_longer_be_measured_must_be_mended() -> None:
    at = Measured()
    assert not at.gate("", at.gate(covered(9))).is_passable()


def test_where_no_test_ran_nothing_was_measured() -> None:
    at = Measured()
    base = at.gate(covered(0, 9))
    at.at.shell.on("pytest", {RESULT: junit()}, exit_code=5)
    at.at.shell.on("git diff -z --name-only", output="app.py\0")
    found = at.gate(covered(0, 9), base)
    assert (found.status, found.reason) == (GateStatus.NOT_RUN, "no test ran")


def test_a_command_that_is_no_python_is_not_measured() -> None:
    found = run_gate(Gate.COVERAGE, office().bench(Stack(tests=("./check-all",))))
    assert found.reason == "`check-all` is no test command that can be measured"


def test_without_tests_there_is_nothing_to_measure() -> None:
    assert run_gate(Gate.COVERAGE, office().bench(Stack())).status is GateStatus.NOT_APPLICABLE
