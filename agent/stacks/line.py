"""A command line of a repository: where it runs, with which variables, and by which tool."""

import re
import shlex
from posixpath import basename, join, normpath

from agent.domain.value import Value

_FOLDER = re.compile(r"cd +(?P<folder>[\w./-]+) *&& *")
_VARIABLE = re.compile(
    r"(?P<name>[A-Za-z_]\w*)=(?P<value>'[^']*'|\"[^\"$`\\]*\"|[^\s'\"$`\\]*)(?= )"
)
_PYTHON = re.compile(r"python[\d.]*")
_OF_PYTHON = re.compile(r"-[WX].+|-[bBdEIOPqsSuvx]+")
"""Options of Python that stand in one word."""
_OF_COVERAGE = re.compile(
    r"--(?:source|source-pkgs|omit|include|rcfile|data-file|context|concurrency|debug)"
)
"""Options of `coverage run` whose value is the next word. Source: coverage 7.17, cmdline.py."""
_OTHER_NAMES = {"py.test": "pytest", "django-admin": "manage.py", "django": "manage.py"}


class CommandLine(Value):
    """One command as a shell gets it."""

    text: str
    """The command itself."""
    folder: str = ""
    """Where it runs, relative to the repository's root."""
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> list[str]:
        """The words of the command; what a shell would not understand is split at spaces."""
        try:
            return shlex.split(self.text)
        except ValueError:
            return self.text.split()

    @property
    def tool(self) -> str:
        """What does the work, such as `pytest` or `manage.py`."""
        return _tool(self.words)

    def arguments(self) -> list[str]:
        """Return the words behind the tool's name."""
        names = [_OTHER_NAMES.get(basename(word), basename(word)) for word in self.words]
        return self.words[names.index(self.tool) + 1 :] if self.tool in names else []

    def shell(self) -> str:
        """Return the line for a shell that stands at the root."""
        place = f"cd {shlex.quote(self.folder)} && " if self.folder else ""
        values = "".join(f"{name}={shlex.quote(value)} " for name, value in self.variables)
        return f"{place}{values}{self.text}"

    def with_words(self, words: list[str]) -> "CommandLine":
        """Return the line with other words."""
        return self.model_copy(update={"text": shlex.join(words)})


def parse_line(line: str) -> CommandLine:
    """Return the parts of a line such as `cd backend && A=b pytest -q`."""
    folder, rest = "", line.strip()
    while found := _FOLDER.match(rest):
        folder, rest = join(folder, found["folder"]), rest[found.end() :]
    variables: list[tuple[str, str]] = []
    while found := _VARIABLE.match(rest):
        variables.append((found["name"], found["value"].strip("'\"")))
        rest = rest[found.end() :].lstrip()
    place = normpath(folder) if folder else ""
    return CommandLine(text=rest, folder="" if place == "." else place, variables=tuple(variables))


def _tool(words: list[str]) -> str:
    if not words:
        return ""
    first, rest = basename(words[0]), words[1:]
    if _PYTHON.fullmatch(first):
        return _run_by_python(_without_options(rest))
    if first == "coverage" and rest[:1] == ["run"]:
        return _covered(rest[1:])
    return _OTHER_NAMES.get(first, first)


def _without_options(words: list[str]) -> list[str]:
    """Return what follows Python's own options."""
    while words and (words[0] in ("-W", "-X") or _OF_PYTHON.fullmatch(words[0])):
        words = words[2:] if words[0] in ("-W", "-X") else words[1:]
    return words


def _covered(words: list[str]) -> str:
    """Return what `coverage run` runs: a module, or the first word that is no option."""
    while words and words[0].startswith("-"):
        if words[0] == "-m":
            return _run_by_python(words)
        words = words[2:] if _OF_COVERAGE.fullmatch(words[0]) else words[1:]
    return basename(words[0]) if words else "coverage"


def _run_by_python(words: list[str]) -> str:
    if words[:1] == ["-m"]:
        return _tool(words[1:])
    return basename(words[0]) if words else "python"
