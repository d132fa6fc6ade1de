"""A repository's own script that runs its tests, such as `runtests.py` of reusable Django apps.

It is read, not run. One that hands over to Django's test command is that command with the settings
that it names; one that hands over to pytest is pytest.
"""

import ast
import re
from collections.abc import Callable, Iterator
from posixpath import basename, join

from agent.stacks.line import CommandLine

NAMES = ("runtests.py", "run_tests.py", "test_runner.py")
_SETTINGS = "DJANGO_SETTINGS_MODULE"
_FOREIGN_RUNNER = re.compile(r"\s--testrunner(?:=|\s+)xmlrunner\.\S+")
"""It writes files that nobody reads here, and prints in a form of its own."""
_WORD = re.compile(r"(?<!\S)(?:\./)?(?P<path>[\w./-]+\.py)(?!\S)")
_STARTED = re.compile(r"\bcoverage\s+run\s|(?:^|/|\s)python[\d.]*\s")
"""What stands before a script that is not started by itself."""


def as_known(line: CommandLine, read: Callable[[str], str | None]) -> CommandLine:
    """Return the line with what the script in it stands for; the line itself if that is unclear."""
    found = next(filter(_is_suite, _WORD.finditer(line.text)), None)
    if found is None:
        return line
    text = read(join(line.folder, found["path"]))
    command, settings = _meaning(text or "")
    if not command or "/" in found["path"]:
        return line
    start, end = found.span()
    is_started = _STARTED.search(line.text[:start])
    program = f"-m {command}" if is_started else f"python -m {command}"
    options = _FOREIGN_RUNNER.sub("", line.text[end:]) if settings else ""
    shell = f"{line.text[:start]}{program}{options}"
    given = {_SETTINGS: settings} if settings else {}
    variables = tuple({**given, **dict(line.variables)}.items())
    return line.model_copy(update={"text": shell, "variables": variables})


def _is_suite(found: re.Match[str]) -> bool:
    return basename(found["path"]) in NAMES


def _meaning(script: str) -> tuple[str, str]:
    """Return `django test` or `pytest`, and the settings module; two empty texts for neither."""
    try:
        tree = ast.parse(script)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", ""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {_name(call.func) for call in calls}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    settings = next(_settings(tree), "")
    hands_over = names & {"execute_from_command_line", "call_command"} and "test" in texts
    if hands_over and settings and "configure" not in names:
        return "django test", settings
    is_pytest = any(ast.unparse(call.func) == "pytest.main" for call in calls)
    return ("pytest", "") if is_pytest else ("", "")


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _settings(tree: ast.Module) -> Iterator[str]:
    """Yield the settings that `os.environ` gets, by an assignment or by `setdefault`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="setdefault"),
                args=[ast.Constant(value=name), ast.Constant(value=str(value))],
            ) if name == _SETTINGS:
                yield value
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value=name))],
                value=ast.Constant(value=str(value)),
            ) if name == _SETTINGS:
                yield value
