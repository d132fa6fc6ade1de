"""Where the application object is, and how the service is started."""

import ast
from collections.abc import Iterator

from agent.survey.packages import scripts
from agent.survey.source import Source, argument, dotted, last, target_of, text_of
from agent.survey.values import RepositoryFiles

_MAKERS = frozenset(
    {"FastAPI", "NinjaAPI", "NinjaExtraAPI", "Starlette", "get_wsgi_application",
     "get_asgi_application", "Celery"}
)  # fmt: skip


def applications(sources: list[Source]) -> Iterator[str]:
    """Yield the application objects with their places, and Django's settings and URLs."""
    for source in sources:
        factories = _factories(source)
        for node in source.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                maker = last(node.value.func)
                if maker in _MAKERS or maker in factories:
                    factories.pop(maker, None)
                    yield f"{source.path}:{node.lineno} {dotted(node.targets[0])} = {maker}()"
        yield from (f"{source.path}:{line} {name}()" for name, line in factories.items())
    yield from _django(sources)


def _factories(source: Source) -> dict[str, int]:
    """Return the functions of a file that make an application, with their lines."""
    lines = [call.lineno for call in source.all(ast.Call) if last(call.func) in _MAKERS]
    return {
        node.name: node.lineno
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(node.lineno <= line <= (node.end_lineno or 0) for line in lines)
    }


def _django(sources: list[Source]) -> Iterator[str]:
    modules: dict[str, None] = {}
    for source in sources:
        for node in source.all(ast.Assign):
            if target_of(node) == "ROOT_URLCONF":
                yield f"Django settings {source.path}, root URLs {text_of(node.value) or '?'}"
        for call in source.all(ast.Call):
            named = text_of(argument(call, "value", 1))
            if named and text_of(argument(call, "key", 0)) == "DJANGO_SETTINGS_MODULE":
                modules[named] = None
    if modules:
        yield f"DJANGO_SETTINGS_MODULE {', '.join(modules)}"


def entry_points(files: RepositoryFiles) -> Iterator[str]:
    """Yield how the service and its commands are started."""
    if any(file.path == "manage.py" for file in files.files):
        yield "python manage.py"
    yield from scripts(files)
