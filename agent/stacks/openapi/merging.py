"""Several descriptions of one service as one: prefixes put before paths, clashes renamed."""

import json
import re
from collections.abc import Iterator
from typing import Any

from agent.domain.value import Value

Document = dict[str, Any]
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_REFERENCE = "#/components/"


class Part(Value):
    """What one application describes."""

    prefix: str
    """The path under which it is mounted; empty for none."""
    label: str
    document: Document


def merged(parts: list[Part]) -> Document:
    """Return one description; the first part gives what there can be only one of.

    A component with the name of another one that means something else gets a name with the part's
    own prefix or label. An operation that is there already stays as it is.
    """
    first, *rest = [_settled(part) for part in parts]
    whole = first.document
    for part in rest:
        _take_in(whole, _renamed(part, whole))
    return whole


def _settled(part: Part) -> Part:
    """Put the prefix before the paths, and what holds for all operations into each of them."""
    document = json.loads(json.dumps(part.document))
    paths = document.get("paths") or {}
    for name, item in paths.items():
        for method in _METHODS & item.keys():
            if "security" in document and name:
                item[method].setdefault("security", document["security"])
    document.pop("security", None)
    document["paths"] = {f"{part.prefix}{name}": item for name, item in paths.items()}
    return part.model_copy(update={"document": document})


def _renamed(part: Part, whole: Document) -> Part:
    """Rename the components of a part that clash with those that are there."""
    own, known = _components(part.document), _components(whole)
    clashing = {key for key in own.keys() & known.keys() if own[key] != known[key]}
    while more := {
        key for key in own.keys() & known.keys() - clashing if clashing & set(_references(own[key]))
    }:
        clashing |= more
    names = {key: _free(key, part, own.keys() | known.keys()) for key in sorted(clashing)}
    return part.model_copy(update={"document": _with_names(part.document, names)})


_Key = tuple[str, str]
"""The kind and the name of a component, such as `("schemas", "Item")`."""


def _components(document: Document) -> dict[_Key, Any]:
    kinds = document.get("components") or {}
    return {(kind, name): value for kind, items in kinds.items() for name, value in items.items()}


def _references(value: Any) -> Iterator[_Key]:
    """Yield the components that a value refers to."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
    elif isinstance(value, str) and value.startswith(_REFERENCE):
        kind, _, name = value.removeprefix(_REFERENCE).partition("/")
        yield kind, name


def _free(key: _Key, part: Part, taken: set[_Key]) -> str:
    kind, name = key
    hint = re.sub(r"\W+", "_", part.prefix or part.label.partition(":")[0]).strip("_")
    candidates = [f"{name}_{hint}", *(f"{name}_{hint}_{number}" for number in range(2, 1000))]
    return next(candidate for candidate in candidates if (kind, candidate) not in taken)


def _with_names(document: Document, names: dict[_Key, str]) -> Document:
    """Return a document whose components have other names, in every place that speaks of them."""
    if not names:
        return document
    found: Document = _put(document, names)
    kinds = found.get("components") or {}
    for kind, items in kinds.items():
        kinds[kind] = {names.get((kind, name), name): value for name, value in items.items()}
    for item in (found.get("paths") or {}).values():
        for method in _METHODS & item.keys():
            for requirement in item[method].get("security") or ():
                for scheme in list(requirement):
                    scopes = requirement.pop(scheme)
                    requirement[names.get(("securitySchemes", scheme), scheme)] = scopes
    return found


def _put(value: Any, names: dict[_Key, str]) -> Any:
    if isinstance(value, dict):
        return {key: _put(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_put(inner, names) for inner in value]
    for kind, name in _references(value):
        return f"{_REFERENCE}{kind}/{names.get((kind, name), name)}"
    return value


def _take_in(whole: Document, part: Part) -> None:
    document = part.document
    for name, item in document["paths"].items():
        known = whole["paths"].setdefault(name, {})
        for key, value in item.items():
            known.setdefault(key, value)
    for (kind, name), value in _components(document).items():
        whole.setdefault("components", {}).setdefault(kind, {}).setdefault(name, value)
    tags = whole.get("tags") or []
    named = {tag.get("name") for tag in tags}
    tags += [tag for tag in document.get("tags") or () if tag.get("name") not in named]
    if tags:
        whole["tags"] = tags
    for name, item in (document.get("webhooks") or {}).items():
        whole.setdefault("webhooks", {}).setdefault(name, item)
