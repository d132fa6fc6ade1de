"""The packages that a repository's checks need and that its requirements may not name.

Linters are often installed by what runs them: by tox, by pre-commit, or by a line of CI. Only what
stands there is taken, with the version that stands there.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from configparser import ConfigParser
from posixpath import dirname, join, normpath
from typing import Any

import yaml

from agent.stacks.ci import ci_jobs
from agent.stacks.line import CommandLine
from agent.stacks.script import ReadText
from agent.stacks.tox import parse_tox, section_extras, section_lines, section_packages

_MOST = 60
_DEPTH = 3
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[\w., -]*\])?\s*(?:[=<>!~]=?=?[^@/\\]*|;.*)?"
)
_INCLUDE = re.compile(r"(?:-r|--requirement)[ =]*(?P<name>[\w./-]+\.(?:txt|in))")
_INSTALL = re.compile(r"(?:python[\d.]* -m )?(?:uv )?pip3? install\s+(?P<rest>.+)")
_RUNNERS = re.compile(
    r"pip|setuptools|wheel|tox.*|nox.*|hatch|flit|poetry|pdm|uv|build|twine|virtualenv|pre-commit"
    r"|codecov|coveralls|pipenv|pipx|rye"
)
"""What CI installs to run the rest; here nothing of it runs."""
_HOOKS = {
    "ruff-pre-commit": "ruff",
    "black": "black",
    "black-pre-commit-mirror": "black",
    "isort": "isort",
    "mirrors-isort": "isort",
    "flake8": "flake8",
    "mirrors-mypy": "mypy",
    "mirrors-pylint": "pylint",
    "pylint": "pylint",
    "pycodestyle": "pycodestyle",
    "pydocstyle": "pydocstyle",
    "pyright-python": "pyright",
}
"""Packages by the last part of the address of the repository that has their hook."""

IsChecked = Callable[[CommandLine], bool]


def stated_packages(
    workflows: Iterable[str], read: ReadText, tools: frozenset[str], checks: IsChecked
) -> tuple[str, ...]:
    """Return requirements, one a package: what tox says goes before pre-commit, that before CI.

    Args:
        workflows: The texts of the repository's CI files.
        read: Reads any other file of the repository.
        tools: What its checks are made with, such as `flake8`.
        checks: Tells whether a command is one of its checks.
    """
    found: dict[str, str] = {}
    sources = (_of_tox(read, checks), _of_hooks(read, tools), _of_ci(workflows, checks))
    for line in (line for source in sources for line in source):
        match = _REQUIREMENT.fullmatch(line)
        if match and not _RUNNERS.fullmatch(match["name"].lower()):
            found.setdefault(re.sub(r"[-_.]+", "-", match["name"]).lower(), line)
    return tuple(found.values())[:_MOST]


def stated_extras(read: ReadText, checks: IsChecked) -> tuple[str, ...]:
    """Return the extras of the project with which tox checks it."""
    parser = parse_tox(read)
    found = (section_extras(parser, section) for section in _checking(parser, checks))
    return tuple(dict.fromkeys(name for names in found for name in names))


def _of_tox(read: ReadText, checks: IsChecked) -> Iterator[str]:
    parser = parse_tox(read)
    for section in _checking(parser, checks):
        for line in section_packages(parser, section):
            yield from _requirements(line, "", read)


def _checking(parser: ConfigParser, checks: IsChecked) -> Iterator[str]:
    """Yield the environments that check something."""
    for section in parser.sections():
        is_environment = section == "testenv" or section.startswith("testenv:")
        if is_environment and any(map(checks, section_lines(parser, section))):
            yield section


def _requirements(line: str, folder: str, read: ReadText, depth: int = _DEPTH) -> Iterator[str]:
    """Yield a requirement, or those of the file that a line names."""
    include = _INCLUDE.match(line)
    if include is None:
        yield line
        return
    path = normpath(join(folder, include["name"]))
    rows = (read(path) or "").splitlines() if depth and not path.startswith(("/", "..")) else []
    for row in rows:
        plain = re.sub(r"(^|\s)#.*", "", row).strip()
        if plain:
            yield from _requirements(plain, dirname(path), read, depth - 1)


def _of_hooks(read: ReadText, tools: frozenset[str]) -> Iterator[str]:
    """Yield the tools that pre-commit has, with the packages that stand beside them."""
    try:
        document = yaml.safe_load(read(".pre-commit-config.yaml") or "")
    except (yaml.YAMLError, ValueError, RecursionError):  # PyYAML lets odd dates and depths out
        return
    for repository in _list(_mapping(document).get("repos")):
        place = str(_mapping(repository).get("repo", "")).rstrip("/").removesuffix(".git")
        name = _HOOKS.get(place.rpartition("/")[2].lower(), "")
        version = re.fullmatch(r"v?(\d[\w.]*)", str(_mapping(repository).get("rev", "")))
        if name in tools and version:
            yield f"{name}=={version[1]}"
            for hook in _list(_mapping(repository).get("hooks")):
                yield from map(str, _list(_mapping(hook).get("additional_dependencies")))


def _of_ci(workflows: Iterable[str], checks: IsChecked) -> Iterator[str]:
    """Yield what is installed by name in the jobs that check something."""
    for job in (job for text in workflows for job in ci_jobs(text)):
        if any(map(checks, job)):
            for found in filter(None, (_INSTALL.fullmatch(line.text) for line in job)):
                words = found["rest"].replace('"', "").replace("'", "").split()
                if not {"-r", "-c", "-e", "--requirement", "--editable"} & set(words):
                    yield from (word for word in words if not word.startswith("-"))


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
