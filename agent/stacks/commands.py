"""Find out how a repository is tested, linted and type-checked: its own CI file first."""

import re
from collections.abc import Iterable

from agent.domain.evidence import Gate
from agent.domain.value import Value
from agent.stacks.ci import ci_lines
from agent.stacks.line import CommandLine, parse_line
from agent.stacks.packages import stated_extras, stated_packages
from agent.stacks.runners import ReadText, reduce_line
from agent.stacks.services.value import Services
from agent.stacks.suites import NAMES, as_known

__all__ = ["ReadText", "Stack", "detect_stack", "gate_of"]

_INSTALLS_PROJECT = re.compile(
    r"pip install .*(?:-e|--editable|\s\.(?:\[|\s|$))|uv sync|poetry install|pdm (?:install|sync)"
)
_PREPARES = re.compile(
    r"^(sudo |python3? -m )?(pip3?|pipx|uv|poetry|pdm|apt|apt-get|npm|docker|git|cd|export|echo"
    r"|mkdir|cp|mv|rm|curl|wget|sleep|set|env|source|if|then|fi|else|for|done)\b"
)
"""Lines of CI that set up rather than check."""
_MEASURES = re.compile(r"\s--(?:cov(?:-[a-z-]+)?(?:[= ][^\s-]\S*)?|no-cov)(?=\s|$)")
_RUNNERS = ("tox", "nox", "make test", "make lint", "make typecheck", "make check")
_MENTIONS = (
    *("pyproject.toml", "pytest.ini", "setup.cfg", "setup.py", "tox.ini", "noxfile.py", "Pipfile"),
    *("requirements.txt", "requirements-dev.txt", "requirements-test.txt", "dev-requirements.txt"),
    *("requirements/dev.txt", "requirements/test.txt", "requirements/local.txt", "conftest.py"),
    "tests/conftest.py",
)
_PROJECT = ("pyproject.toml", "requirements.txt", "setup.py", "setup.cfg", "Pipfile")
_TYPE_CHECKERS = ("mypy", "pyright", "basedpyright", "pytype")
_LINTERS = ("flake8", "pylint", "pycodestyle", "pydocstyle")


class Stack(Value):
    """The commands of a repository's gates; a gate without one has nothing to check."""

    tests: tuple[str, ...] = ()
    lint: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    """Requirements of these commands as tox, pre-commit and CI state them, beside the project's."""

    extras: tuple[str, ...] = ()
    """The project's own extras with which they run."""

    services: Services = Services()
    """What the tests need beside them."""

    def commands(self, gate: Gate) -> tuple[str, ...]:
        """Return the shell commands of a gate, in their order."""
        return {Gate.TESTS: self.tests, Gate.LINT: self.lint, Gate.TYPES: self.types}[gate]


def detect_stack(workflows: Iterable[str], read: ReadText) -> Stack:
    """Return the commands that CI runs, else those that the configuration files speak of.

    Args:
        workflows: The texts of the repository's CI files.
        read: Reads any other file of the repository.
    """
    workflows = tuple(workflows)
    found = _sorted([line for text in workflows for line in ci_lines(text)], read)
    if not found[Gate.TESTS]:
        by_runners = _sorted([CommandLine(text=text) for text in _RUNNERS], read)
        found = {gate: found[gate] or by_runners[gate] for gate in Gate}
    commands = {
        Gate.TESTS: _distinct(found[Gate.TESTS]) or _configured_tests(read),
        Gate.LINT: found[Gate.LINT] or _configured_lint(read),
        Gate.TYPES: found[Gate.TYPES] or _configured_types(read),
    }
    tools = {parse_line(line).tool for lines in commands.values() for line in lines}

    def checks(line: CommandLine) -> bool:
        return any(gate_of(item) is not None for item in reduce_line(line, read))

    return Stack(
        tests=commands[Gate.TESTS],
        lint=commands[Gate.LINT],
        types=commands[Gate.TYPES],
        packages=stated_packages(workflows, read, frozenset(tools), checks),
        extras=stated_extras(read, checks),
    )


