"""Which HTTP routes a repository serves, and where: FastAPI, Ninja, Django and its REST framework.

A route's prefix may be spread over modules (`include_router`, `include`); where it cannot be told
without running the code, the name that stands in the source is shown, as in `{API_PREFIX}/orders`.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from agent.survey.source import Source, argument, dotted, last, target_of, text_of
from agent.survey.values import Symbol

_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "websocket"})
_ROUTERS = frozenset({"FastAPI", "APIRouter", "NinjaAPI", "Router", "NinjaExtraAPI", "Starlette"})
_DEEPEST = 6


class Include(NamedTuple):
    """A module that hangs another module's routes below a prefix."""

    path: str
    """Where it says so."""
    owner: str
    """The variable that takes the routes in, such as `app`; empty for Django's `urlpatterns`."""
    target: str
    """Dotted: the module, or a variable of it."""
    prefix: str


class Served(NamedTuple):
    """A route as its own module tells it."""

    path: str
    owner: str
    verb: str
    url: str
    symbol: Symbol


class Routing(NamedTuple):
    """What one module says about routes."""

    served: list[Served]
    includes: list[Include]


def routing(source: Source, constants: dict[str, str]) -> Routing:
    """Return the routes and the inclusions of one module."""
    prefixes = dict(_prefixes(source, constants))
    served = [*_decorated(source, prefixes, constants), *_patterns(source)]
    includes = [*_included(source, _imports(source), constants), *_django_included(source)]
    return Routing(served, includes)


def _imports(source: Source) -> dict[str, str]:
    """Return the dotted origin of each imported name."""
    found: dict[str, str] = {}
    package = source.path.split("/")[:-1]
    for plain in source.all(ast.Import):
        found.update({name.asname or name.name: name.name for name in plain.names})
    for node in source.all(ast.ImportFrom):
        above = package[: len(package) - node.level + 1] if node.level else []
        origin = ".".join([*above, *([node.module] if node.module else [])])
        found.update({n.asname or n.name: f"{origin}.{n.name}" for n in node.names})
    return found


def _literal(node: ast.AST | None, constants: dict[str, str]) -> str:
    """Return a text as it will be, as far as it can be told."""
    if node is None:
        return ""
    plain = text_of(node)
    if plain is not None:
        return plain
    if isinstance(node, ast.JoinedStr):
        values = (v.value if isinstance(v, ast.FormattedValue) else v for v in node.values)
        return "".join(_literal(value, constants) for value in values)
    name = last(node)
    return constants.get(name, f"{{{name or '?'}}}")


def _prefixes(source: Source, constants: dict[str, str]) -> Iterator[tuple[str, str]]:
    for node in source.assignments():
        name, call = target_of(node), node.value
        if name and isinstance(call, ast.Call) and last(call.func) in _ROUTERS:
            yield name, _literal(argument(call, "prefix"), constants)


def _decorated(
    source: Source, prefixes: dict[str, str], constants: dict[str, str]
) -> Iterator[Served]:
    for node in source.functions():
        for mark in node.decorator_list:
            owner, _, verb = dotted(mark).rpartition(".")
            if isinstance(mark, ast.Call) and verb in _VERBS and _is_route(mark, owner, prefixes):
                url = prefixes.get(owner, "") + _literal(argument(mark, "path", 0), constants)
                shown = "WS" if verb == "websocket" else verb.upper()
                yield Served(source.path, owner, shown, url, _symbol(node))


def _is_route(mark: ast.Call, owner: str, prefixes: dict[str, str]) -> bool:
    return bool(owner) and (owner in prefixes or bool(mark.args or argument(mark, "path")))


def _symbol(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Symbol:
    start = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
    return Symbol(name=node.name, kind="route", start=start, end=node.end_lineno or start)


def _included(
    source: Source, imported: dict[str, str], constants: dict[str, str]
) -> Iterator[Include]:
    """Yield `x.include_router(y, prefix=…)` and Ninja's `x.add_router("/p", y)`."""
    for call in source.all(ast.Call):
        owner, _, verb = dotted(call.func).rpartition(".")
        if verb == "include_router" and call.args:
            target, prefix = call.args[0], argument(call, "prefix")
        elif verb == "add_router" and len(call.args) > 1:
            target, prefix = call.args[1], call.args[0]
        else:
            continue
        name = text_of(target) or dotted(target)
        head, _, rest = name.partition(".")
        origin = imported.get(head, head) + (f".{rest}" if rest else "")
        yield Include(source.path, owner, origin, _literal(prefix, constants))


def _patterns(source: Source) -> Iterator[Served]:
    """Yield Django's `path("x/", View)` and the REST framework's `router.register("x", View)`."""
    for call in source.all(ast.Call):
        name, url = last(call.func), text_of(call.args[0] if call.args else None)
        if url is None or len(call.args) < 2 or name not in ("path", "re_path", "register"):
            continue
        view = call.args[1]
        target = dotted(view).removesuffix(".as_view").rpartition(".")[2] or dotted(view)
        if target in ("include", "urls", ""):
            continue
        made = Symbol(name=target, kind="route", start=call.lineno, end=call.lineno)
        verb = "REST" if name == "register" else ""
        yield Served(source.path, "", verb, f"/{url.lstrip('/')}", made)


def _django_included(source: Source) -> Iterator[Include]:
    for call in source.all(ast.Call):
        url = text_of(call.args[0] if call.args else None)
        if last(call.func) not in ("path", "re_path") or url is None or len(call.args) < 2:
            continue
        inner = call.args[1]
        if isinstance(inner, ast.Call) and last(inner.func) == "include" and inner.args:
            target = text_of(inner.args[0])
            if target:
                yield Include(source.path, "", target, f"/{url.lstrip('/')}")


def full_routes(found: list[Routing], paths: dict[str, str]) -> dict[str, list[Symbol]]:
    """Return the routes of each module with their whole URL, as far as it can be told.

    Args:
        found: What the modules say.
        paths: The path of each module by its dotted name.
    """
    above: dict[tuple[str, str], list[Include]] = {}
    for include in (include for item in found for include in item.includes):
        for place in _places(include.target, include.path, paths):
            above.setdefault(place, []).append(include)
    routes: dict[str, list[Symbol]] = {}
    for served in (served for item in found for served in item.served):
        url = _prefix(served.path, served.owner, above, _DEEPEST) + served.url
        label = f"{served.verb} {_tidy(url)} {served.symbol.name}".strip()
        routes.setdefault(served.path, []).append(served.symbol.model_copy(update={"label": label}))
    return routes


def _places(target: str, where: str, paths: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (module, variable) that a dotted name may mean."""
    module, _, variable = target.rpartition(".")
    if module in paths:
        yield paths[module], variable
    if target in paths:
        yield paths[target], ""
    if not module:
        yield where, variable


def _prefix(path: str, owner: str, above: dict[tuple[str, str], list[Include]], deep: int) -> str:
    includes = above.get((path, owner), [])
    if not includes or deep == 0:
        return ""
    first = includes[0]
    return _prefix(first.path, first.owner, above, deep - 1) + first.prefix


def _tidy(url: str) -> str:
    while "//" in url:
        url = url.replace("//", "/")
    return url if url.startswith("/") else f"/{url}"
