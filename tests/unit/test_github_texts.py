import pytest

from integrations.github.check_log import plain_log
from integrations.github.texts import answered, quiet, quotation, reply_marker, visible


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("ping @everyone and @acme/backend-team", "ping `@everyone` and `@acme/backend-team`"),
        ("(@tech-lead)", "(`@tech-lead`)"),
        ("mail bot@example.com", "mail bot@example.com"),
        ("Closes #12, fixes: acme/shop#3", "Closes `#12`, fixes: `acme/shop#3`"),
        ("resolved https://github.com/a/b/issues/1", "resolved `https://github.com/a/b/issues/1`"),
        ("Refs #12", "Refs #12"),
        ("![x](https://evil.example.com/?d=1)", "[x](https://evil.example.com/?d=1)"),
        ("<img src=x>", "&lt;img src=x>"),
        ("`@app.get` and ``a ` @b``", "`@app.get` and ``a ` @b``"),
        ("```python\n@app.get('/')\n```\n@you", "```python\n@app.get('/')\n```\n`@you`"),
        ("~~~\n@a\n~~~", "~~~\n@a\n~~~"),
        ("an open ` tick @you", "an open \\` tick `@you`"),
        ("an escaped \\\\` tick @you `", "an escaped \\\\` tick @you `"),
        ("over ` the\n\nend @you `", "over \\` the\n\nend `@you` \\`"),
        ("- in `\n- lists @you `", "- in \\`\n- lists `@you` \\`"),
        ("| `a | @you` |", "| \\`a | `@you`\\` |"),
        ("`a | b`", "`a | b`"),
        ('<a title="`">@you`', '&lt;a title="`">@you`'),
        ("```\na\n```\n```\nb\n```\n", "```\na\n```\n```\nb\n```\n"),
        ("", ""),
        ("text\n      ```\n@you", "text\n      \\`\\`\\`\n`@you`"),
        ("<div>\n```\n@you\n```", "<div>\n\\`\\`\\`\n`@you`\n\\`\\`\\`"),
        ("- ```\n  @a\n  ```\n- @you", "- ```\n  @a\n  ```\n- `@you`"),
        ("Closes\n#12", "Closes\n`#12`"),
        ("<!-- backsmith:reply:line:1 -->", "<!-- backsmith:reply:line:1 -->"),
        ("**Done.** See `a.py`.", "**Done.** See `a.py`."),
    ],
)
def test_a_text_has_no_side_effects(text: str, harmless: str) -> None:
    assert quiet(text) == harmless
    assert quiet(harmless) == harmless


def test_a_marker_names_the_comment_that_is_answered() -> None:
    texts = [f"Done.\n\n{reply_marker('line:34')}", "no marker", reply_marker("issue:5")]
    assert answered(texts) == {"line:34", "issue:5"}


@pytest.mark.parametrize(
    "hidden", ["a\u200bb", "a\u202eb", "a\U000e0041b", "a<!-- x -->b", "ab<!-- to the end"]
)
def test_what_people_cannot_see_is_not_read(hidden: str) -> None:
    assert visible(hidden) == "ab"


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Why?", "> Why?"),
        ("\n\nFirst\nSecond", "> First …"),
        ("x" * 300, f"> {'x' * 200} …"),
        ("<!-- hidden -->", "> "),
    ],
)
def test_the_first_visible_line_is_quoted(text: str, quote: str) -> None:
    assert quotation(text) == quote


def test_a_log_is_read_without_time_stamps_and_colours() -> None:
    raw = "2026-01-05T10:00:00.1234567Z \x1b[31mE   assert\x1b[0m 1 == 2\r\n\x1b]0;title\x07end\n"
    assert plain_log(raw) == "E   assert 1 == 2\nend"


def test_only_the_end_of_a_long_log_is_kept() -> None:
    lines = [f"line {number}" for number in range(1000)]
    kept = plain_log("\n".join(lines)).split("\n")
    assert (len(kept), kept[0], kept[-1]) == (200, "line 800", "line 999")


def test_a_log_of_long_lines_is_capped_in_bytes() -> None:
    assert len(plain_log("é" * 100_000).encode()) <= 20_000
