"""Reading what Django's and Python's own test runners print."""

from pathlib import Path

import pytest

from agent.domain.evidence import TestCount
from agent.evidence.unittests import node_id, parse_unittest

SAMPLE = (Path(__file__).parents[1] / "samples" / "gates" / "django.txt").read_text("utf-8")
OLD = f"""{"=" * 70}
ERROR: test_b (shop.tests.OrderTests)
{"-" * 70}
Traceback (most recent call last):
ValueError: no

{"-" * 70}
Ran 2 tests in 0.001s

FAILED (errors=1)
"""


def test_failures_have_the_label_that_runs_them_again() -> None:
    report = parse_unittest(SAMPLE, "/repo")
    assert report is not None
    assert [failure.name for failure in report.failures] == [
        "shop.tests.test_bad",
        "shop.tests.test_orders.SetupTests",
        "shop.tests.test_orders.OrderTests.test_get",
        "shop.tests.test_orders.OrderTests.test_sub",
        "shop.tests.test_orders.OrderTests.test_total",
    ]


def test_tests_are_counted_once_also_with_subtests_and_broken_fixtures() -> None:
    report = parse_unittest(SAMPLE)
    assert report is not None
    assert report.count == TestCount(passed=1, failed=5, skipped=2)


def test_frames_of_packages_are_folded_and_paths_are_relative() -> None:
    report = parse_unittest(SAMPLE, "/repo")
    assert report is not None
    assert report.failures[0].text == (
        "ImportError: Failed to import test module: shop.tests.test_bad\n"
        "Traceback (most recent call last):\n"
        "    [2 frames in Python]\n"
        '  File "shop/tests/test_bad.py", line 1, in <module>\n'
        "    import nowhere_at_all\n"
        "ModuleNotFoundError: No module named 'nowhere_at_all'"
    )


def test_subtests_of_one_test_stand_together() -> None:
    report = parse_unittest(SAMPLE, "/repo")
    assert report is not None
    text = report.failures[3].text
    assert text.startswith("(i=0)\n")
    assert "\n(i=2)\n" in text


def test_an_older_python_names_the_class_alone() -> None:
    report = parse_unittest(OLD)
    assert report is not None
    assert [failure.name for failure in report.failures] == ["shop.tests.OrderTests.test_b"]
    assert report.count == TestCount(passed=1, failed=1)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Ran 3 tests in 0.1s\n\nOK\n", TestCount(passed=3)),
        ("Ran 3 tests in 0.1s\n\nOK (skipped=2)\n", TestCount(passed=1, skipped=2)),
        ("Ran 0 tests in 0.0s\n\nOK\n", TestCount()),
        ("Ran 3 tests in 0.1s\n\nFAILED (failures=1)\n", TestCount(passed=2, failed=1)),
    ],
)
def test_the_closing_line_is_enough_to_count(text: str, count: TestCount) -> None:
    report = parse_unittest(text)
    assert report is not None
    assert report.count == count


@pytest.mark.parametrize("text", ["", "ModuleNotFoundError: No module named 'django'", "I Ran"])
def test_output_without_a_closing_line_is_refused(text: str) -> None:
    assert parse_unittest(text) is None


VERBOSE = f"""test_a (shop.tests.A.test_a)
Says what it does. ... ok
test_late (shop.tests.A.test_late) ... a line of output
skipped "it's late"
test_known (shop.tests.A.test_known) ... expected failure
test_parts (shop.tests.A.test_parts) ...
  test_parts (shop.tests.A.test_parts) (i=1) ... skipped 'no'
  test_parts (shop.tests.A.test_parts) (i=2) ... skipped 'no'
test_b (shop.tests.B.test_b) ... ok
skipped 'no database'
test_c (shop.tests.C.test_c) ... unexpected success
test_d (shop.tests.C.test_d) ... unexpected success

{"=" * 70}
UNEXPECTED SUCCESS: test_c (shop.tests.C.test_c)
UNEXPECTED SUCCESS: test_d (shop.tests.C.test_d)
{"-" * 70}
Ran 7 tests in 0.001s

FAILED (skipped=4, expected failures=1, unexpected successes=2)
"""


def test_all_tests_are_named_and_so_are_the_skipped_ones() -> None:
    report = parse_unittest(VERBOSE)
    assert report is not None
    names = ("A.test_a", "A.test_known", "A.test_late", "A.test_parts", "B.test_b")
    assert sorted(report.names) == [
        f"shop.tests.{name}" for name in (*names, "C.test_c", "C.test_d")
    ]
    assert sorted(report.skipped) == ["shop.tests.A.test_known", "shop.tests.A.test_late"]


def test_skipped_subtests_and_classes_do_not_hide_what_passed() -> None:
    report = parse_unittest(VERBOSE)
    assert report is not None
    assert report.count == TestCount(passed=3, failed=2, skipped=5)


def test_every_unexpected_success_is_a_failure() -> None:
    report = parse_unittest(VERBOSE)
    assert report is not None
    assert [failure.name for failure in report.failures] == [
        "shop.tests.C.test_c",
        "shop.tests.C.test_d",
    ]


def test_no_test_is_named_where_not_all_can_be() -> None:
    report = parse_unittest(VERBOSE.replace("test_b (shop", "x test_b (shop"))
    assert report is not None
    assert report.names == frozenset()


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("shop.tests.A.test_a", "backend/shop/tests.py", "backend/shop/tests.py::A::test_a"),
        ("shop.tests.A.test_a", "shop/tests/__init__.py", "shop/tests/__init__.py::A::test_a"),
        ("test_it.A.test_a", "tests/test_it.py", "tests/test_it.py::A::test_a"),
        ("it.A.test_a", "tests/test_it.py", "it.A.test_a"),
        ("shop.tests.A.test_a", "shop/models.py", "shop.tests.A.test_a"),
        ("shop/tests.py::A::test_a", "shop/tests.py", "shop/tests.py::A::test_a"),
    ],
)
def test_a_label_is_placed_in_its_file(name: str, path: str, expected: str) -> None:
    assert node_id(name, path) == expected
