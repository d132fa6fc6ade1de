"""What a person cannot see in Jira must not reach the model."""

import re

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def visible(text: str) -> str:
    """Remove control, zero-width, bidi and tag characters, and HTML comments."""
    text = _HIDDEN.sub("", text.replace("\r\n", "\n"))
    while (shorter := _COMMENT.sub("", text)) != text:  # a removal can join a new comment
        text = shorter
    return text
