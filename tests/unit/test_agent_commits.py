"""Commits look like those that the repository has."""

import pytest

from agent.commits import Form, Style, commit_message, style_of

SUMMARY = {"title": "Cancel orders", "summary": "Orders can be cancelled."}
PLAIN = ["Add a route", "Remove it again", "Update the README", "Make it faster", "Initial commit"]


@pytest.mark.parametrize(
    ("subjects", "first"),
    [
        ([], "PAY-1: Cancel orders"),
        (PLAIN, "Cancel orders"),
        ([text.lower() for text in PLAIN], "cancel orders"),
        ([f"{text}." for text in PLAIN], "Cancel orders."),
        ([f"PAY-{n}: {text}" for n, text in enumerate(PLAIN)], "PAY-1: Cancel orders"),
        ([f"[PAY-{n}] {text}" for n, text in enumerate(PLAIN)], "[PAY-1] Cancel orders"),
        ([f"PAY-{n} {text}" for n, text in enumerate(PLAIN)], "PAY-1 Cancel orders"),
        ([f"{text} (PAY-{n})" for n, text in enumerate(PLAIN)], "Cancel orders (PAY-1)"),
        ([f"fix(api): {text.lower()} (#{9})" for text in PLAIN], "feat: cancel orders"),
        ([f"feat!: {text}" for text in PLAIN], "feat: Cancel orders"),
    ],
)
def test_a_subject_is_like_the_newest_ones(subjects: list[str], first: str) -> None:
    message = commit_message("PAY-1", SUMMARY, "r", 3, style_of(subjects))
    assert message == (
        f"{first}\n\nOrders can be cancelled.\n\nTicket: PAY-1\nRun-Id: r\nStep: 3\n"
    )


def test_too_few_or_too_different_subjects_are_no_style() -> None:
    assert style_of(["Initial commit"]) == Style(form=Form.COLON)
    mixed = ["feat: a", "PAY-1: b", "[PAY-2] c", "PAY-3 d", "e (PAY-4)", "f"]
    assert style_of(mixed) == Style(form=Form.COLON)


@pytest.mark.parametrize(
    ("title", "changed", "kind"),
    [
        ("Add a route", ("app.py", "tests/test_app.py"), "feat"),
        ("Fix the total", ("app.py",), "fix"),
        ("Refactor the totals", ("app.py",), "refactor"),
        ("Try the total", ("tests/test_app.py",), "test"),
        ("Explain the total", ("docs/total.md", "README.md"), "docs"),
    ],
)
def test_the_type_of_a_conventional_commit_comes_from_the_change(
    title: str, changed: tuple[str, ...], kind: str
) -> None:
    style = Style(form=Form.CONVENTIONAL)
    assert commit_message("A-1", {"title": title}, "r", 0, style, changed).startswith(f"{kind}: ")


def test_names_at_the_beginning_keep_their_letters() -> None:
    style = Style(form=Form.PLAIN, is_lower=True)
    assert commit_message("A-1", {"title": "API keys expire"}, "r", 0, style).startswith("API keys")
