"""An API diff in a pull request: everything that matters is there, and names stay names."""

import random
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from agent.openapi.change import Acceptance, ApiDiff, Level
from agent.openapi.report.escaping import code, sentence
from agent.openapi.report.markdown import render_markdown
from integrations.github.texts import quiet
from tests.fakes.api_changes import OPERATIONS, REAL_DIFF, at, change, diff
from tests.prompts.snapshot import matches

NOTE = "`.openapi-accept.yml`, line 9: `endpoint-added` (`GET /gone`) matches no change"
SNAPSHOTS = Path(__file__).parent / "snapshots"
OURS = {"details", "summary", "code", "pre", "p", "ul", "li", "h3", "h4", "strong"}
PIECES = (
    *("`", "``", "```", "|", "\\", "\n", "\r\n\r\n", "\t", " ", "*", "**", "_", "~~", "$", "&lt;"),
    *("</details>", "</summary>", "<!--", "-->", "<img src=x>", "<script>", "<b", ">", "</code>"),
    *("@lead", "fixes #12", "closes GH-3", "acme/shop#4", "https://evil.example/x", "www.evil.co"),
    *("![x](http://e)", "[a](http://e)", "[a]: http://e", "# head", "- [x] done", "---", "1. one"),
    *("✅", "⚠️", "❌", ":white_check_mark:", "\u202e", "\u200b", "\x1b[31m", "\x00", "\ud800"),
    *("<!-- backsmith:closed -->", "ordinary words", "name"),
)


