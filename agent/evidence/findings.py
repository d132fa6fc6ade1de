"""Reading what linters and type checkers print, whichever of their formats was asked for.

Sources: the output of ruff 0.17, flake8 7, pylint 4, black 26, isort 8, mypy 2, basedpyright 1.39
(pyright's format) and ty 0.0; older ruff puts the place before the message.
"""

import re
from posixpath import join, normpath

from agent.domain.value import Value

_PATH = r"(?P<path>[^\s:]+)"
_AT = rf"{_PATH}:(?P<line>\d+)(?::\d+)*"
_CODE = r"(?P<code>[A-Z]+\d+|[a-z]+(?:-[a-z]+)+|unformatted)"
_FIXABLE = r"(?:\[\*\] )?"
_ONE_LINE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^{_AT}: {_CODE}:? {_FIXABLE}(?P<message>.+)$",  # ruff, flake8, pylint
        rf"^{_PATH}:(?:(?P<line>\d+):)?(?:\d+:)*"  # mypy
        r" (?P<kind>error|warning|note): (?P<message>.+?)(?:  \[(?P<code>[\w-]+)\])?$",
        rf"^\s*{_AT} - (?P<kind>error|warning): (?P<message>.+)$",  # pyright
        r"^[Ww]ould reformat:? (?P<path>\S+)$",  # black, ruff format
        r"^ERROR: (?P<path>\S+) (?P<message>Imports are incorrectly sorted.*)$",  # isort
        rf"^error: (?P<message>[Cc]annot \w+|[Ff]ailed to parse):? {_AT}.*$",  # black, ruff format
    )
)
_HEADER = re.compile(  # ruff in full, ty; the place follows on the next line
    rf"^(?:(?P<kind>error|warning|info)\[(?P<rule>[\w-]+)\]|{_CODE}):? {_FIXABLE}(?P<message>.+)$"
)
_ARROW = re.compile(rf"^\s*--> {_AT}$")
_FILE = re.compile(r"^(?P<path>\S+\.(?:pyi?|ipynb)):$")  # ruff grouped: the file, then its findings
_UNDER_FILE = re.compile(rf"^\s+(?P<line>\d+):\d+\s+{_CODE}:? {_FIXABLE}(?P<message>.+)$")
_ANNOTATION = re.compile(r"^::(?:error|warning) .*?::(?P<body>.*)$")  # for a page on a code host
_RULE_AT_END = re.compile(r" \((?P<code>report\w+)\)$")


class Finding(Value):
    """One complaint of a tool about one place."""

    path: str
    line: int | None
    code: str
    message: str
    is_warning: bool = False

    def text(self) -> str:
        """Return it as one line."""
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return " ".join(filter(None, (f"{place}:", self.code, self.message)))

    def key(self) -> str:
        """Return what stays the same when lines are added above it."""
        message = re.sub(r"\bline \d+|\([^()]*\d[^()]*\)", "", self.message)
        return " ".join((f"{self.path}:", self.code, *message.split()))


def parse_findings(output: str, root: str = "", folder: str = "") -> list[Finding]:
    """Return what a tool found; empty when its output is of no known form.

    Args:
        output: What it printed.
        root: The absolute path of the worktree.
        folder: Where in the worktree it ran; relative paths are seen from there.
    """
    found = _read(output.splitlines())
    if any(not finding.is_warning for finding in found):
        found = [finding for finding in found if not finding.is_warning]
    return [item.model_copy(update={"path": located(item.path, root, folder)}) for item in found]


def located(path: str, root: str = "", folder: str = "") -> str:
    """Return a path that a tool named as one relative to the worktree."""
    if root and path.startswith(f"{root}/"):
        return path[len(root) + 1 :]
    return path if path.startswith(("/", "<")) else normpath(join(folder, path))


def _read(lines: list[str]) -> list[Finding]:
    found: list[Finding] = []
    header = file = ""
    for line in map(_body, lines):
        one = _one_line(line) or _under(file, line) or _headed(header, line)
        if one is not None:
            found.append(one)
        elif found and not found[-1].code and line[:4].isspace():
            found[-1] = _continued(found[-1], line)
        file = named["path"] if (named := _FILE.match(line)) else file
        header = line if line.strip() else header
    return [finding for finding in found if finding.code != "note"]


def _body(line: str) -> str:
    found = _ANNOTATION.match(line)
    return found["body"].split("%0A")[0] if found else line


def _one_line(line: str) -> Finding | None:
    found = next((match for form in _ONE_LINE if (match := form.match(line))), None)
    return _finding(found) if found else None


def _under(file: str, line: str) -> Finding | None:
    found = _UNDER_FILE.match(line) if file else None
    return _finding(found, file) if found else None


def _headed(header: str, line: str) -> Finding | None:
    found, place = _HEADER.match(header), _ARROW.match(line)
    if found is None or place is None:
        return None
    return Finding(
        path=place["path"],
        line=int(place["line"]),
        code=found["rule"] or found["code"],
        message=found["message"],
        is_warning=found["kind"] in ("warning", "info"),
    )


def _finding(found: re.Match[str], path: str = "") -> Finding:
    parts = found.groupdict()
    message = (parts.get("message") or "would be reformatted").strip()
    rule = _RULE_AT_END.search(message)
    return Finding(
        path=path or parts["path"],
        line=int(parts["line"]) if parts.get("line") else None,
        code=parts.get("code") or (rule["code"] if rule else _code(parts, message)),
        message=message[: rule.start()] if rule else message,
        is_warning=parts.get("kind") == "warning",
    )


def _code(parts: dict[str, str | None], message: str) -> str:
    """Return a code for what its tool gives none."""
    if parts.get("kind"):
        return "note" if parts["kind"] == "note" else ""
    if "ormat" in message:
        return "imports" if message.startswith("Imports") else "unformatted"
    return "syntax"


def _continued(finding: Finding, line: str) -> Finding:
    """Add an indented line to pyright's message; the last one names the rule."""
    message = f"{finding.message}; {line.strip()}"
    rule = _RULE_AT_END.search(message)
    change = {"message": message[: rule.start()], "code": rule["code"]} if rule else {}
    return finding.model_copy(update={"message": message} | change)
