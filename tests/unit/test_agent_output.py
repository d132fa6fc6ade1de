"""Cutting long output and long files so that what matters stays."""

import time

import pytest

from agent.output import cut_file, cut_output

PYTEST = "\n".join(
    [
        "============ test session starts ============",
        *(f"tests/test_{n}.py::test_{'abcd'[n % 4]} PASSED" for n in range(900)),
        "================= FAILURES ==================",
        "________________ test_cancel ________________",
        "    def test_cancel(client):",
        *(f"        line_{'abcdefghij'[n % 10] * (1 + n // 10)} = client" for n in range(300)),
        ">       assert response.status_code == 200",
        "E       assert 500 == 200",
        "tests/test_orders.py:14: AssertionError",
        "========== short test summary info ==========",
        "FAILED tests/test_orders.py::test_cancel - assert 500 == 200",
        "======== 1 failed, 900 passed in 12s ========",
    ]
)


def noise(count: int, start: int = 0) -> list[str]:
    letters = "abcdefghijklmnop"
    return [
        "".join(letters[int(digit)] for digit in f"{n:06}") for n in range(start, start + count)
    ]


def test_short_output_is_shown_as_it_is() -> None:
    assert cut_output("one\n\ntwo", 100) == ("one\n\ntwo", True)


def test_repeated_lines_are_folded_and_counted() -> None:
    assert cut_output("a\n" + "warn\n" * 215 + "b", 100) == (
        "a\nwarn\n[the line above 214 times more]\nb",
        True,
    )


def test_two_equal_lines_stay() -> None:
    assert cut_output("a\na\nb", 100).text == "a\na\nb"


def test_a_cut_says_which_lines_are_left_out() -> None:
    text = "\n".join(noise(1000))
    cut = cut_output(text, 500)
    [gap] = [line for line in cut.text.split("\n") if line.startswith("[...")]
    first, last = map(int, gap.split()[2].split("-"))
    shown = cut.text.split("\n")
    assert not cut.is_whole
    assert shown[shown.index(gap) - 1] == text.split("\n")[first - 2]
    assert shown[shown.index(gap) + 1] == text.split("\n")[last]


def test_of_a_test_run_the_summary_and_the_failure_stay() -> None:
    shown = cut_output(PYTEST, 3000).text
    for line in PYTEST.split("\n")[-6:]:
        assert line in shown
    assert "________________ test_cancel ________________" in shown
    assert len(shown) <= 3300


def test_an_error_in_the_middle_stays() -> None:
    lines = [*noise(2000), "app.py:3: error: bad type", *noise(2000, 2000)]
    assert "app.py:3: error: bad type" in cut_output("\n".join(lines), 2000).text


def test_the_end_of_a_traceback_in_the_middle_stays() -> None:
    trace = [
        "Traceback (most recent call last):",
        *(f'  File "{name}.py", line 3, in run' for name in noise(200)),
        '  File "app.py", line 9, in pay',
        "    charge(order)",
        "Declined",
    ]
    shown = cut_output("\n".join([*noise(2000), *trace, *noise(2000, 2000)]), 2000).text
    assert '  File "app.py", line 9, in pay\n    charge(order)\nDeclined' in shown


def test_lines_that_differ_by_numbers_are_folded_when_there_is_no_room() -> None:
    bars = [f"Downloading {n}% [{'=' * (1 + n // 20)}]" for n in range(1000)]
    shown = cut_output("\n".join([*noise(100), *bars, *noise(100)]), 3000).text
    assert "[998 lines like the one above]" in shown


def test_many_errors_do_not_crowd_out_the_end() -> None:
    lines = [f"{name}: error: bad" for name in noise(5000)]
    shown = cut_output("\n".join([*lines, "Found 5000 errors"]), 2000).text
    assert shown.endswith("Found 5000 errors")
    assert len(shown) <= 2200


@pytest.mark.parametrize("text", ["x" * 3_000_000, "ab\n" * 900_000, "\n".join(noise(300_000))])
def test_huge_output_is_cut_in_little_time(text: str) -> None:
    started = time.monotonic()
    assert len(cut_output(text, 12_000).text) < 14_000
    assert time.monotonic() - started < 20


def python_file(functions: int) -> list[str]:
    lines = ["import os", "from x import y", ""]
    for n in range(functions):
        lines += ["@router.get('/')", f"def handler_{n}(a, b):", *["    work()"] * 20, ""]
    return lines


def test_a_long_python_file_keeps_its_beginning_and_all_signatures() -> None:
    lines = python_file(100)
    shown = cut_file("app.py", lines, 1, 8000)
    assert shown.startswith("1\timport os\n2\tfrom x import y\n3\t\n4\t@router.get('/')\n")
    assert all(f"def handler_{n}(a, b):" in shown for n in range(100))
    assert shown.count("work()") < 2000
    assert "read what you need with app.py:" in shown.split("\n")[-1]
    assert len(shown) < 8300


def test_the_numbers_of_a_cut_file_are_those_of_the_file() -> None:
    lines = python_file(100)
    rows = [row.split("\t", 1) for row in cut_file("app.py", lines, 1, 8000).split("\n")[:-1]]
    assert all(lines[int(number) - 1] == text for number, text in rows)


def test_when_even_the_signatures_are_too_many_the_middle_is_left_out() -> None:
    shown = cut_file("app.py", ["def f(): pass"] * 5000, 1, 2000)
    assert "lines left out; ask for fewer files or for a range" in shown


def test_other_files_keep_their_beginning_and_end() -> None:
    shown = cut_file("log.txt", noise(1000), 11, 500).split("\n")
    assert (shown[0], shown[-1]) == ("11\taaaaaa", "1010\taaajjj")
