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
        names = [basename(word) for word in self.words]
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
        rest = [word for word in rest if word not in ("-W", "-X", "-u", "-I", "error")]
        return _run_by_python(rest)
    if first == "coverage" and rest[:1] == ["run"]:
        return _covered(rest[1:])
    return {"py.test": "pytest", "django-admin": "manage.py"}.get(first, first)


def _covered(words: list[str]) -> str:
    """Return what `coverage run` runs: a module, or the first word that is no option."""
    if "-m" in words:
        return _run_by_python(words[words.index("-m") :])
    return basename(next((word for word in words if not word.startswith("-")), "coverage"))


def _run_by_python(words: list[str]) -> str:
    if words[:1] == ["-m"]:
        return _tool(words[1:]) if words[1:2] in (["coverage"], ["pytest"]) else "".join(words[1:2])
    return basename(words[0]) if words else "python"
