"""Dependencies as Poetry writes them, in the words of the standard. Source: Poetry 2, manual."""

import re
from collections.abc import Iterator
from typing import Any

_GROUPS = ("dev", "test", "tests")


def poetry_lines(poetry: dict[str, Any]) -> Iterator[str]:
    """Yield requirement lines of `[tool.poetry]`: what runs, and the groups for development."""
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    groups = poetry.get("group")
    for name in _GROUPS:
        group = groups.get(name) if isinstance(groups, dict) else None
        tables.append(group.get("dependencies") if isinstance(group, dict) else None)
    for table in tables:
        yield from table_lines(table)


def table_lines(table: Any) -> Iterator[str]:
    """Yield requirement lines of one table of names and versions; Pipenv writes the same."""
    for name, wanted in (table if isinstance(table, dict) else {}).items():
        if name.lower() != "python":
            yield from _line(name, wanted)


def _line(name: str, wanted: Any) -> Iterator[str]:
    if isinstance(wanted, list):
        wanted = wanted[-1] if wanted else "*"
    if isinstance(wanted, str):
        yield f"{name}{specifier(wanted)}"
    elif isinstance(wanted, dict) and not wanted.get("optional"):
        place = wanted.get("git") or wanted.get("url")
        if place:
            yield f"{name} @ {place}"
        elif "path" not in wanted:
            extras = ",".join(map(str, wanted.get("extras") or ()))
            version = specifier(str(wanted.get("version", "*")))
            yield f"{name}{f'[{extras}]' if extras else ''}{version}"


def specifier(text: str) -> str:
    """Return a range such as `^1.2` or `~1.2` as the standard writes it; alternatives as nothing.

    Source: PEP 440; Poetry, "Dependency specification".
    """
    if "|" in text:
        return ""
    return ",".join(filter(None, map(_part, text.replace(" ", "").split(","))))


def _part(text: str) -> str:
    found = re.fullmatch(r"(?P<sign>\^|~(?!=)|==?|)(?P<version>v?\d[\w.+*!-]*)", text)
    if found is None:
        return "" if text in ("", "*") else text
    version = found["version"].lstrip("v")
    if found["sign"] in ("", "=", "=="):
        return f"=={version}"
    numbers = [int(part) for part in re.findall(r"(?<![a-z\d])\d+", version)]
    place = 0 if found["sign"] == "^" else min(1, len(numbers) - 1)
    if found["sign"] == "^":
        place = next((n for n, number in enumerate(numbers) if number), len(numbers) - 1)
    upper = [*numbers[:place], numbers[place] + 1]
    return f">={version},<{'.'.join(map(str, upper))}"
