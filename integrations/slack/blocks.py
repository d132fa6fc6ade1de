"""What a ticket's message and the notes in its thread look like in Block Kit (pure).

Source of the limits: Slack, Block Kit reference (section text 3,000 characters, 50 blocks a
message, 25 elements of actions, 75 characters on a button). The limit of a whole message is not
documented: above about 13,200 characters it is refused with `msg_blocks_too_long`, says issue 2509
of slackapi/bolt-js.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from agent.domain.progress import Button, Card, Link, ThreadNote
from integrations.slack.mrkdwn import escape, link, to_mrkdwn

ACTION_PREFIX = "backsmith:"
SECTION_LIMIT = 2_900
MESSAGE_LIMIT = 11_000
_TITLE_LIMIT = 300
_LINE_LIMIT = 600
_BUTTON_LIMIT = 75
_BUTTONS = 25
_CUT = "… the rest was left out."
_WORD = re.compile(r"(?:<[^<>\n]*>|[^\s<])+\s*|\s+|<")
# A link or an escaped character must not be torn in two.
_ATOM = re.compile(r"<[^<>\n]*>|&(?:amp|lt|gt);|.|\n", re.DOTALL)
_FENCE = "```"

Block = dict[str, Any]


def card_text(card: Card) -> str:
    """Return the text of the notification for a card."""
    title = f"{card.ticket} {card.title[:_TITLE_LIMIT]}"
    return _fit(escape(f"{title}: {card.headline[:_LINE_LIMIT]}"))


def card_blocks(card: Card) -> list[Block]:
    """Return the ticket's message: what it is, where it stands, facts, links and buttons."""
    title = f"*{link(card.url, card.ticket)}* {escape(card.title[:_TITLE_LIMIT])}"
    blocks = [_section(_fit(f"{title}\n{escape(card.headline[:_LINE_LIMIT])}"))]
    if facts := "\n".join(escape(line[:_LINE_LIMIT]) for line in card.lines):
        blocks.append({"type": "context", "elements": [_mrkdwn(_fit(facts))]})
    if card.links:
        blocks.append({"type": "context", "elements": [_mrkdwn(_links(card.links))]})
    return blocks + _actions(card.buttons, card.ticket)


def note_blocks(note: ThreadNote, ticket: str) -> list[Block]:
    """Return a note as sections that Slack accepts; its buttons stand for `ticket`."""
    return [_section(text) for text in note_sections(note)] + _actions(note.buttons, ticket)


def note_text(note: ThreadNote) -> str:
    """Return the text of the notification for a note."""
    return note_sections(note)[0]


def note_sections(note: ThreadNote) -> list[str]:
    """Return the note's mrkdwn in pieces that Slack takes; what is too much is left out."""
    pieces = [part for block in to_mrkdwn(note.text) for part in _split(block)]
    sections = list(_pack(pieces, "\n\n")) or ["(no text)"]
    lengths = accumulate(map(len, sections))
    fitting = sum(length <= MESSAGE_LIMIT for length in lengths)
    return sections if fitting == len(sections) else [*sections[:fitting], _CUT]


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    # Verbatim: Slack must not find channels and people in text that others wrote.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _links(links: Sequence[Link]) -> str:
    return next(_pack((link(item.url, item.label) for item in links), " · "))


def _actions(buttons: Sequence[Button], ticket: str) -> list[Block]:
    elements = [_button(button, ticket) for button in buttons[:_BUTTONS]]
    return [{"type": "actions", "elements": elements}] if elements else []


def _button(button: Button, ticket: str) -> Block:
    element: Block = {
        "type": "button",
        "action_id": f"{ACTION_PREFIX}{button.action}",
        "value": ticket,
        "text": {"type": "plain_text", "text": button.label[:_BUTTON_LIMIT]},
    }
    return element if button.style is None else {**element, "style": button.style}


def _pack(pieces: Iterable[str], separator: str, limit: int = SECTION_LIMIT) -> Iterator[str]:
    """Join neighbours as long as they fit; each piece fits by itself."""
    packed = ""
    for piece in pieces:
        if packed and len(packed) + len(separator) + len(piece) > limit:
            yield packed
            packed = piece
        else:
            packed = f"{packed}{separator}{piece}" if packed else piece
    if packed:
        yield packed


def _split(block: str) -> Iterator[str]:
    """Cut a block that is too long, at line ends where possible; code stays fenced."""
    if len(block) <= SECTION_LIMIT:
        yield block
    elif block.startswith(_FENCE):
        inside = block.removeprefix(f"{_FENCE}\n").removesuffix(f"\n{_FENCE}")
        for part in _cut(inside, SECTION_LIMIT - 8):
            yield f"{_FENCE}\n{part.rstrip()}\n{_FENCE}"
    else:
        yield from _cut(block, SECTION_LIMIT)


def _fit(text: str) -> str:
    return next(_cut(text, SECTION_LIMIT))


def _cut(text: str, limit: int) -> Iterator[str]:
    units = [text]
    for split in (lambda unit: unit.splitlines(keepends=True), _WORD.findall, _ATOM.findall):
        units = [part for unit in units for part in (split(unit) if len(unit) > limit else [unit])]
    return _pack(units, "", limit)