class Reader(HTMLParser):
    """What a page shows: its elements, and the words outside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.open: list[str] = []
        self.words = ""
        page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        self.feed(page.render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" not in self.open:
            self.words += data

    def handle_comment(self, data: str) -> None:
        self.elements.add("comment")


def check(markdown: str) -> None:
    """Assert that a page mentions nobody, links nowhere, and has no element but ours."""
    reader = Reader(markdown)
    assert reader.elements <= OURS
    assert reader.open == []
    assert not re.search(r"[@<>\\✅⚠❌]|#\d|GH-|http|www|\[|\$|:\w", reader.words, re.IGNORECASE)


def hostile(name: str) -> ApiDiff:
    return diff(
        change(component=name, text=f"`{name}` became required", operations=(name, f"GET {name}")),
        change("x-y", component=None, text=name, operations=(name,)),
        at(name, "endpoint-added", level=Level.INFO, text=f"{name}`{name}"),
        change("x-z", component=name, level=Level.WARNING, text=f"went from `{name}` to `{name}`"),
        at(name, "x-a", accepted=Acceptance(reason=name, ticket=name, expires=date(2027, 1, 1))),
        change("response-property-pattern-added", component=name, level=Level.INFO, is_noise=True),
        base=name,
        head=name,
    )


def test_the_page_of_a_real_diff_is_as_it_was_reviewed() -> None:
    page = render_markdown(REAL_DIFF, [NOTE])
    check(page)
    matches("openapi_markdown", page, SNAPSHOTS)


def test_no_changes_are_said_plainly() -> None:
    assert render_markdown(diff()) == "### API: unchanged\n\nNo differences were found."


@pytest.mark.parametrize("name", PIECES, ids=ascii)
def test_a_hostile_name_stays_a_name(name: str) -> None:
    page = render_markdown(hostile(name), [name, f"`{name}`"])
    check(page)
    check(quiet(page))


def test_names_of_hostile_pieces_stay_names() -> None:
    dice = random.Random(7)
    for _ in range(150):
        name = "".join(dice.choices(PIECES, k=dice.randint(2, 7)))
        page = render_markdown(hostile(name), [name])
        check(page)
        check(quiet(page))
        assert "<!--" not in page


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("GET /items/{id}", "`GET /items/{id}`"),
        ("^[a-z]{2,3}$", "`^[a-z]{2,3}$`"),
        ("snake_case_name", "`snake_case_name`"),
        ("@lead", "`@lead`"),
        ("a < b", "`a < b`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a`b", "<code>a&#96;b</code>"),
        ("<b>", "<code>&#60;b&#62;</code>"),
        ("a\nb", "`a\\nb`"),
        ("✅ passed", "`\\u2705 passed`"),
        ("  ", ""),
    ],
)
def test_code_is_as_plain_as_is_safe(name: str, shown: str) -> None:
    assert code(name) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`price` became required", "`price` became required"),
        ("the type went from `string` to `integer`", "the type went from `string` to `integer`"),
        ("it is gone: see @lead", "`it is gone: see @lead`"),
        ("`a`b` c", "`a`b<code>&#96;</code> c"),
        ("- 1. x", "`- 1. x`"),
        ("fixes GH-12", "`fixes GH-12`"),
        ("see www.evil.example", "`see www.evil.example`"),
    ],
)
def test_of_a_sentence_only_plain_words_stand_outside_of_code(text: str, shown: str) -> None:
    assert sentence(text) == shown


def test_breaking_changes_are_in_full_and_harmless_ones_folded() -> None:
    page = render_markdown(REAL_DIFF)
    before, _, folded = page.partition("<details><summary>2 additions</summary>")
    for item in REAL_DIFF.changes[:5]:
        assert f"(`{item.id}`, `{item.fingerprint}`)" in before
    for item in REAL_DIFF.changes[5:7]:
        assert f"(`{item.id}`, `{item.fingerprint}`)" in folded


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (diff(change()), "Clients that follow the old description can stop working. Suggested"),
        (diff(change(level=Level.WARNING)), "Clients may stop working"),
        (diff(at("GET /", "endpoint-added", level=Level.INFO)), "Nothing in this change breaks"),
        (diff(change(accepted=Acceptance(reason="x"))), "All that can break clients is accepted"),
    ],
)
def test_the_verdict_stands_on_top(found: ApiDiff, verdict: str) -> None:
    assert render_markdown(found).splitlines()[2].startswith(verdict)


def test_what_the_framework_did_is_one_line() -> None:
    page = render_markdown(REAL_DIFF)
    assert page.endswith("Not listed: 2 changes by the framework (in `schemas/ValidationError`).")
    assert "`ctx`" not in page


def test_each_breaking_change_comes_with_its_entry_for_the_accept_file() -> None:
    page = render_markdown(REAL_DIFF)
    fence = page[page.index("```yaml") : page.rindex("```")]
    for item in REAL_DIFF.changes[:4]:
        assert f'fingerprint: "{item.fingerprint}"' in fence


def test_without_breaking_changes_nothing_is_said_of_accepting() -> None:
    assert "yaml" not in render_markdown(diff(change(level=Level.WARNING)))


def many(number: int, name: str = "x") -> ApiDiff:
    levels = (Level.ERROR, Level.WARNING, Level.INFO)
    found = [
        change(
            "response-property-type-changed",
            component=f"schemas/{name}{index}",
            level=levels[index * 3 // number],
            text=f"the type of `{name}` went from `string` to `integer`",
            operations=tuple(f"{operation}/{name}" for operation in OPERATIONS),
        )
        for index in range(number)
    ]
    noise = [change(component=name * 9, level=Level.INFO, is_noise=True) for _ in range(9)]
    return diff(*found, *noise, base="1", head="1")


@pytest.mark.parametrize("limit", [4_000, 20_000, 60_000])
@pytest.mark.parametrize("name", ["x", "`|" * 200, "</details>" * 50, "\U0001f600" * 300])
@pytest.mark.parametrize("notes", [0, 3, 500])
def test_a_page_never_grows_beyond_its_limit(limit: int, name: str, notes: int) -> None:
    page = render_markdown(many(360, name), [f"`{name}`"] * notes, limit)
    assert len(page) <= limit
    assert Reader(page).open == []
    hidden = re.search(r"(\d+) more changes are not shown; run `backsmith openapi diff`", page)
    assert hidden is not None
    assert page.count("`response-property-type-changed`") + int(hidden[1]) == 360


def test_on_a_full_page_the_worst_is_left() -> None:
    page = render_markdown(many(900), limit=20_000)
    assert "#### Breaking" in page
    assert "#### Warnings" not in page
    assert "<summary>" not in page


def test_changes_that_fit_are_all_shown() -> None:
    assert "not shown" not in render_markdown(many(60))
