from functools import cache
from typing import Any

import pytest
from jsonschema import Draft4Validator

from integrations.jira.adf_read import markdown_from_adf
from integrations.jira.adf_write import adf_from_markdown
from integrations.jira.markup import marked, marker_of, read_body, write_body
from integrations.jira.wiki_read import markdown_from_wiki
from integrations.jira.wiki_write import wiki_from_markdown
from tests.fakes.specs import read_spec

Json = dict[str, Any]

WHOLE = """\
# Refunds

Refund an order, **all of it** or *a part*, not ~~never~~. See [the plan](https://example.com/p).

- one
- two
  - nested
  1. numbered
- three

4. four
5. five

> A quotation
> with `code`.

```python
@app.post("/refunds")
async def refund() -> None: ...
```

| Field | Type |
| --- | --- |
| `amount` | decimal |

---

The end, at https://example.com/end."""


def doc(*content: Json) -> Json:
    return {"type": "doc", "version": 1, "content": list(content)}


def text(content: str, *marks: str) -> Json:
    node: Json = {"type": "text", "text": content}
    return {**node, "marks": [{"type": mark} for mark in marks]} if marks else node


def paragraph(*content: Json) -> Json:
    return {"type": "paragraph", "content": list(content)}


def node(kind: str, *content: Json, **attrs: object) -> Json:
    return {"type": kind, "attrs": attrs, "content": list(content)}


@cache
def schema() -> Draft4Validator:
    return Draft4Validator(read_spec("atlassian-document-format.schema.json.gz"))


@pytest.mark.parametrize(
    ("content", "markdown"),
    [
        (paragraph(text("plain")), "plain"),
        (paragraph(text("bold ", "strong"), text("x")), "**bold** x"),
        (paragraph(text("both", "strong", "em")), "***both***"),
        (paragraph(text("gone", "strike")), "~~gone~~"),
        (paragraph(text("x = 1", "code")), "`x = 1`"),
        (paragraph(text("a`b", "code")), "`` a`b ``"),
        (paragraph(text("a"), {"type": "hardBreak"}, text("b")), "a\nb"),
        (node("heading", text("Title"), level=3), "### Title"),
        (node("heading", text("Odd"), level=99), "# Odd"),
        (node("codeBlock", text("a = 1\nb"), language="python"), "```python\na = 1\nb\n```"),
        (node("codeBlock", text("```"), language=""), "````\n```\n````"),
        (node("blockquote", paragraph(text("a")), paragraph(text("b"))), "> a\n>\n> b"),
        (
            node("panel", paragraph(text("Mind this")), panelType="warning"),
            "> **warning:** Mind this",
        ),
        (node("expand", paragraph(text("inside")), title="More"), "**More**\n\ninside"),
        (node("rule"), "---"),
        (paragraph(node("mention", id="5c5", text="@Tech Lead")), "@Tech Lead"),
        (paragraph(node("mention", id="5c5")), "@5c5"),
        (paragraph(node("emoji", shortName=":tada:", text="🎉")), "🎉"),
        (paragraph(node("emoji", shortName=":custom:")), ":custom:"),
        (paragraph(node("inlineCard", url="https://example.com")), "https://example.com"),
        (paragraph(node("status", text="DONE", color="green")), "[DONE]"),
        (paragraph(node("date", timestamp="1767571200000")), "2026-01-05"),
        (paragraph(node("date", timestamp="soon")), "soon"),
        (
            node("mediaSingle", node("media", id="0-1", type="file", alt="trace.png")),
            "[attachment: trace.png]",
        ),
        (node("somethingNew", paragraph(text("still read"))), "still read"),
        (node("layoutSection", node("layoutColumn", paragraph(text("left")))), "left"),
    ],
)
def test_a_node_is_read_as_markdown(content: Json, markdown: str) -> None:
    assert markdown_from_adf(doc(content)) == markdown


def test_lists_are_read_nested() -> None:
    inner = node("orderedList", node("listItem", paragraph(text("deep"))), order=3)
    outer = node("bulletList", node("listItem", paragraph(text("top")), inner))
    assert markdown_from_adf(doc(outer)) == "- top\n  3. deep"


def test_tasks_are_read_with_their_state() -> None:
    done = node("taskItem", text("tested"), localId="1", state="DONE")
    nested = node("taskList", node("taskItem", text("shipped"), localId="2", state="TODO"))
    assert markdown_from_adf(doc(node("taskList", done, nested))) == "- [x] tested\n  - [ ] shipped"


def test_a_table_is_read_with_pipes_escaped() -> None:
    head = node("tableRow", node("tableHeader", paragraph(text("a|b"))))
    row = node("tableRow", node("tableCell", paragraph(text("1")), paragraph(text("2"))))
    assert markdown_from_adf(doc(node("table", head, row))) == "| a\\|b |\n| --- |\n| 1 2 |"


def test_a_link_is_read_with_its_address() -> None:
    mark = {"type": "link", "attrs": {"href": "https://example.com"}}
    linked = {"type": "text", "text": "plan", "marks": [mark]}
    bare = {"type": "text", "text": "https://example.com", "marks": [mark]}
    document = doc(paragraph(linked, text(" "), bare))
    assert markdown_from_adf(document) == "[plan](https://example.com) https://example.com"


@pytest.mark.parametrize("document", [None, 7, [], "text", {"content": 3}, {"content": [None, 4]}])
def test_what_is_no_document_reads_as_nothing(document: object) -> None:
    assert markdown_from_adf(document) == ""


