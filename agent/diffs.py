"""Reading git diffs, and telling them in fewer words. Pure."""

import re

_CHANGED = re.compile(r'^diff --git ("?)a/.+?\1 ("?b/.+)$', re.MULTILINE)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_CONTROLS = dict(zip(b"abtnvfr", b"\a\b\t\n\v\f\r", strict=True))
_FILE = re.compile(r"^(?=diff --git )", re.MULTILINE)
_TEST = re.compile(r"(^|/)tests?/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
_DOCUMENT = re.compile(r"(^|/)docs/|\.(md|rst|txt)$")
_DECORATOR = re.compile(r"^[+-]\s*@")
_NAME = re.compile(r"^[+-]\s*(?:async def|def|class)\b")
_TELLING = re.compile(r"^(?:diff |@@|[+-]\s*(?:assert\b|with pytest\.raises))")


def changed_paths(diff: str) -> tuple[str, ...]:
    """Return the paths that a git diff touches, in its order."""
    names = (unquoted(found[1]).removeprefix("b/") for found in _CHANGED.findall(diff))
    return tuple(dict.fromkeys(names))


def unquoted(path: str) -> str:
    """Return a path that git wrote in quotes as it is; bytes that are no UTF-8 stay escaped.

    Source: git 2.39, `core.quotePath`.
    """
    if not path.startswith('"'):
        return path
    return _ESCAPE.sub(_byte, path.strip('"').encode()).decode("utf-8", "backslashreplace")


def _byte(escape: re.Match[bytes]) -> bytes:
    is_octal = len(escape[1]) > 1
    return bytes(
        [int(escape[1], 8) & 0xFF if is_octal else _CONTROLS.get(escape[1][0], escape[1][0])]
    )


def for_a_reviewer(diff: str, room: int) -> str:
    """Return a diff with the product's files first; tests are told by their names and assertions.

    Tests stay whole as long as they have room: `room` is for them alone, in characters.
    """
    parts = [part for part in _FILE.split(diff) if part]
    tests = [part for part in parts if _TEST.search(_path(part))]
    documents = [part for part in parts if part not in tests and _DOCUMENT.search(_path(part))]
    product = [part for part in parts if part not in tests and part not in documents]
    if sum(map(len, tests)) > room:
        tests = [_told(part) for part in tests]
    return "".join([*product, *tests, *documents])


def _path(part: str) -> str:
    return next(iter(changed_paths(part)), "")


def _told(part: str) -> str:
    """Return a test file's diff without what its tests do between their name and what they say."""
    lines = part.splitlines()
    kept: list[str] = []
    is_decorated = False  # what stands between a decorator and its function are the cases
    for line in lines:
        is_decorated = bool(_DECORATOR.match(line)) or (is_decorated and not _NAME.match(line))
        if is_decorated or _NAME.match(line) or _TELLING.match(line):
            kept.append(line)
    return "\n".join([*kept, f"[{len(lines) - len(kept)} lines left out]", ""])
