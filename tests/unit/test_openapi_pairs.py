import itertools
from typing import Any

import pytest

from agent.openapi.change import ApiDiff, Level
from agent.openapi.compare import diff
from agent.openapi.levels import LEVELS, OVERRIDDEN, OWN_RULES
from tests.fakes.specs import find_shared
from tests.openapi.material import GONE, Pair, build, read_null_groups, read_pairs, spec

PAIRS = read_pairs()
GROUPS = read_null_groups()
SPELLINGS = [
    pytest.param(group, one, other, id=f"{group.name}: {one} to {other}")
    for group in GROUPS
    for one, other in itertools.permutations(group.spellings, 2)
]
NULLABLE = [
    pytest.param(group, one, id=f"{group.name}: {one}")
    for group in GROUPS
    for one in group.spellings
]
COMPARED: dict[str, ApiDiff] = {}


def compare(pair: Pair) -> ApiDiff:
    if pair.name not in COMPARED:
        COMPARED[pair.name] = _compare(pair)
    return COMPARED[pair.name]


def _compare(pair: Pair) -> ApiDiff:
    return diff(spec(pair.base), spec(pair.head), pair.options)


def raised(found: ApiDiff) -> set[tuple[str, str]]:
    return {(change.id, change.level.value) for change in found.changes}


def with_field(schema: dict[str, Any]) -> dict[str, Any]:
    """The shop with a field that is sent, answered and asked for, in the version it needs."""
    version = "3.0.3" if "nullable" in schema else "3.1.0"
    given = {"/openapi": version, "/webhooks": GONE}
    places = ("in-properties/extra", "out-properties/extra")
    return build("shop", given | dict.fromkeys(places, schema))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_pair_raises_exactly_what_it_must(pair: Pair) -> None:
    found = raised(compare(pair))
    if pair.expect is None:
        assert found >= {(rule, "error") for rule in pair.breaks}
    else:
        assert found == set(pair.expect.items())


@pytest.mark.parametrize("pair", [p for p in PAIRS if p.is_noise], ids=lambda pair: pair.name)
def test_what_a_framework_changed_is_marked_as_its_noise(pair: Pair) -> None:
    assert all(change.is_noise for change in compare(pair).changes)


@pytest.mark.parametrize(("group", "one", "other"), SPELLINGS)
def test_two_spellings_of_null_are_no_change(group: Any, one: str, other: str) -> None:
    base, head = (with_field(group.spellings[name]) for name in (one, other))
    assert raised(diff(spec(base), spec(head))) == set()


@pytest.mark.parametrize(("group", "spelling"), NULLABLE)
def test_each_spelling_of_null_is_told_from_no_null(group: Any, spelling: str) -> None:
    never, null = with_field(group.never), with_field(group.spellings[spelling])
    assert raised(diff(spec(never), spec(null))) == {
        ("request-property-became-nullable", "info"),
        ("response-property-became-nullable", "error"),
    }
    assert raised(diff(spec(null), spec(never))) == {
        ("request-property-became-not-nullable", "error"),
        ("response-property-became-not-nullable", "info"),
    }


def test_a_change_in_a_component_is_told_once_with_all_operations_that_feel_it() -> None:
    base = build("fastapi", {})
    head = build("fastapi", {"out/properties/version/const": "v2"})
    (change,) = diff(spec(base), spec(head)).changes
    assert change.component == "schemas/ItemPublic"
    assert change.operations == ("GET /items", "GET /items/{item_id}", "POST /items")
    assert change.affects == 3


def test_every_change_has_the_name_of_a_declared_rule() -> None:
    assert {change.id for pair in PAIRS for change in compare(pair).changes} <= set(LEVELS)


def test_declared_rules_are_those_of_oasdiff_with_its_levels_but_where_we_say_so() -> None:
    declared = {rule: level for rule, level in LEVELS.items() if rule not in OWN_RULES}
    published = {rule: level for rule, level in published_levels().items() if rule in declared}
    assert declared.keys() == published.keys()
    others = {rule for rule in declared if declared[rule] is not published[rule]}
    assert others == set(OVERRIDDEN)


def published_levels() -> dict[str, Level]:
    letters = {"ERR": Level.ERROR, "WARN": Level.WARNING, "INFO": Level.INFO}
    rows = find_shared("openapi/rules.tsv").read_text("utf-8").splitlines()[1:]
    return {row.split("\t")[0]: letters[row.split("\t")[1]] for row in rows}


def test_a_fingerprint_stays_when_something_else_changes_too() -> None:
    one = {"limit/schema/maximum": 50}
    base = build("shop", {})
    alone = diff(spec(base), spec(build("shop", one)))
    among = diff(spec(base), spec(build("shop", one | {"in-title/maxLength": 5, "cancel": GONE})))
    (kept,) = (change.fingerprint for change in alone.changes)
    assert kept in {change.fingerprint for change in among.changes}


def test_changes_of_one_comparison_have_fingerprints_of_their_own() -> None:
    for pair in PAIRS:
        prints = [change.fingerprint for change in compare(pair).changes]
        assert len(prints) == len(set(prints)), pair.name


def test_each_rule_that_can_break_clients_is_raised_by_some_pair() -> None:
    wanted = {rule for rule, level in published_levels().items() if level is not Level.INFO}
    told = {rule for pair in PAIRS for rule in (*(pair.expect or ()), *pair.breaks)}
    assert len(wanted) > 200
    assert wanted - told == set()
