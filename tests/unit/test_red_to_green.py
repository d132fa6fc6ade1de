"""The red-to-green gate: which tests a change edits, and what they show by failing at the base."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.gates import run_gate
from agent.evidence.junit import TestFailure, TestReport, parse_junit
from agent.evidence.red.edits import EditedTest, behaviour, edited_tests
from agent.evidence.red.reasons import Shown, shows
from agent.evidence.red.sources import ChangedFile
from agent.permissions import Allowed
from agent.stacks.commands import Stack
from tests.fakes.bench import RESULT, failed, junit, office, passed
from tests.fakes.live import Live

BASE, HEAD = ".backsmith-results/base.xml", ".backsmith-results/head.xml"
PLAIN = "def test_sum():\n    assert add(1, 2) == 3\n"
OTHER = "def test_zero():\n    assert add(0, 0) == 0\n"
CLASS = "class TestAdd:\n    def test_sum(self):\n        assert add(1, 2) == 3\n"
FIXTURE = (
    "import pytest\n\n\n@pytest.fixture\ndef one():\n    return {}\n\n\n"
    "def test_one(one):\n    assert one\n"
)
HELPER = "def given():\n    return {}\n\n\ndef test_one():\n    assert given()\n"
CASES = (
    "import pytest\n\n\n@pytest.mark.parametrize(('a', 'b'), {})\n"
    "def test_add(a, b):\n    assert add(a, b) == 3\n"
)


def edited(before: str | None, after: str | None, path: str = "tests/test_a.py") -> dict[str, bool]:
    """Return the edited tests of a file, with whether they are older ones in other words."""
    file = ChangedFile(old=path if before is not None else None, new=path, base=before, head=after)
    return {test.name: test.is_rewritten for test in edited_tests([file])[0]}


def test_a_test_in_a_new_file_was_added() -> None:
    assert edited(None, PLAIN) == {"test_sum": False}


def test_a_test_that_asks_for_more_was_edited() -> None:
    more = PLAIN + "    assert add(2, 2) == 4\n"
    assert edited(PLAIN, more) == {"test_sum": False}


@pytest.mark.parametrize(
    "after",
    [
        PLAIN.replace("def", "# why\n\n\ndef"),
        PLAIN.replace("    assert", '    """Adds."""\n    assert'),
        f"import os\n\n\n{PLAIN}",
        PLAIN.replace("add(1, 2)", "add(\n        1,\n        2,\n    )"),
    ],
    ids=["comment", "docstring", "import", "layout"],
)
def test_what_says_the_same_was_not_edited(after: str) -> None:
    assert edited(PLAIN, after) == {}


@pytest.mark.parametrize("form", [FIXTURE, HELPER])
def test_a_test_changes_with_what_it_uses_in_its_file(form: str) -> None:
    assert edited(form.format(1), form.format(2)) == {"test_one": True}


def test_a_test_that_was_renamed_is_an_older_one() -> None:
    assert edited(PLAIN, PLAIN.replace("test_sum", "test_adds")) == {"test_adds": True}


def test_a_test_that_moved_to_another_file_is_an_older_one() -> None:
    here = ChangedFile(old="tests/test_a.py", new="tests/test_a.py", base=PLAIN + OTHER, head=OTHER)
    there = ChangedFile(old=None, new="tests/test_b.py", head=PLAIN)
    found, _ = edited_tests([here, there])
    assert [(test.id, test.is_rewritten) for test in found] == [("tests/test_b.py::test_sum", True)]


def test_tests_folded_into_one_with_as_many_cases_are_older_ones() -> None:
    before = "".join(f"def test_{n}():\n    assert add({n}, {3 - n}) == 3\n\n\n" for n in range(3))
    assert edited(before, CASES.format("[(0, 3), (1, 2), (2, 1)]")) == {"test_add": True}
    assert edited(before, CASES.format("[(n, 3 - n) for n in range(3)]")) == {"test_add": True}
    assert edited(before, CASES.format("[(0, 3), (1, 2), (2, 1), (3, 0)]")) == {"test_add": False}


def test_a_case_that_was_added_asks_for_more() -> None:
    before = CASES.format("[(0, 3)]")
    assert edited(before, CASES.format("[(0, 3), (1, 2)]")) == {"test_add": False}


def test_methods_have_the_names_of_their_classes() -> None:
    assert edited(None, CLASS) == {"TestAdd::test_sum": False}


def test_a_file_that_cannot_be_read_is_named() -> None:
    file = ChangedFile(old=None, new="test_a.py", head="def test_(:\n")
    assert edited_tests([file]) == ((), ("test_a.py",))


def changed(
    path: str, before: str | None = "x = 1\n", after: str | None = "x = 2\n"
) -> ChangedFile:
    return ChangedFile(old=path, new=path, base=before, head=after)


@pytest.mark.parametrize(
    ("file", "behaves"),
    [
        (changed("shop/orders.py"), True),
        (changed("templates/mail.html", None, None), True),
        (changed("shop/orders.py", "x = 1\n", "# one\nx = 1\n"), False),
        (changed("shop/orders.py", '"""Old."""\n', '"""New."""\n'), False),
        (changed("README.md", None, None), False),
        (changed("pyproject.toml", None, None), False),
        (changed("tests/test_a.py"), False),
        (changed("shop/tests.py"), False),
        (changed("conftest.py"), False),
        (changed("shop/factories.py"), True),
        (changed("shop/factories.py", "import factory\n", "import factory\nx = 1\n"), False),
    ],
)
def test_what_may_change_the_behaviour(file: ChangedFile, *, behaves: bool) -> None:
    assert bool(behaviour([file])) is behaves


TEST = EditedTest(path="tests/test_a.py", name="test_a")


def report(*cases: str) -> TestReport:
    found = parse_junit(junit(*cases))
    assert found is not None
    return found


def case(body: str, name: str = "test_a") -> str:
    return (
        f'<testcase classname="tests.test_a" file="tests/test_a.py" name="{name}">{body}</testcase>'
    )


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('<failure message="assert 404 == 200">E   assert</failure>', Shown.RED),
        ('<failure message="AttributeError: no attribute">E   A</failure>', Shown.RED),
        ('<failure message="TypeError: unexpected keyword">E   T</failure>', Shown.RED),
        ('<failure message="app.errors.GoneError: no">E   G</failure>', Shown.RED),
        ('<failure message="ImportError: cannot import">E   I</failure>', Shown.WEAK),
        ('<failure message="ModuleNotFoundError: No">E   M</failure>', Shown.WEAK),
        ('<failure message="Failed: Timeout &gt;1s">E   F</failure>', Shown.WEAK),
        ('<error message="failed on setup with &quot;KeyError&quot;">E   K</error>', Shown.WEAK),
        ("", Shown.NOTHING),
        ('<skipped message="no">no</skipped>', Shown.ABSENT),
    ],
)
def test_the_end_of_a_test_at_the_base_tells_what_it_shows(body: str, shown: Shown) -> None:
    assert shows(TEST, report(case(body))).shown is shown


def test_one_case_that_fails_is_enough() -> None:
    body = '<failure message="assert 1 == 2">E   assert</failure>'
    found = shows(TEST, report(case("", "test_a[1]"), case(body, "test_a[2]")))
    assert (found.shown, found.why) == (Shown.RED, "assert 1 == 2")


def test_a_file_that_cannot_be_collected_is_weak_evidence_for_all_its_tests() -> None:
    text = '<error message="collection failure">tests/test_a.py:1\nE   ImportError: no x</error>'
    whole = f'<testcase classname="" file="tests/test_a.py" name="tests.test_a">{text}</testcase>'
    found = shows(TEST, report(whole))
    assert (found.shown, found.why) == (Shown.WEAK, "ImportError: no x")


def test_a_test_that_another_class_inherits_is_found_there() -> None:
    test = EditedTest(path="tests/test_a.py", name="Base::test_a")
    inherited = FAILS.replace('"tests.test_a"', '"tests.test_a.TestB"')
    assert shows(test, report(inherited)).shown is Shown.RED


@pytest.mark.parametrize(
    ("name", "is_error", "shown"),
    [
        ("shop.tests.Orders.test_a", False, Shown.RED),
        ("shop.tests.Orders", True, Shown.WEAK),
        ("shop.tests", True, Shown.WEAK),
        ("tests", True, Shown.WEAK),
        ("shop.tests.Orders.test_b", False, Shown.NOTHING),
    ],
)
def test_labels_of_unittest_are_of_the_test_its_class_or_its_file(
    name: str, is_error: bool, shown: Shown
) -> None:
    failure = TestFailure(name=name, text="E", message="AssertionError: 1", is_error=is_error)
    test = EditedTest(path="shop/tests.py", name="Orders::test_a")
    found = report(passed()).model_copy(update={"failures": (failure,), "names": frozenset()})
    assert shows(test, found).shown is shown


def judged(
    files: list[dict[str, Any]],
    *cases: str,
    control: str = "",
    suite: tuple[str, ...] = (),
    allowed: str = "",
    **end: Any,
) -> Evidence:
    """Return what the gate says of a change whose tests end like this at the base.

    With the change they end as `control`, passing by default, and in the whole suite as `suite`.
    """
    at = office()
    at.shell.changed = json.dumps({"files": files})
    at.shell.on("junit.xml", {RESULT: junit(*suite)} if suite else {})
    at.shell.on("base.xml", {BASE: junit(*cases)} if cases else {}, **end)
    at.shell.on("head.xml", {HEAD: junit(control or case(""))})
    given = Allowed(by=allowed, entries=None)
    bench = replace(at.bench(Stack(tests=("pytest -q",))), base=at.base, allowed=lambda gate: given)
    return run_gate(Gate.RED_TO_GREEN, bench)


def entry(path: str, before: str | None, after: str | None) -> dict[str, Any]:
    return {"old": path if before else None, "new": path, "base": before, "head": after}


CODE = entry("app.py", "x = 1\n", "x = 2\n")
TESTS = entry("tests/test_a.py", None, "def test_a():\n    assert x == 2\n")
FAILS = case('<failure message="assert 1 == 2">E   assert 1 == 2</failure>')


def test_a_test_that_fails_at_the_base_is_a_proof() -> None:
    found = judged([CODE, TESTS], FAILS, exit_code=1)
    assert (found.status, found.measures["red"]) == (GateStatus.PASS, 1)
    assert found.reason == "1 of 1 tests of the change fail on the base's code"
    assert [(item.kind, item.what, item.why) for item in found.remarks] == [
        ("red", "tests/test_a.py::test_a", "assert 1 == 2")
    ]


def test_tests_that_all_pass_at_the_base_prove_nothing() -> None:
    found = judged([CODE, TESTS], case(""))
    assert found.status is GateStatus.FAIL
    assert found.reason.endswith("proves nothing: test_a")
    assert "tests/test_a.py::test_a passes on the base's code too" in found.output
    assert not found.is_passable()


def test_weak_evidence_alone_proves_nothing_and_is_no_fault() -> None:
    found = judged([CODE, TESTS], case('<error message="failed on setup">E   K</error>'))
    assert (found.status, found.is_passable()) == (GateStatus.NOT_RUN, True)
    assert found.reason == "only weak evidence: test_a (failed on setup)"
    assert [item.kind for item in found.remarks] == ["weak"]


def test_a_suite_in_which_nothing_passes_shows_nothing() -> None:
    found = judged([CODE, TESTS], FAILS, suite=(FAILS, failed("test_other")))
    assert (found.status, found.reason) == (GateStatus.NOT_RUN, "no test passes with the change")


def test_a_file_that_cannot_be_read_on_either_side_is_no_fault() -> None:
    text = '<error message="collection failure">E   ImportError: no x</error>'
    whole = f'<testcase classname="" file="tests/test_a.py" name="tests.test_a">{text}</testcase>'
    found = judged([CODE, TESTS], whole, control=whole, suite=(whole, passed()))
    assert (found.status, found.is_passable()) == (GateStatus.NOT_RUN, True)
    assert "fails in a copy of the change too (ImportError: no x)" in found.reason


@pytest.mark.parametrize(
    "control",
    [
        FAILS,
        case('<skipped message="no">no</skipped>'),
        case("", "test_other"),
    ],
    ids=["fails", "skipped", "absent"],
)
def test_what_fails_in_a_copy_of_the_change_too_shows_nothing(control: str) -> None:
    found = judged([CODE, TESTS], FAILS, control=control)
    assert (found.status, found.is_passable()) == (GateStatus.NOT_RUN, True)
    assert found.reason == (
        "what fails in a copy of the base's code fails in a copy of the change too (assert 1 == 2)"
    )


def test_only_a_case_that_passes_with_the_change_proves_it() -> None:
    bad = FAILS.replace('"test_a"', '"test_a[2]"')
    control = case("", "test_a[1]") + case('<skipped message="no">no</skipped>', "test_a[2]")
    found = judged([CODE, TESTS], case("", "test_a[1]"), bad, control=control)
    assert found.status is GateStatus.NOT_RUN


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (FAILS, "it does not pass with the change"),
        (case('<skipped message="no">no</skipped>'), "the suite skips it, or expects it to fail"),
        (case("", "test_other"), "the suite does not run it"),
        (
            '<testcase classname="" file="tests/test_a.py" name="tests.test_a">'
            '<error message="collection failure">E</error></testcase>',
            "it does not pass with the change",
        ),
    ],
    ids=["fails", "skipped", "absent", "unread"],
)
def test_what_does_not_pass_in_the_suite_with_the_change_proves_nothing(end: str, why: str) -> None:
    found = judged([CODE, TESTS], FAILS, suite=(end,))
    assert found.status is GateStatus.FAIL
    assert found.reason.endswith("not green with the change: test_a")
    assert f"tests/test_a.py::test_a proves nothing of the change: {why}" in found.output


def test_a_test_that_is_expected_to_fail_and_passes_shows_nothing() -> None:
    found = judged([CODE, TESTS], case('<failure message="[XPASS(strict)] no">no</failure>'))
    assert found.status is GateStatus.FAIL
    assert found.reason.endswith("proves nothing: test_a")


def test_a_test_that_was_only_renamed_needs_not_fail() -> None:
    renamed = entry("tests/test_a.py", PLAIN, PLAIN.replace("test_sum", "test_a"))
    found = judged([CODE, renamed], case(""))
    assert (found.status, found.is_passable()) == (GateStatus.NOT_RUN, True)
    assert found.reason.startswith("the tests that were edited are older ones in other words")


def test_an_older_test_with_other_values_is_a_proof_where_it_fails_at_the_base() -> None:
    before = "def test_a():\n    assert x == 1\n"
    found = judged([CODE, entry("tests/test_a.py", before, before.replace("1", "2"))], FAILS)
    assert (found.status, [item.kind for item in found.remarks]) == (GateStatus.PASS, ["red"])


def test_a_change_without_any_test_is_unproven_and_no_failure() -> None:
    found = judged([CODE])
    assert (found.status, found.is_passable()) == (GateStatus.NOT_RUN, True)
    assert found.reason == (
        "no test was added or edited, so nothing shows the change; "
        "a pure refactoring has the label refactoring"
    )


@pytest.mark.parametrize(
    ("files", "cases"),
    [
        ([CODE], []),
        ([CODE, entry("tests/test_a.py", PLAIN, PLAIN.replace("test_sum", "test_a"))], [case("")]),
        ([CODE, TESTS], [case("")]),
    ],
    ids=["no test", "renamed", "idle"],
)
def test_a_refactoring_by_its_label_needs_no_proof(
    files: list[dict[str, Any]], cases: list[str]
) -> None:
    found = judged(files, *cases, allowed="the label refactoring of PAY-1")
    assert (found.status, found.reason) == (
        GateStatus.NOT_APPLICABLE,
        "no behaviour is to change, says the label refactoring of PAY-1",
    )


@pytest.mark.parametrize("files", [[TESTS], [entry("README.md", None, None)], []])
def test_what_changes_no_code_needs_no_proof(files: list[dict[str, Any]]) -> None:
    assert judged(files).status is GateStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ({"exit_code": -9, "timed_out": True}, "60 minutes were over"),
        ({"exit_code": 97}, "the base's code could not be laid out"),
        ({"exit_code": 4, "output": "usage error"}, "exit code 4: usage error"),
    ],
)
def test_what_cannot_run_at_the_base_stops_nobody_and_is_no_proof(
    end: dict[str, Any], why: str
) -> None:
    found = judged([CODE, TESTS], **end)
    assert (found.status, found.is_passable()) == (GateStatus.NOT_RUN, True)
    assert why in found.reason


def test_a_change_that_cannot_be_read_is_not_run() -> None:
    at = office()
    at.shell.changed = "fatal: bad revision"
    bench = replace(at.bench(Stack(tests=("pytest -q",))), base=at.base)
    found = run_gate(Gate.RED_TO_GREEN, bench)
    assert (found.status, found.reason) == (
        GateStatus.NOT_RUN,
        "git does not tell what was changed",
    )


def test_output_in_a_reason_cannot_imitate_a_page() -> None:
    body = '<failure message="assert &lt;b&gt;&#10;x">E   assert</failure>'
    found = judged([CODE, TESTS], case(body), failed())
    assert found.remarks[0].why == "assert (b)"


FILES = {
    ".gitignore": "__pycache__/\n",
    ".gitattributes": "tests export-ignore\n",
    "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['src']\n",
    "src/shop/__init__.py": "",
    "src/shop/sums.py": "def add(a, b):\n    return a\n",
    "tests/test_sums.py": f"from shop.sums import add\n\n\n{OTHER}",
}
MENDED = {
    "src/shop/sums.py": "def add(a, b):\n    return a + b\n",
    "tests/test_sums.py": f"from shop.sums import add\n\n\n{OTHER}\n\n{PLAIN}",
}


def live(tmp_path: Path, files: dict[str, str], change: dict[str, str], command: str) -> Evidence:
    at = Live(tmp_path, files)
    bench = at.bench(Stack(tests=(command,)), change)
    found = run_gate(Gate.RED_TO_GREEN, bench)
    assert all((bench.worktree.path / name).read_text() == text for name, text in change.items())
    return found


def test_pytest_runs_the_new_tests_on_the_code_of_the_base(tmp_path: Path) -> None:
    new = "from shop.more import x\n\n\ndef test_x():\n    assert x\n"
    change = {
        **MENDED,
        "src/shop/more.py": "x = 1\n",
        "tests/test_more.py": new,
        "tests/data/one.txt": "1",
        "tests/test_data.py": "def test_data():\n    assert open('tests/data/one.txt').read()\n",
    }
    found = live(tmp_path, FILES, change, "pytest -q")
    assert found.status is GateStatus.PASS
    assert {item.what: item.kind for item in found.remarks} == {
        "tests/test_sums.py::test_sum": "red",
        "tests/test_more.py::test_x": "weak",
        "tests/test_data.py::test_data": "nothing",
    }


UNIT = """import unittest

from shop.sums import add


class Sums(unittest.TestCase):
    def test_zero(self):
        self.assertEqual(add(0, 0), 0)
"""


def test_unittest_runs_the_new_tests_on_the_code_of_the_base(tmp_path: Path) -> None:
    files = {**FILES, "tests/__init__.py": "", "tests/test_sums.py": UNIT}
    more = "\n    def test_sum(self):\n        self.assertEqual(add(1, 2), 3)\n"
    same = "\n    def test_one(self):\n        self.assertEqual(add(1, 0), 1)\n"
    change = {**MENDED, "tests/test_sums.py": f"{UNIT}{more}{same}"}
    found = live(tmp_path, files, change, "python -m unittest")
    assert [(item.kind, item.what) for item in found.remarks] == [
        ("red", "tests/test_sums.py::Sums::test_sum"),
        ("nothing", "tests/test_sums.py::Sums::test_one"),
    ]
    assert found.remarks[0].why == "AssertionError: 1 != 3"
