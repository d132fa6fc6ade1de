"""What holds for all descriptions. `BACKSMITH_TEST_PROFILE=long` tries a hundred times as many."""

import copy
import functools
import gzip
import json
import operator
import os
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator
from openapi_spec_validator.schemas import schema_v30, schema_v31, schema_v32

from agent.openapi.change import ApiDiff, Change, Level
from agent.openapi.compare import diff
from agent.openapi.loading import load
from agent.openapi.spec import Spec, SpecError
from tests.fakes.specs import find_spec
from tests.openapi.material import GONE, build, spec
from tests.openapi.strategies import (
    JSON,
    NAMES,
    ODD_NAMES,
    descriptions,
    is_hollow,
    renamed,
    reordered,
    twisted,
)

IS_LONG = os.environ.get("BACKSMITH_TEST_PROFILE") == "long"
BASES = ("shop", "fastapi", "django", "older", "newer")


def tries(number: int) -> settings:
    """Return the settings of one property: the same examples each time unless the run is long."""
    return settings(
        max_examples=number * 100 if IS_LONG else number,
        derandomize=not IS_LONG,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        deadline=timedelta(seconds=20),  # ten times what the slowest takes on a busy machine
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )


def compare(base: dict[str, Any], head: dict[str, Any]) -> ApiDiff:
    return diff(spec(base), spec(head))


def errors(found: ApiDiff) -> set[str]:
    return {change.id for change in found.changes if change.level is Level.ERROR}


def severe(found: ApiDiff) -> set[str]:
    return {change.id for change in found.changes if change.level is not Level.INFO}


def told(found: ApiDiff) -> set[tuple[str, str, str]]:
    return {(change.id, change.level.value, change.fingerprint) for change in found.changes}


def _accepted(document: Any) -> bool:
    """Tell whether the official metaschema of its version accepts a description."""
    version = str(document.get("openapi")) if isinstance(document, dict) else ""
    for prefix, validator in _metaschemas().items():
        if version.startswith(prefix):
            return bool(validator.is_valid(document))
    return False


@functools.cache
def _metaschemas() -> dict[str, Any]:
    return {
        "3.0": Draft4Validator(schema_v30),
        "3.1": Draft202012Validator(schema_v31),
        "3.2": Draft202012Validator(schema_v32),
    }


@given(descriptions())
@tries(60)
def test_a_description_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert compare(document, json.loads(json.dumps(document))).changes == ()


@given(descriptions())
@tries(40)
def test_the_descriptions_that_are_made_are_valid(document: dict[str, Any]) -> None:
    assert _accepted(document)


@given(st.data())
@tries(40)
def test_the_order_of_keys_changes_nothing(data: st.DataObject) -> None:
    base, head = data.draw(descriptions()), data.draw(descriptions())
    assert compare(base, data.draw(reordered(base))).changes == ()
    assert told(compare(base, head)) == told(compare(base, data.draw(reordered(head))))


@given(descriptions(), descriptions())
@tries(60)
def test_any_two_valid_descriptions_are_compared(base: Any, head: Any) -> None:
    found = compare(base, head)
    assert found == compare(base, head)
    prints = [change.fingerprint for change in found.changes]
    assert len(prints) == len(set(prints))
    assert all(_is_whole(change) for change in found.changes)


def _is_whole(change: Change) -> bool:
    is_felt = change.affects == len(change.operations)
    return is_felt and bool(change.text) and "\n" not in change.text and change.affects >= 0


@given(st.data())
@tries(50)
def test_what_the_metaschema_accepts_is_compared(data: st.DataObject) -> None:
    base = data.draw(descriptions())
    where = data.draw(st.sampled_from((["components", "schemas"], ["components"], ["paths"])))
    part = functools.reduce(operator.getitem, where, base)
    head = copy.deepcopy(base)
    functools.reduce(operator.getitem, where[:-1], head)[where[-1]] = data.draw(twisted(part))
    assume(_accepted(head))
    _compare_or_refuse(base, head)


