"""Dependencies of projects that describe themselves in other ways than PEP 621 and Poetry.

Nothing is run: of a setup.py only what is written as plain values is seen. Each function yields
requirement lines; those of extras only for the names asked for, None for all.
"""

import ast
import configparser
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from integrations.sandbox.poetry import table_lines

Extras = tuple[str, ...] | None
_HATCH_ENVIRONMENTS = ("default", "test", "tests", "dev", "lint", "types", "hatch-test")


def setup_py_lines(text: str, extras: Extras) -> Iterator[str]:
    """Yield what a setup.py passes to `setup`. Source: setuptools, "Dependencies Management"."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    known = _known(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) == "setup":
            given = {word.arg: _plain(word.value, known) for word in node.keywords if word.arg}
            yield from _texts(given.get("install_requires"))
            yield from _texts(given.get("tests_require") if extras != () else None)
            yield from _of_extras(given.get("extras_require"), extras)


def setup_cfg_lines(text: str, extras: Extras) -> Iterator[str]:
    """Yield what a setup.cfg asks for. Source: setuptools, "Configuring setup.cfg files"."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    options = dict(parser["options"]) if parser.has_section("options") else {}
    yield from _rows(options.get("install_requires", ""))
    if extras != ():
        yield from _rows(options.get("tests_require", ""))
    if parser.has_section("options.extras_require"):
        named = parser["options.extras_require"]
        yield from _of_extras({name: list(_rows(named[name])) for name in named}, extras)


def flit_lines(tool: Mapping[str, Any], extras: Extras) -> Iterator[str]:
    """Yield what `[tool.flit.metadata]` asks for. Source: flit 3, "Old style metadata"."""
    metadata = tool.get("flit", {}).get("metadata", {})
    yield from _texts(metadata.get("requires"))
    yield from _of_extras(metadata.get("requires-extra"), extras)


def hatch_lines(tool: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the environments for development have. Source: Hatch 1.16, "Environments"."""
    for environment in _hatch_environments(tool):
        yield from _texts(environment.get("dependencies"))
        yield from _texts(environment.get("extra-dependencies"))


def hatch_features(tool: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the extras of the project that these environments have."""
    found = (_texts(environment.get("features")) for environment in _hatch_environments(tool))
    return tuple(dict.fromkeys(name for names in found for name in names))


def pipfile_lines(text: str, *, for_development: bool) -> Iterator[str]:
    """Yield what a Pipfile asks for. Source: Pipenv 2026, "Pipfile & Pipfile.lock"."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    yield from table_lines(document.get("packages"))
    if for_development:
        yield from table_lines(document.get("dev-packages"))


def _hatch_environments(tool: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    environments = tool.get("hatch", {}).get("envs", {})
    for name in _HATCH_ENVIRONMENTS:
        environment = environments.get(name)
        if isinstance(environment, dict):
            yield environment


def _of_extras(table: Any, extras: Extras) -> Iterator[str]:
    named = table if isinstance(table, dict) else {}
    for name in named if extras is None else extras:
        yield from _texts(named.get(name))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _rows(value)
    elif isinstance(value, Iterable) and not isinstance(value, dict):
        yield from (item for item in value if isinstance(item, str))


def _rows(text: str) -> Iterator[str]:
    for row in text.splitlines():
        plain = row.partition(" #")[0].strip()
        if plain and not plain.startswith(("#", "file:", "attr:")):
            yield plain


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _known(tree: ast.Module) -> dict[str, Any]:
    """Return the names at the top of the file that stand for plain values, after its last line.

    What a loop or a condition does to them is not seen.
    """
    known: dict[str, Any] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                known[name] = _plain(value, known)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                known[name] = _sum(known.get(name), _plain(value, known))
            case ast.Assign(targets=[ast.Subscript() as target], value=value):
                _put(known, target, _plain(value, known))
            case ast.AugAssign(target=ast.Subscript() as target, op=ast.Add(), value=value):
                read = ast.Subscript(value=target.value, slice=target.slice, ctx=ast.Load())
                _put(known, target, _sum(_plain(read, known), _plain(value, known)))
    return known


def _put(known: dict[str, Any], target: ast.Subscript, value: Any) -> None:
    table, key = _plain(target.value, known), _plain(target.slice, known)
    if isinstance(table, dict) and isinstance(key, str):
        table[key] = value


def _plain(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """Return the value of a literal, of a name for one, or of a sum of lists; None otherwise."""
    match node:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return {_plain(k, known): _plain(v, known) for k, v in pairs if k is not None}
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _sum(_plain(left, known), _plain(right, known))
        case ast.Subscript(value=value, slice=place):
            table, key = _plain(value, known), _plain(place, known)
            return table.get(key) if isinstance(table, dict) and isinstance(key, str) else None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _sum(left: Any, right: Any) -> Any:
    """Return two lists as one; of what is not plain only the rest counts."""
    lists = [[*part] for part in (left, right) if isinstance(part, list | tuple)]
    return [item for part in lists for item in part] if lists else None