def _distinct(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return test commands without those that only measure, or report, otherwise than another.

    The one that says most about coverage stays.
    """
    kept: dict[str, str] = {}
    for line in lines:
        bare = _MEASURES.sub("", line)
        if len(line) > len(kept.get(bare, "")):
            kept[bare] = line
    return tuple(kept.values())


def detect_others(workflows: Iterable[str]) -> tuple[str, ...]:
    """Return what CI runs beside the gates and the installation, each once, in its order."""
    lines = [line for text in workflows for line in ci_lines(text)]
    others = [
        line.text for line in lines if gate_of(line) is None and not _PREPARES.search(line.text)
    ]
    return tuple(dict.fromkeys(others))


def _sorted(lines: list[CommandLine], read: ReadText) -> dict[Gate, tuple[str, ...]]:
    """Return commands by the gate that they belong to, each once."""
    found: dict[Gate, dict[str, None]] = {gate: {} for gate in Gate}
    is_installed = any(_INSTALLS_PROJECT.search(line.text) for line in lines)
    for line in (item for outer in lines for item in reduce_line(outer, read)):
        gate = gate_of(line)
        if gate is not None:
            found[gate][_usable(line, gate, is_installed=is_installed).shell()] = None
    return {gate: tuple(commands) for gate, commands in found.items()}


def gate_of(line: CommandLine) -> Gate | None:
    """Return the gate that a command belongs to; None for one that checks nothing we know."""
    tool, arguments = line.tool, line.arguments()
    if tool in ("pytest", "unittest", *NAMES) or (
        tool == "manage.py" and arguments[:1] == ["test"]
    ):
        return None if {"--collect-only", "--version"} & set(arguments) else Gate.TESTS
    if tool in _TYPE_CHECKERS or (tool in ("ty", "pyrefly") and arguments[:1] == ["check"]):
        return Gate.TYPES
    return Gate.LINT if _is_lint(tool, arguments) else None


def _is_lint(tool: str, arguments: list[str]) -> bool:
    """Tell whether a command checks without changing anything."""
    given = set(arguments)
    checks = bool(given & {"--check", "--check-only", "--diff", "-c"})
    match tool:
        case "ruff":
            return checks or arguments[:1] not in (
                ["format"],
                ["clean"],
                ["version"],
                ["--version"],
            )
        case "black" | "isort":
            return checks
        case "manage.py":
            return arguments[:1] == ["makemigrations"] and bool(given & {"--check"})
    return tool in _LINTERS


def _usable(line: CommandLine, gate: Gate, *, is_installed: bool) -> CommandLine:
    """Return a command without what needs a network, changes files or is for CI's pages."""
    text = re.sub(
        r"\s--(?:install-types|non-interactive|fix|exit-non-zero-on-fix)\b", "", line.text
    )
    if line.tool == "ruff":
        text = re.sub(r"\s--output-format(?:=|\s+)\S+", "", text)
    if is_installed and re.match(r"pytest\b", text):
        # CI installed the project; here it is not installed, and `python -m` looks into the folder.
        text = f"python -m {text}"
    needs_variables = gate is not Gate.LINT or line.tool == "manage.py"
    return line.model_copy(
        update={"text": text, "variables": line.variables if needs_variables else ()}
    )


def _configured_tests(read: ReadText) -> tuple[str, ...]:
    if (read("manage.py") is not None) and "pytest" not in (read("pyproject.toml") or ""):
        return ("python manage.py test",)
    script = as_known(CommandLine(text=f"python {NAMES[0]}"), read)
    if gate_of(script) is Gate.TESTS and script.tool == "manage.py":
        return (script.shell(),)
    if any("pytest" in (read(name) or "") for name in _MENTIONS):
        return ("pytest -q",)
    is_python = any(read(name) is not None for name in _PROJECT)
    return ("python -m unittest",) if is_python else ()


def _configured_lint(read: ReadText) -> tuple[str, ...]:
    if "[tool.ruff" in (read("pyproject.toml") or "") or read("ruff.toml") is not None:
        return ("ruff check .", "ruff format --check .")
    return ("flake8",) if read(".flake8") is not None else ()


def _configured_types(read: ReadText) -> tuple[str, ...]:
    if "[tool.mypy" in (read("pyproject.toml") or "") or read("mypy.ini") is not None:
        return ("mypy .",)
    return ()