@pytest.mark.parametrize("name", BASES)
@given(data=st.data())
@tries(40)
def test_twisted_descriptions_are_compared_or_refused(name: str, data: st.DataObject) -> None:
    base = build(name, {})
    head = data.draw(twisted(base))
    other = data.draw(twisted(head))
    _compare_or_refuse(base, head)
    _compare_or_refuse(head, other)


def _compare_or_refuse(base: Any, head: Any) -> None:
    for one, other in ((base, head), (head, base), (head, head)):
        try:
            diff(_loaded(one), _loaded(other))
        except SpecError as error:
            _require_one_line(error)


def _loaded(document: Any) -> Spec:
    return load(json.dumps(document).encode(), "test")


@given(JSON)
@tries(100)
def test_arbitrary_json_is_refused(document: Any) -> None:
    _load_or_refuse(json.dumps(document).encode())


@given(st.binary(max_size=200))
@tries(100)
def test_arbitrary_bytes_are_refused(content: bytes) -> None:
    _load_or_refuse(content)


@given(st.text(alphabet="openapi: 3.1.0\n{}[]&*!|>-?,#'\"\\\t<%@`", max_size=80))
@tries(100)
def test_arbitrary_yaml_is_refused(content: str) -> None:
    _load_or_refuse(b"openapi: 3.1.0\n" + content.encode())


def _load_or_refuse(content: bytes) -> None:
    try:
        found = load(content, "test")
        diff(found, found)
    except SpecError as error:
        _require_one_line(error)


def _require_one_line(error: SpecError) -> None:
    assert str(error)
    assert "\n" not in str(error)


_ANYWHERE = """
/paths /components /security /webhooks /tags /servers /info search search/parameters limit
limit/schema found found/headers found/content placed order-body in-order in-properties in-title
out-order in-object
"""


@given(st.data())
@tries(60)
def test_json_anywhere_in_a_valid_frame_is_compared_or_refused(data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(_ANYWHERE.split()))
    base, odd = build("shop", {}), data.draw(JSON)
    _compare_or_refuse(base, build("shop", {place: odd if odd != GONE else None}))


# A model of each rule, by sets and numbers, decides what must be raised.

_SETS = st.sets(st.sampled_from("abcde"), min_size=1)
_BOUNDS = {
    "limit/schema": ("maximum", "exclusiveMaximum"),
    "sort/schema": ("maxLength",),
    "tag/schema": ("maxItems",),
}
_LOWER = {
    "limit/schema": ("minimum", "exclusiveMinimum"),
    "sort/schema": ("minLength",),
    "tag/schema": ("minItems",),
}
_TOPS = [(place, key) for place, keys in _BOUNDS.items() for key in keys]
_BOTTOMS = [(place, key) for place, keys in _LOWER.items() for key in keys]


def between(place: str, base: Any, head: Any) -> ApiDiff:
    return compare(build("shop", {place: base}), build("shop", {place: head}))


@given(st.sampled_from(_TOPS), st.integers(1, 9), st.integers(1, 9))
@tries(40)
def test_a_smaller_largest_value_breaks_requests_and_its_reverse_does_not(
    place: tuple[str, str], old: int, new: int
) -> None:
    found = between("/".join(place), old, new)
    assert bool(errors(found)) == (new < old)
    assert bool(found.changes) == (new != old)


@given(st.sampled_from(_BOTTOMS), st.integers(1, 9), st.integers(1, 9))
@tries(40)
def test_a_larger_smallest_value_breaks_requests_and_its_reverse_does_not(
    place: tuple[str, str], old: int, new: int
) -> None:
    found = between("/".join(place), old, new)
    assert bool(errors(found)) == (new > old)
    assert bool(found.changes) == (new != old)


@given(_SETS, _SETS)
@tries(40)
def test_a_request_breaks_when_a_value_goes_and_an_answer_may_when_one_comes(
    old: set[str], new: set[str]
) -> None:
    # Two values at least, for a single one is a constant.
    old, new = old | {"y", "z"}, new | {"y", "z"}
    sent = between("in-title/enum", sorted(old), sorted(new, reverse=True))
    answered = between("out-title/enum", sorted(old), sorted(new, reverse=True))
    assert bool(severe(sent)) == bool(old - new)
    assert bool(severe(answered)) == bool(new - old)
    assert bool(sent.changes) == bool(answered.changes) == (old != new)


