"""What the repository's linters and type checkers want of new code, in a few words."""

import re
import tomllib
from typing import Any

from agent.survey.values import RepositoryFiles

_MOST_RULES = 12
_FLAKE8 = re.compile(r"^\s*max[-_]line[-_]length\s*=\s*(\d+)", re.MULTILINE)


def style(files: RepositoryFiles) -> str:
    """Return line length, lint rules and strictness as far as they are set up; else nothing."""
    project = _table(files.text("pyproject.toml"), "tool")
    ruff = project.get("ruff") or _document(files.text("ruff.toml") or files.text(".ruff.toml"))
    length = _length(project, ruff, files)
    rules = _rules(ruff)
    parts = [
        f"lines of at most {length} characters" if length else "",
        f"ruff rules {' '.join(rules[:_MOST_RULES])}" if rules else "",
        "mypy strict" if _mapping(project.get("mypy")).get("strict") is True else "",
    ]
    return ", ".join(part for part in parts if part)


def _length(project: dict[str, Any], ruff: Any, files: RepositoryFiles) -> int | None:
    for table in (ruff, project.get("black"), project.get("isort")):
        found = _mapping(table).get("line-length") or _mapping(table).get("line_length")
        if isinstance(found, int):
            return found
    for name in (".flake8", "setup.cfg", "tox.ini"):
        if said := _FLAKE8.search(files.text(name) or ""):
            return int(said[1][:4])
    return None


def _rules(ruff: Any) -> list[str]:
    table = _mapping(ruff)
    lint = _mapping(table.get("lint"))
    named = [
        *_list(lint.get("select") or table.get("select")),
        *_list(lint.get("extend-select")),
    ]
    return [str(name)[:8] for name in named if re.fullmatch(r"[A-Z]+\d*", str(name))]


def _table(text: str | None, name: str) -> dict[str, Any]:
    return _mapping(_document(text).get(name))


def _document(text: str | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text or "")
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
