"""Makes descriptions that nobody would think of: valid ones, twisted ones, and no such thing."""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import strategies as st

Json = Any
NAMES = ("Cat", "Dog", "Owner", "Page_int_", "a.b-c")
ODD_NAMES = ("", "a/b", "x~y", "Ü %2F", "Cats")
FIELDS = st.sampled_from(("id", "name", "kind", "size", "owner", "", "$ref", "default"))
_TEXTS = st.sampled_from(("a", "b", "c", ""))
_SMALL = st.integers(0, 5)
_NUMBERS = st.one_of(st.integers(-5, 5), st.sampled_from((0.5, -1.5, 1e308, 3.0)))
_ANY = st.sampled_from((None, True, 0, 1, 1.0, "a", [], ["a"], {}, {"a": [None]}))

JSON: st.SearchStrategy[Json] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
        st.sampled_from(("#", "#/", "#/paths", "#/components/schemas/Cat", "3.1.0", "object")),
    ),
    lambda below: st.one_of(
        st.lists(below, max_size=4),
        st.dictionaries(
            st.one_of(st.text(max_size=6), st.sampled_from(("$ref", "type", "enum"))),
            below,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


def _some(**keys: st.SearchStrategy[Json]) -> st.SearchStrategy[dict[str, Json]]:
    return st.fixed_dictionaries({}, optional=keys)


def _reference() -> st.SearchStrategy[Json]:
    return st.sampled_from([{"$ref": _pointer(name)} for name in NAMES])


def _plain(is_old: bool) -> st.SearchStrategy[Json]:
    """Schemas of one type: text, number, truth; with the keywords of 3.0 or of 3.1."""
    bound = st.booleans() if is_old else _NUMBERS
    newer = {} if is_old else {"const": _ANY, "examples": st.lists(_ANY, max_size=2)}
    shared = {
        "nullable": st.booleans(),
        "enum": st.lists(_ANY, min_size=1, max_size=4, unique_by=repr),
        "default": _ANY,
        "description": _TEXTS,
        "readOnly": st.booleans(),
        "writeOnly": st.booleans(),
        "deprecated": st.booleans(),
    }
    if not is_old:
        del shared["nullable"]
    text = {"maxLength": _SMALL, "minLength": _SMALL, "pattern": st.sampled_from(("^a", ".*", "("))}
    number = {
        "maximum": _NUMBERS,
        "minimum": _NUMBERS,
        "exclusiveMaximum": bound,
        "exclusiveMinimum": bound,
        "multipleOf": st.integers(1, 3),
    }
    formats = {"format": st.sampled_from(("date", "date-time", "int32", "uuid"))}
    types = st.sampled_from(("string", "integer", "number", "boolean"))
    lists = st.lists(
        st.sampled_from(("string", "integer", "null", "array", "object")),
        min_size=1,
        max_size=3,
        unique=True,
    )
    kinds = types if is_old else st.one_of(types, lists)
    return _some(type=kinds, **text, **number, **formats, **shared, **newer)


def _nested(is_old: bool, below: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    several = st.lists(below, min_size=1, max_size=3)
    extra = st.one_of(st.booleans(), below)
    required = st.lists(FIELDS, min_size=1, max_size=3, unique=True)
    fields = st.dictionaries(FIELDS, below, max_size=3)
    discriminator = st.fixed_dictionaries(
        {"propertyName": FIELDS},
        optional={
            "mapping": st.dictionaries(
                _TEXTS,
                st.sampled_from(("Cat", "#/components/schemas/Dog", "nowhere.yaml")),
                max_size=2,
            )
        },
    )
    objects = st.fixed_dictionaries(
        {"type": st.just("object")},
        optional={"properties": fields, "required": required, "additionalProperties": extra},
    )
    arrays = st.fixed_dictionaries(
        {"type": st.just("array"), "items": below},
        optional={"minItems": _SMALL, "maxItems": _SMALL},
    )
    mixed = _some(
        allOf=several, anyOf=several, oneOf=several, discriminator=discriminator, **{"not": below}
    )
    kinds = [objects, arrays, mixed]
    return st.one_of(*kinds) if is_old else st.one_of(*kinds, _newer(below, several))


def _newer(below: Any, several: Any) -> st.SearchStrategy[Json]:
    names = st.dictionaries(FIELDS, below, max_size=2)
    return _some(
        **{"if": below, "then": below, "else": below, "$defs": names},
        prefixItems=several,
        contains=below,
        minContains=_SMALL,
        maxContains=_SMALL,
        dependentRequired=st.dictionaries(
            FIELDS, st.lists(FIELDS, max_size=2, unique=True), max_size=2
        ),
        dependentSchemas=names,
        patternProperties=st.dictionaries(st.sampled_from(("^x", "(")), below, max_size=2),
        propertyNames=below,
        unevaluatedItems=below,
        unevaluatedProperties=below,
        contentSchema=below,
        contentMediaType=_TEXTS,
        contentEncoding=_TEXTS,
    )


@cache
def schemas(is_old: bool) -> st.SearchStrategy[Json]:
    """Schemas, with references into components that exist, circles among them."""
    leaves = [_plain(is_old), _reference()]
    if not is_old:
        leaves.append(st.booleans())
    return st.recursive(st.one_of(*leaves), lambda below: _nested(is_old, below), max_leaves=4)


@cache
def _components(is_old: bool) -> st.SearchStrategy[Json]:
    """Schemas that are no references themselves: a circle of nothing but references is an error."""
    return st.one_of(_plain(is_old), _nested(is_old, schemas(is_old)))


VERSIONS = ("3.0.3", "3.1.0", "3.2.0")


def descriptions() -> st.SearchStrategy[dict[str, Any]]:
    """Valid descriptions of 3.0, 3.1 or 3.2 in which each reference points somewhere."""
    return st.one_of([_descriptions(version) for version in VERSIONS])


@cache
def _descriptions(version: str) -> st.SearchStrategy[dict[str, Any]]:
    is_old = version.startswith("3.0")
    schema, component = schemas(is_old), _components(is_old)
    content = st.dictionaries(
        st.sampled_from(("application/json", "text/plain; charset=utf-8", "*/*")),
        _some(schema=schema, example=_ANY),
        max_size=2,
    )
    methods = st.dictionaries(
        st.sampled_from(("get", "post", "delete")), _operations(schema, content), max_size=2
    )
    paths = st.sampled_from(("/", "/cats", "/cats/{id}", "/cats/{cat_id}/toys", "/ü~/"))
    optional = {"security": _security()}
    if version != "3.0.3":
        optional["webhooks"] = st.dictionaries(_TEXTS, methods, max_size=2)
    return st.fixed_dictionaries(
        {
            "openapi": st.just(version),
            "info": st.fixed_dictionaries({"title": st.just("Cats"), "version": _TEXTS}),
            "paths": st.dictionaries(paths, methods, max_size=3),
            "components": st.fixed_dictionaries(
                {"schemas": st.fixed_dictionaries(dict.fromkeys(NAMES, component))}
            ),
        },
        optional=optional,
    )


def _security() -> st.SearchStrategy[Json]:
    scopes = st.lists(_TEXTS, max_size=2, unique=True)
    return st.lists(
        st.dictionaries(st.sampled_from(("key", "login")), scopes, max_size=2), max_size=2
    )


def _operations(schema: Any, content: Any) -> st.SearchStrategy[Json]:
    parameter = st.fixed_dictionaries(
        {"name": FIELDS, "in": st.sampled_from(("query", "header", "cookie")), "schema": schema},
        optional={"required": st.booleans(), "deprecated": st.booleans()},
    )
    header = st.fixed_dictionaries({"schema": schema}, optional={"required": st.booleans()})
    response = st.fixed_dictionaries(
        {"description": _TEXTS},
        optional={"content": content, "headers": st.dictionaries(_TEXTS, header, max_size=2)},
    )
    responses = st.dictionaries(
        st.sampled_from(("200", "201", "4XX", "404", "default")), response, min_size=1, max_size=2
    )
    body = st.fixed_dictionaries({"content": content}, optional={"required": st.booleans()})
    path = st.just({"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
    return st.fixed_dictionaries(
        {"responses": responses},
        optional={
            "parameters": st.lists(
                st.one_of(parameter, path), max_size=3, unique_by=lambda p: (p["name"], p["in"])
            ),
            "requestBody": body,
            "operationId": _TEXTS,
            "tags": st.lists(_TEXTS, max_size=2, unique=True),
            "security": _security(),
            "deprecated": st.booleans(),
        },
    )


_IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")


def is_hollow(document: Json) -> bool:
    """Tell whether a schema is explained by itself, without a step into a field or an item."""
    schemas = {_pointer(name): node for name, node in document["components"]["schemas"].items()}
    leads = {pointer: set(_references_in_place(node)) for pointer, node in schemas.items()}
    for _step in leads:
        leads = {
            one: set().union(others, *(leads[other] for other in others))
            for one, others in leads.items()
        }
    return any(pointer in others for pointer, others in leads.items())


def _references_in_place(node: Json) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references_in_place(item)
    elif isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for key in (key for key in _IN_PLACE if key in node):
            named = key == "dependentSchemas"
            yield from _references_in_place(list(node[key].values()) if named else node[key])


def renamed(node: Json, names: dict[str, str]) -> Json:
    """Return a description whose components have other names, in all references too."""
    others = {_pointer(name): _pointer(other) for name, other in names.items()}
    moved = _repointed(node, others)
    schemas = moved["components"]["schemas"]
    moved["components"]["schemas"] = {names[name]: schemas[name] for name in schemas}
    return moved


def _repointed(node: Json, others: dict[str, str]) -> Json:
    if isinstance(node, dict):
        return {key: _repointed(value, others) for key, value in node.items()}
    if isinstance(node, list):
        return [_repointed(item, others) for item in node]
    return others.get(node, node) if isinstance(node, str) else node


def _pointer(name: str) -> str:
    escaped = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    return f"#/components/schemas/{escaped}"


def shuffled(draw: st.DrawFn, node: Json) -> Json:
    """Return the same value with the keys of each object in another order."""
    if isinstance(node, dict):
        return {key: shuffled(draw, node[key]) for key in draw(st.permutations(list(node)))}
    if isinstance(node, list):
        return [shuffled(draw, item) for item in node]
    return node


@st.composite
def reordered(draw: st.DrawFn, document: Json) -> Json:
    """The same description with its keys in another order."""
    return shuffled(draw, document)


@st.composite
def twisted(draw: st.DrawFn, document: Json) -> Json:
    """A description in which up to four places are gone, doubled, swapped or something else."""
    document = copy.deepcopy(document)
    for _time in range(draw(st.integers(1, 4))):
        _twist(draw, document)
    return document


def _twist(draw: st.DrawFn, document: Json) -> None:
    holder, key = _place(draw, document)
    if key is None:
        return
    match draw(st.sampled_from(("replace", "delete", "double", "swap"))):
        case "replace":
            holder[key] = draw(JSON)
        case "delete":
            del holder[key]
        case "double" if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        case "double":
            holder[f"{key}2"] = copy.deepcopy(holder[key])
        case _:
            other, other_key = _place(draw, document)
            if other_key is not None:
                holder[key] = copy.deepcopy(other[other_key])


def _place(draw: st.DrawFn, document: Json) -> tuple[Any, Any]:
    """Return a random place, deep ones as likely as others: its holder and its key there."""
    holder, key, node = None, None, document
    for _level in range(draw(st.integers(1, 12))):
        if not isinstance(node, dict | list) or not node:
            break
        keys = list(node) if isinstance(node, dict) else range(len(node))
        holder, key = node, keys[draw(st.integers(0, len(keys) - 1))]
        node = holder[key]
    return holder, key
