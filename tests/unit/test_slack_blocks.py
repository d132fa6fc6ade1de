"""Cards and notes in Block Kit: what people see, within Slack's limits, notifying nobody."""

import json
import re
from typing import Any

import pytest

from agent.domain.progress import Button, Card, Link, ThreadNote
from integrations.slack.blocks import (
    card_blocks,
    card_text,
    note_blocks,
    note_sections,
    note_text,
)
from integrations.slack.mrkdwn import escape, to_mrkdwn

CARD = Card(
    ticket="PAY-1",
    title="Add a refund endpoint",
    url="https://jira.example.com/browse/PAY-1",
    headline="Waiting for review",
    lines=("31 tests pass", "$0.42 spent"),
    links=(Link(label="Pull request", url="https://git.example.com/pull/7?a=1&b=2"),),
    buttons=(
        Button(action="approve", label="Approve", style="primary"),
        Button(action="cancel", label="Cancel"),
    ),
)


def mrkdwn(markdown: str) -> str:
    return "\n\n".join(to_mrkdwn(markdown))


def texts(blocks: list[dict[str, Any]]) -> str:
    return json.dumps(blocks, ensure_ascii=False)


def test_a_card_shows_ticket_state_facts_links_and_buttons() -> None:
    assert card_blocks(CARD) == [
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "verbatim": True,
                "text": "*<https://jira.example.com/browse/PAY-1|PAY-1>* "
                "Add a refund endpoint\nWaiting for review",
            },
        },
        {
            "type": "context",
            "elements": [
                {"type": "mrkdwn", "verbatim": True, "text": "31 tests pass\n$0.42 spent"}
            ],
        },
        {
            "type": "context",
            "elements": [
                {
                    "type": "mrkdwn",
                    "verbatim": True,
                    "text": "<https://git.example.com/pull/7?a=1&amp;b=2|Pull request>",
                }
            ],
        },
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": "backsmith:approve",
                    "value": "PAY-1",
                    "text": {"type": "plain_text", "text": "Approve"},
                    "style": "primary",
                },
                {
                    "type": "button",
                    "action_id": "backsmith:cancel",
                    "value": "PAY-1",
                    "text": {"type": "plain_text", "text": "Cancel"},
                },
            ],
        },
    ]


def test_the_notification_of_a_card_is_one_line() -> None:
    assert card_text(CARD) == "PAY-1 Add a refund endpoint: Waiting for review"


def test_a_card_without_facts_links_or_buttons_is_one_section() -> None:
    bare = Card(ticket="PAY-1", title="T", url="", headline="Started")
    assert [block["type"] for block in card_blocks(bare)] == ["section"]
    assert "*PAY-1* T\\nStarted" in texts(card_blocks(bare))


def test_an_overlong_card_stays_within_the_limits() -> None:
    long = "&" * 4_000
    links = tuple(Link(label=long, url="https://a.example/" + "y" * 1_900) for _ in range(9))
    button = Button(action="approve", label=long)
    card = Card(
        ticket="PAY-1",
        title=long,
        url="https://a.example",
        headline=long,
        lines=(long,) * 30,
        links=links,
        buttons=(button,) * 60,
    )
    blocks = card_blocks(card)
    assert len(blocks) <= 50
    lengths = [
        len(part["text"])
        for block in blocks
        for part in [block.get("text"), *block.get("elements", ())]
        if part and part["type"] == "mrkdwn"
    ]
    assert max(lengths) <= 3_000
    assert sum(lengths) <= 11_000
    assert len(card_text(card)) <= 3_000
    assert all(len(each["text"]["text"]) <= 75 for each in blocks[-1]["elements"])


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**bold** and *italic* and ~~gone~~", "*bold* and _italic_ and ~gone~"),
        ("# A **big** title", "*A big title*"),
        ("`a < b`", "`a &lt; b`"),
        ("[the docs](https://a.example/x?a=1&b=2)", "<https://a.example/x?a=1&amp;b=2|the docs>"),
        ("see https://a.example/x.", "see <https://a.example/x>."),
        ("(https://a.example/x)", "(<https://a.example/x>)"),
        ("[run](javascript:alert(1))", "[run](javascript:alert(1))"),
        ("[file](file.py)", "file"),
        ("![shot](https://a.example/i.png)", "<https://a.example/i.png|shot>"),
        ("- one\n- two\n  - three", "• one\n• two\n    • three"),
        ("3. one\n4. two", "3. one\n4. two"),
        ("> said\n> twice", "> said\n> twice"),
        ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        ("```python\nif a < b:\n    go()\n```", "```\nif a &lt; b:\n    go()\n```"),
        ("| a | bb |\n|---|---|\n| 1 | `2` |", "```\na | bb\n1 | 2\n```"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
    ],
)
def test_markdown_becomes_mrkdwn(markdown: str, shown: str) -> None:
    assert mrkdwn(markdown) == shown


