"""How many tokens a request has, without asking anybody.

With the package tiktoken and its vocabulary file on disk the texts are counted; otherwise, and
always without a download, they are estimated by what byte pair vocabularies make of letters,
digits, signs and spaces. Measured against o200k_base, the estimate errs 5 to 25 % high on prompts,
Python code, diffs, JSON and test output, and higher on other scripts than the Latin one.
"""

import json
import math
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache, lru_cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from agent.domain.conversation import Message, ModelRequest, ToolSpec

_ENCODING = "o200k_base"
_FILE = "fb374d419588a4632f3f557e76b4b70aebbca790"
"""Where tiktoken keeps that vocabulary below its cache folder. Source: tiktoken 0.14, load.py."""
_FILE_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"

_PER_REQUEST = 12
_PER_MESSAGE = 5
_PER_CALL = 12
_PER_TOOL = 8

_OPENAI = re.compile(r"(?:.*/)?(?:chatgpt|gpt-|o\d)")
_OTHERS_COUNTED = 1.2
_OTHERS_ESTIMATED = 1.1
"""Other vendors' vocabularies are smaller: up to a sixth more tokens for the same code."""

_PIECES = re.compile(
    r"""(?P<blob>[A-Za-z0-9+/]{65,})
      | (?P<lower>[A-Z]*[a-z]+)
      | (?P<upper>[A-Z]+)
      | (?P<digits>\d{1,3})
      | (?P<lines>\n\s*)
      | (?P<blanks>[ \t]{2,})
      | (?P<signs>[!-/:-@\[-`{-~]+)
      | (?P<others>[^\t\n\x20-\x7e]+)""",
    re.VERBOSE | re.ASCII,
)
_HIGH = 1.1
_WORD, _WORD_LETTERS = 0.97, 5
_SIGNS_MOST = 12


def count_request(request: ModelRequest) -> int:
    """Return the tokens of a whole request, with what the endpoint adds around its parts."""
    messages = sum(map(count_message, request.messages))
    tools = sum(map(_count_tool, request.tools))
    said = messages + tools
    if not _OPENAI.match(request.model):
        said = math.ceil(said * (_OTHERS_COUNTED if _encoder() else _OTHERS_ESTIMATED))
    return said + _PER_REQUEST


def count_message(message: Message) -> int:
    """Return the tokens of one message with its tool calls."""
    calls = sum(
        count_text(call.name) + count_text(call.arguments) + _PER_CALL
        for call in message.tool_calls
    )
    return count_text(message.content) + calls + _PER_MESSAGE


@lru_cache(maxsize=2048)
def count_text(text: str) -> int:
    """Return the tokens of a text; a transcript's texts come again with every step."""
    encode = _encoder()
    return encode(text) if encode else estimate(text)


def _count_tool(tool: ToolSpec) -> int:
    schema = json.dumps(tool.parameters, ensure_ascii=False, separators=(",", ":"))
    return sum(map(count_text, (tool.name, tool.description, schema))) + _PER_TOOL


def estimate(text: str) -> int:
    """Return about how many tokens a text has, rather too many."""
    found = sum(_weight(piece) for piece in _PIECES.finditer(text))
    return math.ceil(found * _HIGH)


def _weight(piece: re.Match[str]) -> float:
    text = piece.group()
    match piece.lastgroup:
        case "lower":
            return _WORD + max(len(text) - _WORD_LETTERS, 0) * 0.14
        case "upper":
            return _WORD + max(len(text) - _WORD_LETTERS, 0) * 0.35
        case "signs":
            return 0.85 + min(len(text) - 1, _SIGNS_MOST) * 0.18
        case "others":
            return len(text.encode("utf-8", "replace")) * 0.36
        case "blob":
            return len(text) * 0.7
        case "lines":
            return 0.75
        case "blanks":
            return 0.85
        case _:
            return 1.0


@cache
def _encoder() -> Callable[[str], int] | None:
    return load_encoder()


def load_encoder() -> Callable[[str], int] | None:
    """Return tiktoken's count of a text, or None when it could not count without a download."""
    if not _is_on_disk():
        return None
    try:
        encoding: Any = import_module("tiktoken").get_encoding(_ENCODING)
    except (ImportError, OSError, ValueError):
        return None
    # Text that looks like a special token is counted as text, not refused.
    return lambda text: len(encoding.encode(text, disallowed_special=()))


def _is_on_disk() -> bool:
    """Tell whether the right vocabulary is where tiktoken looks; it replaces a wrong one."""
    folder = _cache_folder()
    try:
        return folder != "" and sha256((Path(folder) / _FILE).read_bytes()).hexdigest() == (
            _FILE_SHA256
        )
    except OSError:
        return False


def _cache_folder() -> str:
    default = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    return os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR", default))
