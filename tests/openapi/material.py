"""Reads the pairs of descriptions that lie beside this file.

A file of `bases/` holds one description and short names for places in it. A file of `pairs/` holds
cases: `given` says what stands where in both descriptions, `change` what stands there in the newer
one alone; `(gone)` takes away, `/-` at the end of a place appends to a list. `rename` and `reverse`
move things in the newer one. `expect` is what the change must raise, exactly, and `back` what its
reverse must raise; where `expect` is empty, `back` is too. `breaks` names errors that must be among
what is raised, where the rest is a matter of taste.
"""

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from agent.openapi.options import Options
from agent.openapi.spec import Spec

HERE = Path(__file__).parent
GONE = "(gone)"


class Pair(NamedTuple):
    """Two descriptions, and what comparing them must raise."""

    name: str
    base: dict[str, Any]
    head: dict[str, Any]
    expect: dict[str, str] | None
    """Level by id; None when only `breaks` counts."""
    breaks: tuple[str, ...] = ()
    is_noise: bool = False
    """True when all that is raised comes from a framework."""
    options: Options = Options()
    """What the team asks for besides."""


def spec(document: dict[str, Any]) -> Spec:
    """Return a description as the differ takes it."""
    major, minor = document["openapi"].split(".")[:2]
    return Spec(document, (int(major), int(minor)), "test")


class NullGroup(NamedTuple):
    """A schema without null, and the ways to allow null beside it."""

    name: str
    never: dict[str, Any]
    spellings: dict[str, dict[str, Any]]


def read_null_groups() -> list[NullGroup]:
    """Return the schemas of `nullable.yaml`."""
    groups = _yaml(str(HERE / "pairs" / "nullable.yaml"))["groups"]
    return [NullGroup(**group) for group in groups]


def read_pairs() -> list[Pair]:
    """Return every pair of `pairs/` but those of null, with the reverse of each."""
    files = sorted((HERE / "pairs").glob("*.yaml"))
    return [pair for file in files for pair in _pairs(file.stem, _yaml(str(file)))]


def _pairs(stem: str, content: Mapping[str, Any]) -> Iterator[Pair]:
    options = Options.model_validate(content.get("options", {}))
    cases = [*(_of_row(*row) for row in content.get("rows", ())), *content.get("pairs", ())]
    for case in cases:
        for pair in _both_ways(stem, content["base"], case):
            yield pair._replace(options=options)


def _of_row(place: str, key: str, old: Any, new: Any, expect: Any, back: Any) -> dict[str, Any]:
    told = "nothing" if old == GONE else old
    return {
        "name": f"{place} {key} {told} becomes {new}",
        "given": {f"{place}/{key}": old},
        "change": {f"{place}/{key}": new},
        "expect": expect,
        "back": back,
    }


def _both_ways(stem: str, base_name: str, case: dict[str, Any]) -> Iterator[Pair]:
    places = read_base(case.get("base", base_name))["places"]
    base = build(case.get("base", base_name), case.get("given", {}))
    head = build(case["head"], {}) if "head" in case else _changed(base, places, case)
    name, breaks = f"{stem}: {case['name']}", tuple(case.get("breaks", ()))
    noise = case.get("noise", False)
    yield Pair(name, base, head, case.get("expect"), breaks, noise)
    if not breaks:
        back = case["back"] if case["expect"] else case.get("back", {})
        yield Pair(f"{name}, reversed", head, base, back, (), noise)


def _changed(base: dict[str, Any], places: Mapping[str, str], case: Any) -> dict[str, Any]:
    head = copy.deepcopy(base)
    for old, new in case.get("rename", {}).items():
        _rename(head, _parts(places, old), _parts(places, new))
    _apply(head, places, case.get("change", {}))
    for place in case.get("reverse", ()):
        parts = _parts(places, place)
        _set(head, parts, _reversed(_get(head, parts)))
    return head


def build(base_name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description of `bases/` with some places set."""
    base = read_base(base_name)
    document: dict[str, Any] = copy.deepcopy(base["description"])
    _apply(document, base["places"], given)
    return document


def read_base(name: str) -> dict[str, Any]:
    """Return one file of `bases/`."""
    return _yaml(str(HERE / "bases" / f"{name}.yaml"))


@cache
def _yaml(file: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(Path(file).read_text("utf-8"))
    return content


def _apply(document: dict[str, Any], places: Mapping[str, str], edits: Mapping[str, Any]) -> None:
    for place, value in edits.items():
        parts = _parts(places, place)
        if value == GONE:
            _remove(document, parts)
        else:
            _set(document, parts, copy.deepcopy(value))


def _parts(places: Mapping[str, str], place: str) -> list[str]:
    first, slash, rest = place.partition("/")
    pointer = f"{places[first]}{slash}{rest}" if first else place
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def _get(document: Any, parts: list[str]) -> Any:
    for part in parts:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def _set(document: Any, parts: list[str], value: Any) -> None:
    for part in parts[:-1]:
        if isinstance(document, list):
            document = document[int(part)]
        else:
            document = document.setdefault(part, {})
    if isinstance(document, dict):
        document[parts[-1]] = value
    elif parts[-1] == "-":
        document.append(value)
    else:
        document[int(parts[-1])] = value


def _remove(document: Any, parts: list[str]) -> None:
    *above, last = parts
    holder = _get(document, above)
    if isinstance(holder, list):
        del holder[int(last)]
    else:
        holder.pop(last, None)


def _rename(document: Any, old: list[str], new: list[str]) -> None:
    value = _get(document, old)
    _remove(document, old)
    _set(document, new, value)


def _reversed(value: Any) -> Any:
    if isinstance(value, list):
        return value[::-1]
    return dict(reversed(value.items()))
