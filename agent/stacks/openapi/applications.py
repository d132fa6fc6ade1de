"""The FastAPI applications and factories that code makes on module level; nothing is imported."""

import ast
import re
from collections.abc import Iterable, Iterator

from agent.domain.value import Value
from agent.stacks.openapi.places import Places
from agent.survey.source import Source, last, read_source, target_of
from agent.survey.values import RepositoryFiles

_MAKER = re.compile(r"\bFastAPI\b")
_UNPARSED = re.compile(r"^(?P<name>\w+)\s*(?::[^=\n]+)?=\s*FastAPI\(", re.MULTILINE)


class Application(Value):
    """An application in the code."""

    path: str
    name: str
    is_factory: bool = False


class Code:
    """The Python files that may hold an application, parsed."""

    def __init__(self, files: RepositoryFiles, folder: str = "") -> None:
        """Parse what speaks of FastAPI, or calls a factory; what cannot be parsed is kept as text.

        A newer Python than ours may have a syntax that we cannot read.
        """
        self.files = files
        self.places = Places(files, folder)
        self.sources: dict[str, Source] = {}
        self.unparsed: dict[str, str] = {}
        self._read(_MAKER)
        self.makers = {"FastAPI", *_subclasses(self.sources.values())}
        self.factories = dict(_factories(self.sources, self.makers))
        self.makers |= set(self.factories)
        if self.factories:
            self._read(re.compile(rf"=\s*(?:[\w.]+\.)?(?:{'|'.join(sorted(self.factories))})\("))

    def _read(self, form: re.Pattern[str]) -> None:
        sizes = {file.path: file.size for file in self.files.files}
        for path, text in self.files.texts.items():
            is_known = path in self.sources or path in self.unparsed
            if (
                not path.endswith(".py")
                or is_known
                or self.places.is_aside(path)
                or not form.search(text)
            ):
                continue
            source = read_source(path, text, is_cut=sizes.get(path, 0) > len(text))
            if source is None:
                self.unparsed[path] = text
            else:
                self.sources[path] = source

    def place(self, path: str) -> tuple[str, str]:
        """Return the folder that a file is imported from, and its module's name."""
        source = self.sources.get(path)
        return self.places.module_of(path, source.tree if source else ast.Module([], []))

    def applications(self) -> Iterator[Application]:
        """Yield the objects, then the factories."""
        for path, source in self.sources.items():
            for node in _top_level(source.tree.body):
                made = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
                name = target_of(node)
                if name and isinstance(made, ast.Call) and last(made.func) in self.makers:
                    yield Application(path=path, name=name)
        for path, text in self.unparsed.items():
            found = (item["name"] for item in _UNPARSED.finditer(text))
            yield from (Application(path=path, name=name) for name in found)
        for name, path in sorted(self.factories.items()):
            yield Application(path=path, name=name, is_factory=True)


def _subclasses(sources: Iterable[Source]) -> Iterator[str]:
    for source in sources:
        for node in source.all(ast.ClassDef):
            if any(last(base) == "FastAPI" for base in node.bases):
                yield node.name


def _factories(sources: dict[str, Source], makers: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the names of factories with the paths of their files."""
    for path, source in sources.items():
        for node in source.tree.body:
            if isinstance(node, ast.FunctionDef) and _is_factory(node, makers):
                yield node.name, path


def _is_factory(node: ast.FunctionDef, makers: set[str]) -> bool:
    """Tell whether a function says that it gives an application, or makes one and returns it."""
    if node.returns is not None:
        return last(node.returns) in makers
    made = {
        target_of(inner)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Assign)
        and isinstance(inner.value, ast.Call)
        and last(inner.value.func) in makers
    }
    returned = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return)]
    return any(
        (isinstance(value, ast.Call) and last(value.func) in makers)
        or (isinstance(value, ast.Name) and value.id in made)
        for value in returned
    )


def _top_level(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run at import, those within `if`, `try` and `with` too."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from _top_level(node.body)
            yield from _top_level(getattr(node, "orelse", ()))
