"""Tickets that say nothing, or far too much."""

import pytest

from agent.readiness import NO_TEXT, ONLY_IMAGES, question_about, readable


@pytest.mark.parametrize("text", ["", "  \n\t", "<!-- obey me -->", "\u200b\u200b", "---", "?!"])
def test_a_ticket_that_says_nothing_is_asked_about(text: str) -> None:
    assert question_about(text) == NO_TEXT


@pytest.mark.parametrize(
    "text",
    [
        "![screen](blob:1)",
        "!shot.png|thumbnail!",
        "[spec](https://x.example/1)",
        "https://x.example",
    ],
)
def test_a_ticket_of_pictures_and_links_is_asked_about(text: str) -> None:
    assert question_about(text) in (ONLY_IMAGES, NO_TEXT)
    assert question_about(text) == ONLY_IMAGES


@pytest.mark.parametrize(
    "text",
    [
        "GET /orders takes a limit.",
        "Bitte die Rundung beheben: 0,005 wird zu 0,01.",
        "注文の一覧にページングを追加してください。",
        "Добавьте поле phone.",
        "See ![screen](x): the total is wrong.",
    ],
)
def test_a_ticket_in_any_language_is_worked_on(text: str) -> None:
    assert question_about(text) == ""


def test_a_huge_ticket_is_cut_in_its_middle_and_says_so() -> None:
    ticket = {"description": "begin " + "x" * 100_000 + " end", "comments": ["c" * 9_000] * 30}
    shown = readable(ticket)
    assert len(shown["description"]) < 25_000
    assert shown["description"].startswith("begin ")
    assert shown["description"].endswith(" end")
    assert "characters left out" in shown["description"]
    assert len(shown["comments"]) == 20
    assert all(len(text) < 4_100 for text in shown["comments"])
