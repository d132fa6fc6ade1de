"""Reading JUnit files, which are foreign."""

from pathlib import Path

import pytest

from agent.domain.evidence import TestCount
from agent.evidence.junit import MAX_CHARACTERS, parse_junit
from tests.fakes.bench import failed, junit, passed

ERROR = '<testcase classname="t" name="e"><error message="fixture broke"/></testcase>'
SKIPPED = '<testcase name="s"><skipped message="no database"/></testcase>'


def test_tests_are_counted_by_how_they_ended() -> None:
    report = parse_junit(junit(passed("a"), passed("b"), failed(), ERROR, SKIPPED))
    assert report is not None
    assert report.count == TestCount(passed=2, failed=2, skipped=1)


def test_failures_and_errors_come_with_name_and_text() -> None:
    report = parse_junit(junit(failed("test_b", "assert 1 == 2"), ERROR))
    assert report is not None
    assert [(f.name, f.text) for f in report.failures] == [
        ("test_b", "assert 1 == 2"),
        ("t::e", "fixture broke"),
    ]


def test_a_long_failure_is_cut_in_the_middle() -> None:
    report = parse_junit(junit(failed(text="a" * 10_000 + "the end")))
    assert report is not None
    text = report.failures[0].text
    assert len(text) < 3_100
    assert text.endswith("the end")
    assert "characters left out" in text


def test_a_file_without_tests_counts_nothing() -> None:
    report = parse_junit(junit())
    assert report is not None
    assert report.count == TestCount()


def test_a_suite_without_a_wrapper_is_read_too() -> None:
    report = parse_junit(f"<testsuite>{passed()}</testsuite>")
    assert report is not None
    assert report.count.passed == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<testsuite>",
        "<testsuite>\x00</testsuite>",
        '<!DOCTYPE lolz [<!ENTITY lol "lol">]><testsuite>&lol;</testsuite>',
        '<!doctype x SYSTEM "file:///etc/passwd"><testsuite/>',
        "<testsuite/>" + " " * MAX_CHARACTERS,
    ],
    ids=["empty", "text", "cut", "control", "entities", "external", "huge"],
)
def test_what_is_no_usable_junit_file_is_refused(text: str) -> None:
    assert parse_junit(text) is None


SAMPLE = (Path(__file__).parents[1] / "samples" / "gates" / "pytest.xml").read_text("utf-8")


def test_names_are_node_ids_that_run_a_test_again() -> None:
    report = parse_junit(SAMPLE, "/repo")
    assert report is not None
    assert [failure.name for failure in report.failures] == [
        "tests/test_import.py",
        "tests/test_syntax.py",
        "tests/test_orders.py::TestFind::test_found",
        "tests/test_orders.py::TestFind::test_missing[x]",
        "tests/test_orders.py::test_load",
        "tests/test_orders.py::test_broken",
    ]
    assert "tests/test_orders.py::TestFind::test_missing[1]" in report.names
    assert report.count == TestCount(passed=1, failed=6, skipped=2)


def test_a_failure_has_its_own_frames_the_assertion_and_what_was_captured() -> None:
    report = parse_junit(SAMPLE, "/repo")
    assert report is not None
    assert report.failures[4].text == (
        "tests/test_orders.py:21: in test_load\n"
        '    assert load("nope")\n'
        "app/orders.py:12: in load\n"
        "    return json.loads(text)\n"
        "    [3 frames in Python]\n"
        "E   json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)\n"
        "captured log: WARNING  shop:orders.py:10 loading nope\n"
        "captured out: some output nope"
    )


def test_frames_of_packages_are_folded_under_their_names() -> None:
    report = parse_junit(SAMPLE, "/repo")
    assert report is not None
    first = report.failures[1].text.splitlines()[:2]
    assert first == ["[10 frames in _pytest, Python]", 'E     File "tests/test_syntax.py", line 1']


def test_names_are_seen_from_the_root_when_the_tests_ran_in_a_folder() -> None:
    report = parse_junit(SAMPLE, "/repo", "backend")
    assert report is not None
    assert report.failures[0].name == "backend/tests/test_import.py"


@pytest.mark.parametrize(
    ("rootdir", "file", "expected"),
    [
        ("/w/backend", "backend/tests/test_a.py", "backend/backend/tests/test_a.py"),
        ("/w", "backend/tests/test_a.py", "backend/tests/test_a.py"),
        ("/w/backend/tests", "test_a.py", "backend/tests/test_a.py"),
        ("/", "w/backend/tests/test_a.py", "backend/tests/test_a.py"),
        ("/elsewhere/backend", "backend/test_a.py", "backend/backend/test_a.py"),
        ("/elsewhere", "backend/test_a.py", "backend/test_a.py"),
        ("", "backend/test_a.py", "backend/test_a.py"),
        ("", "test_a.py", "backend/test_a.py"),
    ],
)
def test_files_are_named_from_where_pytest_says_that_it_stands(
    rootdir: str, file: str, expected: str
) -> None:
    owner = file.removesuffix(".py").replace("/", ".")
    text = junit(f'<testcase classname="{owner}" name="t" file="{file}"/>')
    report = parse_junit(text, "/w", "backend", f"rootdir: {rootdir}\n" if rootdir else "")
    assert report is not None
    assert report.names == {f"{expected}::t"}


@pytest.mark.parametrize(
    ("owner", "file", "expected"),
    [
        ("tests.test_heir.TestHeir", "tests/mixins.py", "tests/test_heir.py::TestHeir::t"),
        ("tests.test_heir.TestA.TestB", "base.py", "tests/test_heir.py::TestA::TestB::t"),
        ("tests.base_heir.TestHeir", "tests/base.py", "tests/base_heir.py::TestHeir::t"),
        ("tests.base.TestBase", "tests/base.py", "tests/base.py::TestBase::t"),
    ],
)
def test_what_a_class_inherits_belongs_to_the_file_of_the_class(
    owner: str, file: str, expected: str
) -> None:
    report = parse_junit(junit(f'<testcase classname="{owner}" name="t" file="{file}"/>'))
    assert report is not None
    assert report.names == {expected}
