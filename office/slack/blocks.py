"""Block Kit: what Slack refuses as `invalid_blocks`, and what it adds.

Source: Slack, "Reference: blocks" and "Reference: block elements". The total is not documented:
slackapi/bolt-js issues 2509 and 2867 measured about 13,300 characters of text in one block, and
about 125 less with each further block.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from office.slack.errors import Refused
from office.slack.models import Block

MOST_BLOCKS = 50
LARGEST_TOTAL = 13_400
OVERHEAD = 125
"""What each block counts besides its text."""
_LIMITS = {"section": 3000, "header": 150, "context": 3000, "markdown": 12_000}

Complaints = list[str]


def checked(blocks: Any, *, most: int = MOST_BLOCKS) -> list[Block]:
    """Return copies of `blocks` with the ids that Slack adds.

    Raises:
        Refused: `invalid_blocks` with a message per flaw, or `msg_blocks_too_long`.
    """
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refused("invalid_blocks_format")
    complaints = list(_flaws(blocks, most))
    if complaints:
        raise Refused("invalid_blocks", *complaints)
    if sum(map(len, _texts(blocks))) + OVERHEAD * len(blocks) > LARGEST_TOTAL:
        raise Refused("msg_blocks_too_long")
    return [_with_ids(block, number) for number, block in enumerate(blocks)]


def buttons(blocks: Iterable[Block]) -> Iterator[tuple[Block, dict[str, Any]]]:
    """Yield each button with the block it stands in."""
    for block in blocks:
        elements = [*block.get("elements", []), block.get("accessory")]
        for element in elements:
            if isinstance(element, dict) and element.get("type") == "button":
                yield block, element


def button(blocks: Iterable[Block], action_id: str) -> tuple[Block, dict[str, Any]]:
    """Return the button with that action id, and the block it stands in.

    Raises:
        Refused: `action_not_found`, which is the office's own word.
    """
    for block, found in buttons(blocks):
        if found["action_id"] == action_id:
            return block, found
    raise Refused("action_not_found")


def rich_text(text: str, block_id: str) -> list[Block]:
    """Return the block that Slack makes of what a person types."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "block_id": block_id, "elements": [section]}]


def _flaws(blocks: Sequence[Block], most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"no more than {most} items allowed [json-pointer:/blocks]"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) < len(ids):
        yield "block_id must be unique [json-pointer:/blocks]"
    for number, block in enumerate(blocks):
        pointer = f"/blocks/{number}"
        check = _CHECKS.get(str(block.get("type")))
        if check is None:
            yield f"unsupported type: {block.get('type')} [json-pointer:{pointer}/type]"
            continue
        if len(str(block.get("block_id", ""))) > 255:
            yield f"must be less than 256 characters [json-pointer:{pointer}/block_id]"
        yield from check(block, pointer)


