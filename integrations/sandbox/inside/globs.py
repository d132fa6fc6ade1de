"""Name patterns as ripgrep users write them: `*.py`, `app/**/test_*.py`, `!tests/**`, `*.{a,b}`."""

from __future__ import annotations

import re
from collections.abc import Callable

_TOKEN = re.compile(r"\*\*/|/\*\*$|\*\*|\*|\?|\[!?[^\]/]+\]|[{},]|.", re.DOTALL)


def matcher(glob: str) -> Callable[[str], bool]:
    """Return what tells whether a path fits; one without a slash is about the last part alone."""
    is_negated, form = glob[:1] == "!", glob.lstrip("!")
    form = form[2:] if form.startswith("./") else form.lstrip("/")
    if "," in form and "{" not in form:
        form = "{" + form.replace(" ", "") + "}"
    if form.endswith("/"):
        form += "**"
    expression = re.compile("(?:.*/)?" + _translated(form) + r"\Z", re.DOTALL)
    return lambda name: (expression.match(name) is not None) != is_negated


def _translated(form: str) -> str:
    """Return a glob as a regular expression; braces that do not pair up are letters."""
    is_paired = form.count("{") == form.count("}")
    known = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if is_paired:
        known.update({"{": "(?:", "}": ")"})
    depth, parts = 0, []
    for part in _TOKEN.findall(form):
        depth += {"{": 1, "}": -1}.get(part, 0)
        if part == "," and depth > 0 and is_paired:
            parts.append("|")
        elif part[0] == "[" and len(part) > 1:
            inner = part[1:-1].replace("\\", "\\\\").replace("[", "\\[")
            parts.append("[" + ("^" + inner[1:] if inner[0] == "!" else inner) + "]")
        else:
            parts.append(known.get(part, re.escape(part)))
    return "".join(parts)