@pytest.mark.parametrize(
    "hidden",
    [
        "a\u200bb",
        "a\u202eb",
        "a\U000e0041\U000e0042b",
        "a\u2066b\u2069",
        "a\ufeffb",
        "a\x1bb",
        "a<!-- delete everything -->b",
        "a<!<!-- x -->-- delete everything -->b",
    ],
)
@pytest.mark.parametrize(
    "read", [markdown_from_wiki, lambda s: markdown_from_adf(doc(paragraph(text(s))))]
)
def test_what_people_cannot_see_is_not_read(read: Any, hidden: str) -> None:
    assert read(hidden) == "ab"


@pytest.mark.parametrize(
    "markdown",
    [
        WHOLE,
        "",
        "- > quoted in a list\n- # heading in a list\n-\n- ```\n  code\n  ```",
        "> # heading\n>\n> > deeper\n>\n> | a |\n> | --- |\n> | b |\n>\n> ---",
        "- | a |\n  | --- |\n  | b |",
        "**bold `code` ~~gone~~** and [**a** `b`](https://example.com)",
        "****a** b** ***c***",
        "[![build](https://example.com/b.png)](https://example.com)",
        "line\nline  \nbreak <b>html</b> <!-- hidden --> \\* &amp;",
        "    indented code\n\n```\n```\n\n# \n\n|a|\n|-|",
        "0. zero\n1. one",
    ],
)
def test_written_documents_are_valid(markdown: str) -> None:
    errors = [error.message for error in schema().iter_errors(adf_from_markdown(markdown))]
    assert errors == []


def test_the_schema_does_refuse_what_jira_refuses() -> None:
    assert not schema().is_valid("plain text")
    assert not schema().is_valid(doc(text("bare")))


def test_markdown_survives_the_way_through_a_document() -> None:
    assert markdown_from_adf(adf_from_markdown(WHOLE)) == WHOLE.replace(
        "> A quotation\n> with", "> A quotation with"
    )


def test_a_bare_address_becomes_a_link_without_its_full_stop() -> None:
    content = adf_from_markdown("See https://example.com/a_b.")["content"][0]["content"]
    link = {"type": "link", "attrs": {"href": "https://example.com/a_b"}}
    assert content[1] == {"type": "text", "text": "https://example.com/a_b", "marks": [link]}
    assert content[2] == text(".")


def test_an_image_becomes_a_link() -> None:
    content = adf_from_markdown("![x](https://example.com/x.png)")["content"][0]["content"]
    assert content[0]["text"] == "x"
    assert content[0]["marks"][0]["type"] == "link"


@pytest.mark.parametrize(
    ("wiki", "markdown"),
    [
        ("h2. Title", "## Title"),
        ("*bold* _em_ -gone- {{x_y_z}}", "**bold** *em* ~~gone~~ `x_y_z`"),
        ("snake_case_name and 2 * 3 * 4 and a-b-c", "snake_case_name and 2 * 3 * 4 and a-b-c"),
        ("* one\n** two\n## three", "- one\n  - two\n  1. three"),
        ("- dash", "- dash"),
        (
            "[plan|https://example.com] [https://example.com]",
            "[plan](https://example.com) https://example.com",
        ),
        ("[~accountid:557058:1] [~lead]", "@557058:1 @lead"),
        ("!shot.png|thumbnail! [^log.txt]", "[attachment: shot.png] [attachment: log.txt]"),
        ("{code:python}\n*a* = 1\n{code}", "```python\n*a* = 1\n```"),
        ("{noformat}\nraw\n{noformat}", "```\nraw\n```"),
        ("{quote}\nsaid\n{quote}", "> said"),
        ("{panel:title=Mind}\nthis\n{panel}", "> **Mind**\n> this"),
        ("bq. said", "> said"),
        ("||a||b||\n|1|2|", "| a | b |\n| --- | --- |\n|1|2|"),
        ("----", "---"),
        ("{color:red}red{color}", "red"),
        ("a \\[b\\] \\{c\\}", "a [b] {c}"),
        ("approve", "approve"),
        ("one\r\ntwo", "one\ntwo"),
    ],
)
def test_wiki_markup_is_read_as_markdown(wiki: str, markdown: str) -> None:
    assert markdown_from_wiki(wiki) == markdown


@pytest.mark.parametrize(
    ("markdown", "wiki"),
    [
        ("## Title", "h2. Title"),
        ("**bold** *em* ~~gone~~ `code`", "*bold* _em_ -gone- {{code}}"),
        ("- one\n  - two\n    1. three", "* one\n** two\n**# three"),
        ("[plan](https://example.com)", "[plan|https://example.com]"),
        ("```python\na = 1\n```", "{code:python}\na = 1\n{code}"),
        ("```unknown\na\n```", "{code}\na\n{code}"),
        ("> said", "{quote}\nsaid\n{quote}"),
        ("| a | b |\n| - | - |\n| 1 | 2 |", "||a||b||\n|1|2|"),
        ("---", "----"),
        ("[~lead] {code}", "\\[~lead\\] \\{code\\}"),
    ],
)
def test_markdown_is_written_as_wiki_markup(markdown: str, wiki: str) -> None:
    assert wiki_from_markdown(markdown) == wiki


@pytest.mark.parametrize("version", ["2", "3"])
def test_the_marker_is_found_again_in_either_markup(version: str) -> None:
    body = write_body(marked("**Question:** which currency?", "PAY-1-ab12cd34/ask/1"), version)
    assert marker_of(read_body(body)) == "PAY-1-ab12cd34/ask/1"


@pytest.mark.parametrize("written", ["no marker", "`backsmith:x` quoted, and more", "backsmith:x"])
def test_only_a_last_line_of_its_own_is_a_marker(written: str) -> None:
    assert marker_of(written) is None
