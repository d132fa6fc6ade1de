"""Where modules are imported from, and whose requirements they need."""

import ast
import re
from posixpath import dirname, join

from agent.survey.values import RepositoryFiles

ASIDE = re.compile(
    r"(^|/)(tests?|testing|examples?|samples?|docs?|docs_src|benchmarks?|demo|e2e|cookiecutter[^/]*"
    r"|\{\{[^/]*|migrations|alembic)(/|$)|(^|/)(test_[^/]*|[^/]*_test|conftest|setup|noxfile)\.py$"
)
"""Where applications are that nobody serves."""
_REQUIREMENTS = re.compile(
    r"(pyproject\.toml|setup\.cfg|requirements[^/]*\.txt|requirements/[^/]+\.txt|poetry\.lock"
    r"|dev-requirements\.txt|uv\.lock)$"
)


class Places:
    """The Python modules of a repository, by path and by name."""

    def __init__(self, files: RepositoryFiles, folder: str = "") -> None:
        """Take the list of files; texts are not needed. The service is said to be in `folder`."""
        self._folder = f"{folder}/" if folder else ""
        names = [file.path for file in files.files if file.kind == "file"]
        self._python = {name for name in names if name.endswith(".py")}
        self._folders = {folder for name in self._python for folder in _above(name)}
        self._projects = {
            dirname(name).removesuffix("requirements").rstrip("/")
            for name in names
            if _REQUIREMENTS.search(name)
        }

    def is_aside(self, path: str) -> bool:
        """Tell whether a file is where applications are that nobody serves."""
        return ASIDE.search(path.removeprefix(self._folder)) is not None

    def module_of(self, path: str, tree: ast.Module) -> tuple[str, str]:
        """Return the folder that a file's module is imported from, and the module's dotted name."""
        root = self.root_of(path, tree)
        inner = path.removeprefix(f"{root}/" if root else "").removesuffix(".py")
        return root, inner.removesuffix("/__init__").replace("/", ".")

    def root_of(self, path: str, tree: ast.Module) -> str:
        """Return the folder under which most of a file's own imports are found.

        Where they do not tell, it is the folder above the outermost package.
        """
        package = dirname(path)
        while join(package, "__init__.py") in self._python:
            package = dirname(package)
        wanted = _imported(tree)
        above = _above(path)
        scores = {folder: sum(self._has(folder, name) for name in wanted) for folder in above}
        best = max(scores.values())
        return package if scores[package] == best else max(above, key=lambda f: (scores[f], len(f)))

    def _has(self, folder: str, name: str) -> bool:
        path = join(folder, name)
        return f"{path}.py" in self._python or path in self._folders

    def find(self, module: str, near: str) -> tuple[str, str] | None:
        """Return folder and path of a dotted name that a file in the folder `near` speaks of.

        Of several the one closest to it counts; None when there is no such module.
        """
        inner = module.replace(".", "/")
        ends = (f"{inner}.py", f"{inner}/__init__.py")
        found = [
            (path.removesuffix(end).rstrip("/"), path)
            for path in self._python
            for end in ends
            if path == end or path.endswith(f"/{end}")
        ]
        return min(found, key=lambda item: (*_distance(item[0], near), item)) if found else None

    def project_of(self, folder: str) -> str:
        """Return the nearest folder above that names requirements; else the repository's root."""
        return next((up for up in _above(f"{folder}/x" if folder else "x") if self._is(up)), "")

    def _is(self, folder: str) -> bool:
        return folder in self._projects


def _above(path: str) -> list[str]:
    """Return the folders above a path, the nearest first; the repository's root is empty."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(len(parts), -1, -1)]


def _distance(folder: str, near: str) -> tuple[int, int]:
    """Tell how far two folders are apart: 0 within `near`, then by what they have not in common."""
    if not near or folder == near or folder.startswith(f"{near}/"):
        return 0, len(folder)
    shared = sum(1 for _ in _common(folder.split("/"), near.split("/")))
    return 1 + len(near.split("/")) - shared, len(folder)


def _common(first: list[str], second: list[str]) -> list[str]:
    pairs = zip(first, second, strict=False)
    return [a for a, b in pairs if a == b]


def _imported(tree: ast.Module) -> set[str]:
    """Return the first parts of the names that a module imports absolutely."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    return names
