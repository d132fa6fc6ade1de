"""Cutting and cleaning of foreign text."""

import pytest

from agent.text import cut_lines, fair_shares, first_line, head_and_tail, plain_output, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("pay\u200bment", "payment"),
        ("\u202eevil\u202c", "evil"),
        ("a\U000e0041\U000e0042b", "ab"),
        ("\ufeffstart", "start"),
        ("soft\u00adhyphen", "softhyphen"),
        ("before <!-- hidden --> after", "before  after"),
        ("a<!-- over\ntwo lines -->b", "ab"),
        ("a<!\u200b-- split -->b", "ab"),
        ("Größe 1 < 2 → 日本", "Größe 1 < 2 → 日本"),
    ],
)
def test_only_what_a_person_would_see_is_left(text: str, seen: str) -> None:
    assert visible(text) == seen


@pytest.mark.parametrize(
    ("output", "plain"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://x.example\x1b\\link", "link"),
        ("\x1b[2K\x1b[1Gdone", "done"),
        ("a\r\nb", "a\nb"),
        ("bell\x07 null\x00", "bell null"),
        ("tab\tstays\n", "tab\tstays\n"),
        ("10%\r50%\r100%\nnext", "100%\nnext"),
        ("10%\r100%\r", "100%"),
        ("a\r\r\nb", "a\nb"),
        ("spin |\x08/\x08-\x08done", "spin done"),
        ("\x85lone \udc80\x9b31m", "lone 31m"),
    ],
)
def test_terminal_escapes_and_control_characters_are_taken_out(output: str, plain: str) -> None:
    assert plain_output(output) == plain


def test_a_text_within_the_limit_is_left_whole() -> None:
    assert head_and_tail("x" * 10, 10) == "x" * 10
    assert cut_lines("a\nb\nc", 5) == "a\nb\nc"


def test_the_middle_of_a_long_text_is_cut_out_and_counted() -> None:
    assert head_and_tail("a" * 10 + "m" * 80 + "z" * 20, 30) == (
        "a" * 10 + "\n[... 80 characters left out ...]\n" + "z" * 20
    )


def test_lines_are_cut_whole_and_counted() -> None:
    text = "\n".join(f"line {n:03}" for n in range(100))
    shown = cut_lines(text, 200).split("\n")
    [gap] = [line for line in shown if line.startswith("[...")]
    left_out = 100 - (len(shown) - 1)
    assert gap.startswith(f"[... {left_out} lines left out;")
    assert {line for line in shown if line != gap} <= set(text.split("\n"))


def test_cut_lines_keep_the_beginning_and_the_end() -> None:
    shown = cut_lines("\n".join(f"line {n:03}" for n in range(100)), 200).split("\n")
    assert (shown[0], shown[-1]) == ("line 000", "line 099")


@pytest.mark.parametrize("limit", [0, 1, 50, 200, 799])
def test_cut_lines_stay_within_the_limit_but_for_the_remark(limit: int) -> None:
    shown = cut_lines("\n".join(f"line {n:03}" for n in range(100)), limit)
    assert len("".join(line for line in shown.split("\n") if "[..." not in line)) <= limit


def test_one_line_longer_than_the_limit_is_left_out() -> None:
    assert cut_lines("x" * 100, 10).startswith("[... 1 lines left out")


@pytest.mark.parametrize(
    ("sizes", "total", "shares"),
    [
        ([], 10, []),
        ([3, 4], 10, [3, 4]),
        ([100, 2], 10, [8, 2]),
        ([100, 100], 10, [5, 5]),
        ([2, 100, 4, 100], 20, [2, 7, 4, 7]),
        ([5, 5], 0, [0, 0]),
    ],
)
def test_small_ones_get_all_and_large_ones_share_the_rest(
    sizes: list[int], total: int, shares: list[int]
) -> None:
    assert fair_shares(sizes, total) == shares


@pytest.mark.parametrize(
    ("text", "line"),
    [("", ""), ("\n\n  Title \nmore", "Title"), ("x" * 10, "xxxx…"), ("xxxxx", "xxxxx")],
)
def test_the_first_line_with_words_is_cut_to_its_limit(text: str, line: str) -> None:
    assert first_line(text, 5) == line
