"""FastAPI: importing applications, calling factories, following mounts."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

INNER = ("app", "other_asgi_app", "_app", "asgi_app", "application")
"""Where middleware keeps the application that it wraps."""


def fastapi_documents(targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the description of each application with its prefix, but those without paths."""
    documents = [
        {"prefix": prefix, "label": label, "document": app.openapi()}
        for label, _, prefix, app in fastapi_parts(targets)
    ]
    full = [item for item in documents if item["document"].get("paths")]
    return full or documents[:1]


def fastapi_parts(targets: list[dict[str, Any]]) -> Iterator[tuple[str, Any, str, Any]]:
    """Yield label, outermost application, prefix and application, each application once.

    The first target, and those that the repository declares, must work.
    """
    forgive_missing_folders()
    found: list[tuple[str, Any]] = []
    for number, target in enumerate(targets):
        try:
            found += applications_of(target)
        except BaseException:
            if number == 0 or target["is_declared"]:
                raise
    inner = {id(app) for _, top in found for _, app in below(top, "") if app is not top}
    seen: set[int] = set()
    for label, top in found:
        for prefix, app in () if id(top) in inner else below(top, ""):
            if id(app) not in seen and is_fastapi(app):
                seen.add(id(app))
                yield label, top, prefix, app


def applications_of(target: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the applications of a target with their labels."""
    module = import_module(target["module"])
    if not target["name"]:
        named = [(name, unwrapped(thing)) for name, thing in vars(module).items()]
        made = {name: app for name, app in named if is_fastapi(app)}
        first = [name for name in ("app", "api") if name in made] or list(made)[:1]
        return [(f"{target['module']}:{name}", made[name]) for name in first]
    thing: Any = module
    for part in target["name"].split("."):
        thing = getattr(thing, part)
    label = f"{target['module']}:{target['name']}"
    is_plain_function = inspect.isroutine(thing) and not is_fastapi(thing)
    if target["is_factory"] or (is_plain_function and not takes_scope(thing)):
        thing, label = call_factory(thing), f"{label}()"
    app = unwrapped(thing)
    if not hasattr(app, "routes"):
        raise TypeError(f"{label} is a {type(thing).__name__}, no FastAPI application")
    return [(label, app)]


def takes_scope(function: Any) -> bool:
    """Tell whether a function is itself an ASGI application."""
    return list(inspect.signature(function).parameters)[:1] == ["scope"]


def call_factory(factory: Any) -> Any:
    """Call a factory; what it must be given and is a class is made without arguments."""
    try:
        from typing import get_type_hints

        types = get_type_hints(factory)
    except (NameError, TypeError):
        types = {}
    given = {}
    for name, parameter in inspect.signature(factory).parameters.items():
        is_open = parameter.default is parameter.empty
        if is_open and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            wanted = types.get(name)
            if not isinstance(wanted, type):
                raise TypeError(f"the factory {factory.__name__} must be given {name}")
            given[name] = wanted()
    return factory(**given)


def is_fastapi(thing: Any) -> bool:
    """Tell whether something is a FastAPI application."""
    return any(base.__name__ == "FastAPI" for base in type(thing).__mro__)


def unwrapped(thing: Any) -> Any:
    """Return the application within middleware."""
    for _ in range(8):
        if hasattr(thing, "routes") or isinstance(thing, type):
            return thing
        inner = [vars(thing).get(name) for name in INNER if hasattr(thing, "__dict__")]
        following = next((item for item in inner if callable(item)), None)
        if following is None:
            return thing
        thing = following
    return thing


def below(app: Any, prefix: str, depth: int = 6) -> Iterator[tuple[str, Any]]:
    """Yield an application and all that are mounted in it, with the path that leads there."""
    yield prefix, app
    for route in getattr(app, "routes", None) or () if depth else ():
        mounted = getattr(route, "_base_app", None) or getattr(route, "app", None)
        if type(route).__name__ in ("Mount", "Host") and mounted is not None:
            path = getattr(route, "path", "") or ""
            yield from below(unwrapped(mounted), f"{prefix}{path.rstrip('/')}", depth - 1)


def forgive_missing_folders() -> None:
    """Let static files be served from folders that only a build would make."""
    try:
        static = import_module("starlette.staticfiles").StaticFiles
    except ImportError:
        return
    original = static.__init__

    def lenient(self: Any, *arguments: Any, **named: Any) -> None:
        if len(arguments) < 4:
            named["check_dir"] = False
        original(self, *arguments, **named)

    static.__init__ = lenient


def fastapi_framework() -> str:
    """Return the names and versions of what makes the description."""
    return ", ".join(
        f"{shown} {sys.modules[name].__version__}"
        for name, shown in (("fastapi", "FastAPI"), ("pydantic", "pydantic"))
        if hasattr(sys.modules.get(name), "__version__")
    )
