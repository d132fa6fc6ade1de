"""Find out how a repository is tested, linted and type-checked: its own CI file first."""

import re
import shlex
from collections.abc import Callable, Iterable
from typing import Any

import yaml

from agent.domain.evidence import Gate
from agent.domain.value import Value

ReadText = Callable[[str], str | None]
"""Returns a file's text, or None when there is no such file."""

_COVERAGE = r"^(python3? -m )?coverage run ([\w=.,-]+ )*-m pytest\b"
_KINDS: tuple[tuple[Gate, re.Pattern[str]], ...] = (
    (Gate.TESTS, re.compile(rf"^(python3? -m )?pytest\b|{_COVERAGE}|^python3? manage\.py test\b")),
    (Gate.LINT, re.compile(r"^(python3? -m )?(ruff|flake8|black|isort|pylint)\b")),
    (Gate.TYPES, re.compile(r"^(python3? -m )?(mypy|pyright|basedpyright|pytype)\b")),
)
_RUNNER = re.compile(
    r"^(uv|poetry|pdm|pipenv|hatch|rye) run "
    r"((--(group|extra|with|python|directory|project|env-file)[ =]\S+|--?[\w-]+) )*"
)
"""What starts a command in an environment; the sandbox has it active already."""
_PREPARES = re.compile(
    r"^(sudo |python3? -m )?(pip3?|pipx|uv|poetry|pdm|apt|apt-get|npm|docker|git|cd|export|echo"
    r"|mkdir|cp|mv|rm|curl|wget|sleep|set|env|source|if|then|fi|else|for|done)\b"
)
"""Lines of CI that set up rather than check."""


class Stack(Value):
    """The commands of a repository's gates; a gate without one has nothing to check."""

    tests: tuple[str, ...] = ()
    lint: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    def commands(self, gate: Gate) -> tuple[str, ...]:
        """Return the shell commands of a gate, in their order."""
        return {Gate.TESTS: self.tests, Gate.LINT: self.lint, Gate.TYPES: self.types}[gate]


def detect_stack(workflows: Iterable[str], read: ReadText) -> Stack:
    """Return the commands that CI runs, else those that the configuration files speak of.

    Args:
        workflows: The texts of the repository's CI files.
        read: Reads any other file of the repository.
    """
    found = _from_ci(workflows)
    return Stack(
        tests=found[Gate.TESTS] or _configured_tests(read),
        lint=found[Gate.LINT] or _configured_lint(read),
        types=found[Gate.TYPES] or _configured_types(read),
    )


def detect_others(workflows: Iterable[str]) -> tuple[str, ...]:
    """Return what CI runs beside the gates and the installation, each once, in its order."""
    commands = [line for text in workflows for line in _run_lines(text)]
    others = [
        line
        for line in commands
        if not _PREPARES.search(line) and not any(kind.search(line) for _, kind in _KINDS)
    ]
    return tuple(dict.fromkeys(others))


def _from_ci(workflows: Iterable[str]) -> dict[Gate, tuple[str, ...]]:
    found: dict[Gate, list[str]] = {gate: [] for gate in Gate}
    for command in (line for text in workflows for line in _run_lines(text)):
        for gate, pattern in _KINDS:
            if pattern.search(command) and command not in found[gate]:
                found[gate].append(command)
    return {gate: tuple(commands) for gate, commands in found.items()}


def _run_lines(workflow: str) -> list[str]:
    try:
        document = yaml.safe_load(workflow)
    except (yaml.YAMLError, ValueError, RecursionError):  # PyYAML lets odd dates and depths out
        return []
    jobs = _mapping(_mapping(document).get("jobs")).values()
    steps = [step for job in jobs for step in _list(_mapping(job).get("steps"))]
    scripts = [_mapping(step).get("run") for step in steps]
    texts = [script for script in scripts if isinstance(script, str)]
    lines = [_RUNNER.sub("", line.strip()) for text in texts for line in text.splitlines()]
    return [line for line in lines if _is_plain(line)]


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_plain(line: str) -> bool:
    """A line that can be run by itself: words without expressions, pipes or redirections."""
    if re.search(r"\$\{\{|[|&;<>`]", line):
        return False
    try:
        return bool(shlex.split(line))
    except ValueError:
        return False


def _configured_tests(read: ReadText) -> tuple[str, ...]:
    if (read("manage.py") is not None) and "pytest" not in (read("pyproject.toml") or ""):
        return ("python manage.py test",)
    mentions = [read(name) or "" for name in ("pyproject.toml", "pytest.ini", "setup.cfg")]
    mentions += [read(name) or "" for name in ("requirements.txt", "requirements-dev.txt")]
    return ("pytest -q",) if any("pytest" in text for text in mentions) else ()


def _configured_lint(read: ReadText) -> tuple[str, ...]:
    if "[tool.ruff" in (read("pyproject.toml") or "") or read("ruff.toml") is not None:
        return ("ruff check .", "ruff format --check .")
    return ("flake8",) if read(".flake8") is not None else ()


def _configured_types(read: ReadText) -> tuple[str, ...]:
    if "[tool.mypy" in (read("pyproject.toml") or "") or read("mypy.ini") is not None:
        return ("mypy .",)
    return ()