def _section(block: Block, pointer: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield f"missing required field: text or fields [json-pointer:{pointer}]"
    if "text" in block:
        yield from _text(block["text"], f"{pointer}/text", _LIMITS["section"])
    fields = block.get("fields", [])
    if not isinstance(fields, list) or len(fields) > 10 or ("fields" in block and not fields):
        yield f"must have 1 to 10 items [json-pointer:{pointer}/fields]"
        return
    for number, each in enumerate(fields):
        yield from _text(each, f"{pointer}/fields/{number}", 2000)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{pointer}/accessory")


def _header(block: Block, pointer: str) -> Iterator[str]:
    yield from _text(block.get("text"), f"{pointer}/text", _LIMITS["header"], plain=True)


def _context(block: Block, pointer: str) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield f"must have 1 to 10 items [json-pointer:{pointer}/elements]"
        return
    for number, element in enumerate(elements):
        place = f"{pointer}/elements/{number}"
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(element, place)
        else:
            yield from _text(element, place, _LIMITS["context"])


def _actions(block: Block, pointer: str) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield f"must have 1 to 25 items [json-pointer:{pointer}/elements]"
        return
    for number, element in enumerate(elements):
        yield from _element(element, f"{pointer}/elements/{number}")
    ids = [each.get("action_id") for each in elements if isinstance(each, dict)]
    given = [each for each in ids if each]
    if len(set(given)) < len(given):
        yield f"action_id must be unique in a block [json-pointer:{pointer}/elements]"


def _image(block: Block, pointer: str) -> Iterator[str]:
    if not block.get("alt_text"):
        yield f"missing required field: alt_text [json-pointer:{pointer}]"
    if not block.get("image_url") and not block.get("slack_file"):
        yield f"missing required field: image_url [json-pointer:{pointer}]"


def _divider(block: Block, pointer: str) -> Iterator[str]:
    if unknown := set(block) - {"type", "block_id"}:
        yield f"unexpected field: {sorted(unknown)[0]} [json-pointer:{pointer}]"


def _markdown(block: Block, pointer: str) -> Iterator[str]:
    text = block.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= _LIMITS["markdown"]:
        yield f"must be 1 to 12000 characters [json-pointer:{pointer}/text]"


def _rich_text(block: Block, pointer: str) -> Iterator[str]:
    if not isinstance(block.get("elements"), list):
        yield f"missing required field: elements [json-pointer:{pointer}]"


def _input(block: Block, pointer: str) -> Iterator[str]:
    yield from _text(block.get("label"), f"{pointer}/label", 2000, plain=True)
    if not isinstance(block.get("element"), dict):
        yield f"missing required field: element [json-pointer:{pointer}]"


_CHECKS: Mapping[str, Callable[[Block, str], Iterator[str]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "divider": _divider,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "input": _input,
}


def _text(value: Any, pointer: str, longest: int, *, plain: bool = False) -> Iterator[str]:
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"must be a text object of type {' or '.join(kinds)} [json-pointer:{pointer}]"
        return
    text = value.get("text")
    if not isinstance(text, str) or not text:
        yield f"must be more than 0 characters [json-pointer:{pointer}/text]"
    elif len(text) > longest:
        yield f"must be less than {longest + 1} characters [json-pointer:{pointer}/text]"
    allowed = {"type", "text"} | ({"emoji"} if value["type"] == "plain_text" else {"verbatim"})
    if unknown := set(value) - allowed:
        yield f"unexpected field: {sorted(unknown)[0]} [json-pointer:{pointer}]"


def _element(value: Any, pointer: str) -> Iterator[str]:
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        yield f"must be an element [json-pointer:{pointer}]"
        return
    if len(str(value.get("action_id", ""))) > 255:
        yield f"must be less than 256 characters [json-pointer:{pointer}/action_id]"
    if value["type"] == "button":
        yield from _button(value, pointer)
    elif value["type"] == "image":
        yield from _image(value, pointer)


def _button(value: Mapping[str, Any], pointer: str) -> Iterator[str]:
    yield from _text(value.get("text"), f"{pointer}/text", 75, plain=True)
    if "value" in value and not (isinstance(value["value"], str) and len(value["value"]) <= 2000):
        yield f"must be a string of at most 2000 characters [json-pointer:{pointer}/value]"
    if len(str(value.get("url", ""))) > 3000:
        yield f"must be less than 3001 characters [json-pointer:{pointer}/url]"
    if value.get("style", "primary") not in ("primary", "danger"):
        yield f"must be primary or danger [json-pointer:{pointer}/style]"
    known = "type text action_id url value style confirm accessibility_label"
    if unknown := set(value) - set(known.split()):
        yield f"unexpected field: {sorted(unknown)[0]} [json-pointer:{pointer}]"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


_numbers = itertools.count(1)


def _with_ids(block: Block, number: int) -> Block:
    copy: Block = {"block_id": f"b{next(_numbers)}-{number}", **block}
    if isinstance(block.get("accessory"), dict):
        copy["accessory"] = {"action_id": f"a{next(_numbers)}", **block["accessory"]}
    if block["type"] == "actions":
        copy["elements"] = [
            {"action_id": f"a{next(_numbers)}", **element} for element in block["elements"]
        ]
    return copy
