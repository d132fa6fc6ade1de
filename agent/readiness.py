"""Whether a ticket says anything that can be worked on, and how much of it the model is shown.

What takes judgement (missing or contradictory criteria) is the model's to ask about; what can be
known without it costs no model call.
"""

import re
from typing import Any

from agent.text import head_and_tail, visible

NO_TEXT = (
    "The ticket has no description. What should change, and how will we know that it works? "
    "An example of a request and its answer is a good start."
)
ONLY_IMAGES = (
    "The ticket has an image or a link, and no text that I could work from. Please write down what "
    "should change, and how we will know that it works."
)
DESCRIPTION_LIMIT = 24_000
"""Characters of a description, about 7,000 tokens; the rest is cut out of its middle."""
COMMENT_LIMIT = 4_000
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)|!\S+\.(?:png|jpe?g|gif|webp|svg)[^!]*!")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)|\bhttps?://\S+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def question_about(description: str) -> str:
    """Return what to ask about a ticket that cannot be worked on at all; empty if it can."""
    said = visible(description)
    if not said.strip():
        return NO_TEXT
    words = _LINK.sub("", _PICTURE.sub("", said))
    has_more = bool(_PICTURE.search(said) or _LINK.search(said))
    if has_more and not _LETTERS.search(words):
        return ONLY_IMAGES
    return "" if _LETTERS.search(words) else NO_TEXT


def readable(ticket: dict[str, Any]) -> dict[str, Any]:
    """Return a ticket whose texts are short enough for a prompt; what is cut is said."""
    comments = [head_and_tail(str(text), COMMENT_LIMIT) for text in ticket.get("comments", ())]
    return ticket | {
        "description": head_and_tail(str(ticket.get("description", "")), DESCRIPTION_LIMIT),
        "comments": comments[-20:],
    }
