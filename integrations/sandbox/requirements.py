"""What a repository asks to be installed, gathered from its own files without running any of it."""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from agent.domain.errors import NeedsHumanError
from agent.domain.value import Value
from integrations.sandbox.locks import pins
from integrations.sandbox.older import (
    flit_lines,
    hatch_features,
    hatch_lines,
    pipfile_lines,
    setup_cfg_lines,
    setup_py_lines,
)
from integrations.sandbox.poetry import poetry_lines, specifier

DEVELOPMENT_FILES = (
    *("requirements-dev.txt", "requirements/dev.txt", "dev-requirements.txt"),
    *("requirements_dev.txt", "requirements/development.txt", "requirements/local.txt"),
)
"""Of these the first one counts, for it has all."""
TEST_FILES = (
    *("requirements-test.txt", "test-requirements.txt", "requirements_test.txt"),
    *(f"requirements/{name}.txt" for name in ("test", "tests", "testing", "lint", "linting")),
)
"""Without a file for development, all of these count."""
OPTIONAL_FILES = tuple(
    f"{place}{name}.txt"
    for place in ("requirements-", "requirements/", "requirements/requirements-")
    for name in ("optional", "optionals")
)
"""What the tests of a library try its integrations with: wanted, as far as it can be had."""
RUNTIME_FILES = (
    "requirements.txt",
    *(f"requirements/{name}.txt" for name in ("base", "common", "main", "prod", "production")),
    "requirements/requirements.txt",
)
"""Of these the first one counts."""
EXTRAS = ("dev", "test", "tests", "testing", "lint", "typing")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_INCLUDE = re.compile(r"(?:-r|--requirement)[ =]*(?P<name>\S+)")
_WITHOUT_WHEELS = re.compile(r"psycopg2(?=[\s=<>!~;\[,]|$)", re.IGNORECASE)
"""It is only ever published as source; psycopg2-binary is the same with wheels."""
_CONSTRAINT = re.compile(r"(?:-c|--constraint)[ =]*(?P<name>\S+)")

Read = Callable[[str], str | None]
"""Returns the text of a file of the repository, or None."""


class Requirements(Value):
    """Lines for the installer; nothing in them names an address or a folder."""

    packages: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    """Constraints by the lock file, which give way when they cannot be met."""
    left_out: tuple[str, ...] = ()
    """Packages that are not installed though something asks for them."""
    python: str = ""
    """The versions of Python that the project asks for, such as `>=3.12`."""
    runtime: tuple[str, ...] = ()
    """Those of the packages that the project needs to run, not only to be worked on."""
    tools: tuple[str, ...] = ()
    """Packages that give way when they cannot be installed together with the others."""
    as_of: date | None = None
    """What is not pinned is chosen as at the end of this day (UTC)."""
    later: date | None = None
    """The day that counts instead when they cannot be had as on the first."""
    undated: tuple[str, ...] = ()
    """Packages for which the day does not count."""

    @property
    def is_open(self) -> bool:
        """Tell whether it is left to the day of the installation which versions there will be."""
        lines = (line for line in (*self.packages, *self.tools) if normal(line) not in self.undated)
        return not self.pins and not all(map(_is_exact, lines))

    def with_tools(self, tools: tuple[str, ...]) -> "Requirements":
        """Return them with tools, as far as no line asks for the same package.

        A version that a lock file or a constraint names goes before that of the tool.
        """
        known = {normal(line) for line in (*self.packages, *self.tools)}
        bound = {normal(line) for line in (*self.constraints, *self.pins)}
        kept = tuple(
            normal(line) if normal(line) in bound else _with_wheels(line)
            for line in tools
            if normal(line) not in known and not _is_foreign(line)
        )
        return self.model_copy(update={"tools": (*self.tools, *kept)})


def gather(
    read: Read, folder: str = "", *, all_extras: bool = False, more: tuple[str, ...] = ()
) -> Requirements:
    """Return what the repository needs for running its tests.

    The development file with what it includes (else the files for tests and lint), and
    requirements.txt; else the dependencies of pyproject.toml, or of setup.cfg, setup.py and a
    Pipfile. Extras and groups for development count when there is no such file. The project itself
    is never built, so `-e .` and local paths are left out.

    Args:
        read: Reads a file of the repository.
        folder: The folder whose files count, such as a service of a larger repository.
        all_extras: Take every extra and group of pyproject.toml, whatever their names.
        more: Extras that are taken in any case.

    Raises:
        NeedsHumanError: A requirement cannot be installed from a package index.
    """

    def near(name: str) -> str | None:
        return read(f"{folder}/{name}" if folder else name)

    collected = _Collected(near)
    development = _there(near, DEVELOPMENT_FILES)[:1] or _there(near, TEST_FILES)
    runtime = _there(near, RUNTIME_FILES)[:1]
    for name in (*development, *runtime):
        collected.file(name)
    with_dependencies = not collected.seen - set(development)
    usual = () if development else EXTRAS
    extras = None if all_extras else tuple(dict.fromkeys((*usual, *more)))
    collected.pyproject(with_dependencies=with_dependencies, extras=extras)
    if with_dependencies and not collected.is_declared:
        collected.older(extras)
    optional = _Collected(near)
    for name in _there(near, OPTIONAL_FILES)[:1]:
        optional.file(name)
    found = Requirements(
        packages=tuple(dict.fromkeys(collected.packages)),
        runtime=_runtime(near, runtime),
        constraints=tuple(dict.fromkeys(collected.constraints)),
        pins=tuple(map(_with_wheels, pins(read, folder))) if collected.packages else (),
        python=collected.python,
    )
    return found.with_tools(tuple(dict.fromkeys(optional.packages)))