@given(_SETS, _SETS)
@tries(40)
def test_a_request_breaks_when_more_is_required_and_an_answer_when_less_is(
    old: set[str], new: set[str]
) -> None:
    def required(names: set[str]) -> dict[str, Any]:
        fields = {name: {"type": "string"} for name in "abcde"}
        return {"type": "object", "properties": fields, "required": sorted(names)}

    assert bool(errors(between("in-object", required(old), required(new)))) == bool(new - old)
    assert bool(errors(between("out-object", required(old), required(new)))) == bool(old - new)


@given(_SETS, _SETS, st.sampled_from(("oneOf", "anyOf")))
@tries(40)
def test_a_request_breaks_when_a_shape_goes_and_an_answer_when_one_comes(
    old: set[str], new: set[str], keyword: str
) -> None:
    def shapes(names: set[str]) -> dict[str, Any]:
        # Two more, that neither side can be a single shape.
        return {keyword: [_shape(name) for name in sorted(names | {"y", "z"})]}

    assert bool(errors(between("in-object", shapes(old), shapes(new)))) == bool(old - new)
    assert bool(errors(between("out-object", shapes(old), shapes(new)))) == bool(new - old)


def _shape(name: str) -> dict[str, Any]:
    fields = {"kind": {"type": "string", "const": name}, name: {"type": "integer"}}
    return {"type": "object", "required": ["kind"], "properties": fields}


@given(_SETS, _SETS)
@tries(40)
def test_a_call_breaks_when_a_scope_is_added(old: set[str], new: set[str]) -> None:
    def scopes(names: set[str]) -> list[dict[str, list[str]]]:
        return [{"login": sorted(names)}]

    assert bool(errors(between("read/security", scopes(old), scopes(new)))) == bool(new - old)


@given(st.lists(_SETS, max_size=3), st.lists(_SETS, max_size=3))
@tries(60)
def test_a_call_breaks_when_an_old_way_to_sign_in_no_longer_suffices(
    old: list[set[str]], new: list[set[str]]
) -> None:
    def ways(sets: list[set[str]]) -> list[dict[str, list[str]]]:
        return [{name: [] for name in sorted(one)} for one in sets]

    def opens(held: set[str]) -> bool:
        return any(one <= held for one in new) or not new

    breaks = not all(opens(held) for held in old or [set()])
    assert bool(errors(between("read/security", ways(old), ways(new)))) == breaks


@given(_SETS, _SETS)
@tries(30)
def test_media_types_that_go_break_both_ways(old: set[str], new: set[str]) -> None:
    def content(names: set[str]) -> dict[str, Any]:
        return {f"application/{name}": {"schema": {"type": "string"}} for name in names}

    for place in ("text/requestBody/content", "text/responses/200/content"):
        assert bool(errors(between(place, content(old), content(new)))) == bool(old - new)


@given(descriptions(), st.permutations(ODD_NAMES))
@tries(30)
def test_components_may_be_called_anything(document: Any, names: list[str]) -> None:
    _rename(document, names)


@given(descriptions(), st.permutations(NAMES))
@tries(30)
def test_components_may_swap_their_names(document: Any, names: list[str]) -> None:
    _rename(document, names)


def _rename(document: Any, names: list[str]) -> None:
    assume("mapping" not in json.dumps(document) and not is_hollow(document))
    others = dict(zip(NAMES, names, strict=True))
    assert compare(document, renamed(document, others)).changes == ()


@pytest.mark.parametrize("name", ["jira-v3.subset", "github-rest.subset"])
@given(data=st.data())
@tries(5)
def test_twisted_descriptions_of_vendors_are_compared_in_time(
    name: str, data: st.DataObject
) -> None:
    base = _vendor(name)
    head = data.draw(twisted(base))
    _compare_or_refuse(base, head)


@functools.cache
def _vendor(name: str) -> Any:
    return json.loads(gzip.decompress(find_spec(f"subset/{name}.openapi.json.gz").read_bytes()))
