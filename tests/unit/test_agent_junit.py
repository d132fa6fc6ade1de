"""Reading JUnit files, which are foreign."""

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