@pytest.mark.parametrize(
    "foreign",
    [
        "<!channel>",
        "<!here|here>",
        "<@U0LEAD01>",
        "<!subteam^S1>",
        "`<!channel>`",
        "```\n<!channel>\n```",
        "**<@U0LEAD01>**",
        "[<!channel>](https://a.example)",
        "[x](https://a.example/|<!channel>)",
        "<https://a.example|<!channel>>",
        "<b>&lt;!channel&gt;</b>",
        "| <!channel> |\n|---|\n| <@U1> |",
        "@here and @channel and @everyone",
    ],
)
def test_foreign_text_notifies_nobody(foreign: str) -> None:
    card = Card(ticket="PAY-1", title=foreign, url="", headline=foreign, lines=(foreign,))
    shown = [mrkdwn(foreign), texts(card_blocks(card)), card_text(card)]
    for text in shown:
        assert not re.search(r"<[!@#]", text)
        assert not re.search(r"@(here|channel|everyone)", text)


def test_escaping_keeps_the_words_readable() -> None:
    assert escape("a < b & c > d") == "a &lt; b &amp; c &gt; d"
    assert escape("@here").replace("\u2060", "") == "@here"
    assert escape("me@heretic.example") == "me@heretic.example"


def test_a_long_note_is_cut_into_sections_without_losing_a_word() -> None:
    words = [f"word{number}&" for number in range(800)]
    sections = note_sections(ThreadNote(text=" ".join(words)))
    assert max(map(len, sections)) <= 2_900
    assert "".join(sections).replace("&amp;", "&").split() == words


def test_a_long_piece_of_code_stays_code_in_every_section() -> None:
    code = "\n".join(f"line {number}" for number in range(900))
    sections = note_sections(ThreadNote(text=f"```\n{code}\n```"))
    assert len(sections) > 2
    assert all(each.startswith("```\n") and each.endswith("\n```") for each in sections)
    assert "\n".join(each[4:-4] for each in sections) == code


def test_no_cut_goes_through_a_link_or_an_escaped_character() -> None:
    text = "&" * 579 + "https://a.example/" + "y" * 500 + " " + "<" * 900
    for section in note_sections(ThreadNote(text=text)):
        assert re.sub(r"<https://[^<>]*>|&(amp|lt|gt);", "", section).strip() in ("",)


@pytest.mark.parametrize(
    "text",
    ["\n\n".join("p" * 2_800 for _ in range(100)), "<" * 90_000, "\n\n".join("p" * 9_000)],
    ids=["paragraphs", "escaped", "lines"],
)
def test_a_note_is_never_more_than_slack_takes_and_says_what_is_missing(text: str) -> None:
    note = ThreadNote(text=text, buttons=(Button(action="approve", label="Approve"),))
    *sections, last, actions = note_blocks(note, "PAY-1")
    assert len(sections) <= 45
    assert 8_000 < sum(len(section["text"]["text"]) for section in sections) <= 11_000
    assert "left out" in last["text"]["text"]
    assert actions["type"] == "actions"


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_a_note_without_text_is_still_a_message_that_slack_accepts(text: str) -> None:
    assert note_text(ThreadNote(text=text))


def test_the_buttons_of_a_note_carry_the_ticket() -> None:
    note = ThreadNote(text="Go?", buttons=(Button(action="approve", label="Approve"),))
    button = note_blocks(note, "PAY-1")[-1]["elements"][0]
    assert (button["action_id"], button["value"]) == ("backsmith:approve", "PAY-1")
