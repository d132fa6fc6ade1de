"""What a repository asks to be installed, gathered from its own files without running any of it."""

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from agent.domain.errors import NeedsHumanError
from agent.domain.value import Value

DEVELOPMENT_FILES = ("requirements-dev.txt", "requirements/dev.txt", "dev-requirements.txt")
EXTRAS = ("dev", "test", "tests")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_INCLUDE = re.compile(r"(?:-r|--requirement)[ =]*(?P<name>\S+)")
_CONSTRAINT = re.compile(r"(?:-c|--constraint)[ =]*(?P<name>\S+)")

Read = Callable[[str], str | None]
"""Returns the text of a file of the repository, or None."""


class Requirements(Value):
    """Lines for the installer; nothing in them names an address or a folder."""

    packages: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()


def gather(read: Read) -> Requirements:
    """Return what the repository needs for running its tests.

    The development file with what it includes, and requirements.txt; else the dependencies of
    pyproject.toml. Extras and groups named dev, test or tests count when there is no development
    file. The project itself is never built, so `-e .` and local paths are left out.

    Raises:
        NeedsHumanError: A requirement cannot be installed from a package index.
    """
    collected = _Collected(read)
    development = next((name for name in DEVELOPMENT_FILES if read(name) is not None), None)
    for name in (development, "requirements.txt"):
        if name is not None:
            collected.file(name)
    if development is None:
        collected.pyproject(with_dependencies=not collected.seen)
    return Requirements(
        packages=tuple(dict.fromkeys(collected.packages)),
        constraints=tuple(dict.fromkeys(collected.constraints)),
    )


class _Collected:
    """Requirement lines found so far."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.seen: set[str] = set()
        self.packages: list[str] = []
        self.constraints: list[str] = []

    def file(self, name: str, *, constraint: bool = False) -> None:
        text = self._read(name)
        if name in self.seen or text is None:
            return
        self.seen.add(name)
        for line in _logical_lines(text):
            self._line(name, line, self.constraints if constraint else self.packages, constraint)

    def _line(self, file: str, line: str, into: list[str], constraint: bool) -> None:
        folder = os.path.dirname(file)  # noqa: PTH120 - names within the repository, not paths
        if found := _INCLUDE.match(line):
            self.file(_joined(folder, found["name"]), constraint=constraint)
        elif found := _CONSTRAINT.match(line):
            self.file(_joined(folder, found["name"]), constraint=True)
        elif _NAME.match(line):
            into.append(_from_index(file, line))
        # Everything else is an option or a local path: where to install from is our setting.

    def pyproject(self, *, with_dependencies: bool) -> None:
        text = self._read("pyproject.toml")
        if text is None:
            return
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise NeedsHumanError(f"pyproject.toml cannot be read: {error}; repair it") from error
        project = document.get("project", {})
        lines = list(project.get("dependencies", [])) if with_dependencies else []
        for name in EXTRAS:
            lines += _extra(project, name, set())
            lines += _group(document.get("dependency-groups", {}), name, set())
        self.packages += [_from_index("pyproject.toml", line) for line in lines]
        if with_dependencies and not lines and "poetry" in document.get("tool", {}):
            raise NeedsHumanError(
                "the dependencies stand in [tool.poetry] only; add [project] dependencies to "
                "pyproject.toml, or a requirements-dev.txt"
            )


def _logical_lines(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", " ").split("\n"):
        plain = re.sub(r"(^|\s)#.*", "", line).strip()
        if plain:
            yield plain


def _joined(folder: str, name: str) -> str:
    return os.path.normpath(f"{folder}/{name}" if folder else name)


def _from_index(file: str, line: str) -> str:
    if "://" in line or re.search(r"\s@\s|\S@\s", line) or line.startswith("."):
        raise NeedsHumanError(
            f"{file} asks for {line.split(';')[0].strip()}; only packages of the configured index "
            "are installed: publish it there, or take it out"
        )
    return line


def _extra(project: dict[str, Any], name: str, seen: set[str]) -> list[str]:
    """Return the requirements of an extra; `thisproject[other]` within it is followed."""
    if name in seen:
        return []
    seen.add(name)
    lines: list[str] = []
    own = re.compile(rf"{re.escape(str(project.get('name', '')))}\s*\[(?P<extras>[^\]]*)\]\s*$")
    for line in project.get("optional-dependencies", {}).get(name, []):
        found = own.match(line)
        if found is None:
            lines.append(line)
            continue
        for other in found["extras"].split(","):
            lines += _extra(project, other.strip(), seen)
    return lines


def _group(groups: dict[str, Any], name: str, seen: set[str]) -> list[str]:
    """Return the requirements of a dependency group. Source: PEP 735."""
    if name in seen:
        return []
    seen.add(name)
    lines: list[str] = []
    for item in groups.get(name, []):
        if isinstance(item, str):
            lines.append(item)
        elif isinstance(item, dict) and "include-group" in item:
            lines += _group(groups, str(item["include-group"]), seen)
    return lines
