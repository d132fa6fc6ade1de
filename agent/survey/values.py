"""What is gathered from a repository, and what the survey makes of it."""

from typing import Literal

from pydantic import Field

from agent.domain.value import Value
from agent.stacks.commands import Stack

Kind = Literal["file", "symlink", "submodule"]
SymbolKind = Literal["model", "schema", "view", "class", "function", "route", "fixture", "tests"]


class RepositoryFile(Value):
    """One file that git tracks."""

    path: str
    size: int
    """Bytes; 0 for a submodule."""
    kind: Kind = "file"


class RepositoryFiles(Value):
    """All that the survey is made from; one sandbox call gathers it."""

    files: tuple[RepositoryFile, ...] = ()
    more: int = 0
    """Files that the list leaves out."""
    texts: dict[str, str] = Field(default_factory=dict)
    """Beginnings of the files that matter, by path; newlines are plain."""
    unread: int = 0
    """Files that matter and for whose text there was no room."""
    subjects: tuple[str, ...] = ()
    """First lines of the newest commits, newest first."""
    problem: str = ""
    """Why nothing could be gathered."""

    def text(self, path: str) -> str | None:
        """Return the text of a file, or None if there is none."""
        return self.texts.get(path)


class Symbol(Value):
    """A definition that a reader looks for, on lines `start` to `end` of its file."""

    name: str
    kind: SymbolKind
    start: int
    end: int
    label: str = ""
    """What to show in place of the name, such as `GET /orders list_orders`."""


class Module(Value):
    """One Python file, read but not run."""

    path: str
    lines: int
    symbols: tuple[Symbol, ...] = ()
    names: str = ""
    """Stems of the words in its path and its symbols."""
    words: str = ""
    """Stems of the other words in it."""
    is_test: bool = False


class Part(Value):
    """A place that belongs to a resource; the whole file when `start` is 0."""

    role: str
    path: str
    start: int = 0
    end: int = 0


class Resource(Value):
    """Something that the service keeps or serves, with all the places that make it up."""

    name: str
    key: tuple[str, ...]
    """Stems of its name."""
    parts: tuple[Part, ...]


class Setting(Value):
    """An environment variable that the code reads."""

    name: str
    path: str
    is_required: bool


class Rules(Value):
    """A text in which the team says how it works."""

    path: str
    text: str


class Survey(Value):
    """What a developer who looked around would know of a repository at one commit."""

    python: str = ""
    packages: tuple[str, ...] = ()
    """Name and version, or name and range, of what shapes the work."""
    stack: Stack = Stack()
    also_in_ci: tuple[str, ...] = ()
    """Commands that CI runs beside tests, lint and types."""
    style: str = ""
    """What new code has to look like, as far as a configuration says it."""
    applications: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    migrations: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """Paths that are worth a name; what is folded is in `folded`."""
    unlisted: int = 0
    """Files worth a name that `files` leaves out, for their number."""
    folded: tuple[str, ...] = ()
    """Folders whose files are only counted, such as `static/ 312 files`."""
    modules: tuple[Module, ...] = ()
    resources: tuple[Resource, ...] = ()
    rules: tuple[Rules, ...] = ()
    subjects: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    """What is unusual, such as that there are no tests."""
