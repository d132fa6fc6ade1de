"""What makes a difference between two outputs, and what a command does to the files."""

import pytest

from agent.likeness import complaint, quoted, steady
from agent.touching import Touch, touch_of


@pytest.mark.parametrize(
    ("command_line", "touch"),
    [
        ("cat app.py | grep -n 'def' 2>/dev/null", Touch.NONE),
        ("git diff HEAD~1 && git status", Touch.NONE),
        ("sed -n '1,20p' app.py; ls -la", Touch.NONE),
        ("cd app && find . -name '*.py' 2>&1 | wc -l", Touch.NONE),
        ("grep -rn 'x -> y' app", Touch.NONE),
        ("find . -name '*.pyc' -delete", Touch.MAYBE),
        ("cat a\nmake all", Touch.MAYBE),
        ("cat $(make list)", Touch.MAYBE),
        ("pytest -q", Touch.MAYBE),
        ("git commit -m x", Touch.MAYBE),
        ("git", Touch.MAYBE),
        ("echo 'open", Touch.MAYBE),
        ("echo " + "x" * 3000, Touch.MAYBE),
        ("sed -i s/a/b/ app.py", Touch.SURE),
        ("cat > app.py <<'EOF'\nx\nEOF", Touch.SURE),
        ("echo x >> notes.md", Touch.SURE),
        ("ruff check --fix .", Touch.SURE),
        ("git checkout -- app.py", Touch.SURE),
        ("cd app && mv a b", Touch.SURE),
    ],
)
def test_what_a_command_does_to_the_files_is_guessed_from_its_words(
    command_line: str, touch: Touch
) -> None:
    assert touch_of(command_line) is touch


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 passed in 0.12s", "3 passed in 4.01s"),
        ("at 0x7f3a9c", "at 0x55aa01"),
        ("2026-01-02T03:04:05.6Z up", "2027-01-02T13:04:05Z up"),
        ("db=/tmp/pytest-of-u/pytest-1/t0/db", "db=/tmp/pytest-of-u/pytest-2/t0/db"),
        ("id 6f1c2a8e-0000-4000-8000-1234567890ab", "id 6f1c2a8e-0000-4000-8000-1234567890ac"),
        ("commit 0123456789abcdef", "commit fedcba9876543210"),
        ("http://127.0.0.1:8123/x", "http://127.0.0.1:9123/x"),
        ("[gw0] seed=12", "[gw3] seed=99"),
        ("tmpab12cd34.txt", "tmpzz12cd35.txt"),
    ],
)
def test_what_changes_by_itself_makes_no_difference(one: str, other: str) -> None:
    assert one != other
    assert steady(one) == steady(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 passed", "4 passed"),
        ("assert 500 == 200", "assert 404 == 200"),
        ("in /tmp/a/app.py", "in /tmp/a/views.py"),
        ("E   assert 3s == 4s", "E   assert 5s == 4s"),
        ("ValueError: 12:00:00 is late", "ValueError: 13:00:00 is late"),
        ('{"status":500}', '{"status":404}'),
        ("    a: 1", "    a: 2"),
    ],
)
def test_what_was_found_makes_a_difference(one: str, other: str) -> None:
    assert complaint(one) != complaint(other)


def test_a_quotation_is_short_and_on_one_line() -> None:
    assert quoted("a\n`b` <c>", 20) == "`a 'b' (c)`"
    assert quoted("", 20) == "`(nothing)`"
    assert len(quoted("x" * 99, 20)) == 22