def _runtime(near: Read, files: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is needed without anything that is only for development."""
    collected = _Collected(near)
    for name in files:
        collected.file(name)
    collected.pyproject(with_dependencies=not files, extras=())
    if not files and not collected.is_declared:
        collected.older(())
    return tuple(dict.fromkeys(collected.packages))


def _there(near: Read, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if near(name) is not None)


class _Collected:
    """Requirement lines found so far."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.seen: set[str] = set()
        self.packages: list[str] = []
        self.constraints: list[str] = []
        self.python = ""
        self.is_declared = False
        """True when pyproject.toml says what the project depends on."""

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

    def pyproject(self, *, with_dependencies: bool, extras: tuple[str, ...] | None) -> None:
        """Take dependencies, and the extras and groups of these names; None for all of them."""
        text = self._read("pyproject.toml")
        if text is None:
            return
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise NeedsHumanError(f"pyproject.toml cannot be read: {error}; repair it") from error
        project, poetry = document.get("project", {}), document.get("tool", {}).get("poetry", {})
        self.python = _python(project, poetry)
        self.is_declared = any("dependencies" in table for table in (project, poetry))
        groups, tool = document.get("dependency-groups", {}), document.get("tool", {})
        lines = list(project.get("dependencies", [])) if with_dependencies else []
        all_names = dict.fromkeys([*project.get("optional-dependencies", {}), *groups])
        of_hatch = hatch_features(tool) if extras else ()
        for name in all_names if extras is None else dict.fromkeys((*extras, *of_hatch)):
            lines += _extra(project, name, set())
            lines += _group(groups, name, set())
        if with_dependencies:
            lines += [*poetry_lines(poetry), *flit_lines(tool, extras)]
        if extras != ():
            lines += hatch_lines(tool)
        local = _local_names(document) | {normal(str(project.get("name", "")))}
        self._add("pyproject.toml", [line for line in lines if normal(line) not in local])

    def older(self, extras: tuple[str, ...] | None) -> None:
        """Take what a setup.cfg, a setup.py or a Pipfile asks for."""
        if text := self._read("setup.cfg"):
            self._add("setup.cfg", setup_cfg_lines(text, extras))
        if text := self._read("setup.py"):
            self._add("setup.py", setup_py_lines(text, extras))
        if text := self._read("Pipfile"):
            self._add("Pipfile", pipfile_lines(text, for_development=extras != ()))

    def _add(self, file: str, lines: Iterable[str]) -> None:
        self.packages += [_from_index(file, line) for line in lines if _NAME.match(line)]


def _python(project: dict[str, Any], poetry: dict[str, Any]) -> str:
    asked = project.get("requires-python") or poetry.get("dependencies", {}).get("python") or ""
    return specifier(asked) if isinstance(asked, str) else ""


def _local_names(document: dict[str, Any]) -> set[str]:
    """Return the packages that are folders of the same repository, which are never installed.

    Source: uv 0.13, `[tool.uv.sources]`.
    """
    sources = document.get("tool", {}).get("uv", {}).get("sources", {})
    return {
        normal(name)
        for name, source in sources.items()
        if isinstance(source, dict) and ("path" in source or source.get("workspace"))
    }


def normal(line: str) -> str:
    """Return the name of the package that a line is about, as indexes write it. Source: PEP 503."""
    found = _NAME.match(line)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _logical_lines(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", " ").split("\n"):
        plain = re.sub(r"(^|\s)#.*", "", line).strip()
        if plain:
            yield plain


def _joined(folder: str, name: str) -> str:
    return os.path.normpath(f"{folder}/{name}" if folder else name)


def _is_exact(line: str) -> bool:
    return re.search(r"={2,3}\s*[^\s*,;]+\s*(?:;|--hash|$)", line) is not None


def _is_foreign(line: str) -> bool:
    """Tell whether a line asks for something that is not in a package index."""
    return bool("://" in line or re.search(r"\s@\s|\S@\s", line)) or not _NAME.match(line)


def _from_index(file: str, line: str) -> str:
    if _is_foreign(line):
        raise NeedsHumanError(
            f"{file} asks for {line.split(';')[0].strip()}; only packages of the configured index "
            "are installed: publish it there, or take it out"
        )
    return _with_wheels(line)


def _with_wheels(line: str) -> str:
    """Return a line with the package that has wheels in place of one that never has."""
    if not _WITHOUT_WHEELS.match(line):
        return line
    bare = re.sub(r"\s*--hash=\S+", "", line)
    return _WITHOUT_WHEELS.sub("psycopg2-binary", bare, count=1)


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
