"""Which applications a repository has, from its files alone: the most likely service first.

Team configuration, `[tool.fastapi]`, what servers are started with, FastAPI's own rule for names,
then every application that the code makes; of Django the settings that manage.py names.
"""

import re
from collections.abc import Iterable, Iterator
from posixpath import dirname

from agent.stacks.openapi.applications import Application, Code
from agent.stacks.openapi.declared import Declaration, declarations
from agent.stacks.openapi.value import Service, Target
from agent.survey.values import RepositoryFiles

_SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE[\"']?\s*[,=]\s*[\"']?(?P<module>[A-Za-z_][\w.]*)")
_SETTINGS_PLACES = ("manage.py", "pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini", "wsgi.py",
                    "asgi.py")  # fmt: skip
_DJANGO_APIS = re.compile(r"\b(rest_framework|ninja|ninja_extra)\b")
_USUAL_FILES = ("main", "app", "api", "application", "asgi", "server", "__init__")
"""Source: fastapi-cli, `discover.get_default_path`; then names that are as usual."""
_USUAL_NAMES = ("app", "api", "application", "server")


def find_services(
    files: RepositoryFiles, configured: Iterable[str] = (), folder: str = ""
) -> tuple[Service, ...]:
    """Return what can be exported, the most likely first; what is tried is up to the caller.

    Args:
        files: The repository's files; texts of Python, configuration and start files.
        configured: What the team names, such as `app.main:app` or `backend/app.main:create_app()`.
        folder: Where the service was said to be: its own name does not make it a sample.
    """
    code = Code(files, folder)
    found = [*_configured(code, configured), *_declared(code, declarations(files))]
    services = [*_grouped(code, found), *_scanned(code, found), *_django(code)]
    merged: dict[tuple[str, str], Service] = {}
    for service in services:
        merged.setdefault((service.kind, service.root), service)
    return tuple(merged.values())


_Placed = tuple[str, Target, str]
"""A target with the folder that it is imported from, and its file."""


def _configured(code: Code, configured: Iterable[str]) -> Iterator[_Placed]:
    for text in configured:
        folder, _, entry = text.rpartition("/")
        module, _, name = entry.removesuffix("()").partition(":")
        declared = Declaration(
            module=module, name=name, near=folder, is_factory=entry.endswith("()")
        )
        yield from _declared(code, [declared])


def _declared(code: Code, declared: Iterable[Declaration]) -> Iterator[_Placed]:
    for item in declared:
        if item.path:
            yield from _of_file(code, item.path)
            continue
        place = code.places.find(item.module, item.near)
        if place is not None and not code.places.is_aside(place[1]):
            target = Target(
                module=item.module,
                name=item.name,
                is_factory=item.is_factory,
                is_declared=True,
            )
            yield place[0], target, place[1]


def _of_file(code: Code, path: str) -> Iterator[_Placed]:
    known = [file for file in code.sources if file == path or file.endswith(f"/{path}")]
    for file in known[:1]:
        root, module = code.place(file)
        yield root, Target(module=module, is_declared=True), file


def _grouped(code: Code, found: Iterable[_Placed]) -> Iterator[Service]:
    """Yield one service for each folder that modules are imported from."""
    groups: dict[str, dict[tuple[str, str], Target]] = {}
    for root, target, path in found:
        # Servers of Django are named in the same places; their modules make no FastAPI.
        is_gateway = path.rpartition("/")[2] in ("wsgi.py", "asgi.py")
        if not is_gateway or path in code.sources or path in code.unparsed:
            groups.setdefault(root, {}).setdefault((target.module, target.name), target)
    for root, targets in groups.items():
        yield Service(
            kind="fastapi",
            root=root,
            project=code.places.project_of(root),
            targets=tuple(targets.values()),
        )


def _scanned(code: Code, declared: list[_Placed]) -> Iterator[Service]:
    """Yield the services whose applications are only seen in the code, by how usual they look.

    Factories count where no module has an application.
    """
    known = {root for root, _, _ in declared}
    files = {path for _, _, path in declared}
    groups: dict[str, list[Application]] = {}
    modules: dict[str, str] = {}
    for item in sorted(code.applications(), key=_usual):
        if item.path in files:
            continue
        root, modules[item.path] = code.place(item.path)
        groups.setdefault(root, []).append(item)
    for root, items in groups.items():
        objects = [item for item in items if not item.is_factory] or items[:1]
        targets = [
            Target(module=modules[item.path], name=item.name, is_factory=item.is_factory)
            for item in objects
        ]
        if root not in known:
            project = code.places.project_of(root)
            yield Service(kind="fastapi", root=root, project=project, targets=tuple(targets))


def _usual(item: Application) -> tuple[int, int, int, str]:
    stem = item.path.rpartition("/")[2].removesuffix(".py")
    file = _USUAL_FILES.index(stem) if stem in _USUAL_FILES else len(_USUAL_FILES)
    name = _USUAL_NAMES.index(item.name) if item.name in _USUAL_NAMES else len(_USUAL_NAMES)
    return file + 10 * item.is_factory, name, item.path.count("/"), item.path


def _django(code: Code) -> Iterator[Service]:
    """Yield a service for each manage.py of a project that has an API."""
    texts = code.files.texts
    for path in sorted(texts, key=lambda path: (path.count("/"), path)):
        root = dirname(path)
        if path.rpartition("/")[2] != "manage.py" or code.places.is_aside(path):
            continue
        start = f"{root}/" if root else ""
        own = {name: text for name, text in texts.items() if name.startswith(start)}
        speaks = any(_DJANGO_APIS.search(t) for n, t in own.items() if n.endswith(".py"))
        named = dict.fromkeys(_settings(own, texts))
        modules = [module for module in named if code.places.find(module, root)]
        if speaks and modules:
            targets = tuple(Target(module=module, is_declared=True) for module in modules)
            project = code.places.project_of(root)
            yield Service(kind="django", root=root, project=project, targets=targets)


def _settings(own: dict[str, str], texts: dict[str, str]) -> Iterator[str]:
    """Yield the names of settings modules, those of manage.py first."""
    for place in _SETTINGS_PLACES:
        for path, text in {**own, **texts}.items():
            if path.rpartition("/")[2] == place and (place != "manage.py" or path in own):
                yield from (found["module"] for found in _SETTINGS.finditer(text))
