"""What a team says about changes of its API: read strictly, applied exactly."""

import time
from datetime import date

import pytest

from agent.domain.errors import SettingsError
from agent.openapi.accept_file import acceptance_text, acceptances_text
from agent.openapi.change import Acceptance, Level, Semver
from agent.openapi.policy import ApiPolicy, apply, joined, read_policy
from tests.fakes.api_changes import at, change, diff

TODAY = date(2026, 11, 23)
FILE = ".openapi-accept.yml"
KNOWN = frozenset(
    {"endpoint-added", "request-property-removed", "request-property-became-required"}
)
REQUIRED = change()
REMOVED = at("GET /items/{item_id}", "request-property-removed", level=Level.WARNING)
ADDED = at("POST /items", "endpoint-added", level=Level.INFO)
ALL = diff(REQUIRED, REMOVED, ADDED, base="1.0.0", head="1.1.0")


def read(text: str, name: str = FILE) -> ApiPolicy:
    return read_policy(text.encode(), name, KNOWN)


def accepting(*lines: str) -> ApiPolicy:
    entry = "\n    ".join(["reason: nobody uses it", *lines])
    return read(f"accept:\n  - {entry}\n")


def accepted_ids(policy: ApiPolicy, today: date = TODAY) -> list[str]:
    return [item.id for item in apply(ALL, policy, today).diff.changes if item.accepted]


def fault(text: str | bytes, name: str = FILE) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(SettingsError) as caught:
        read_policy(content, name, KNOWN)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_no_policy_changes_nothing() -> None:
    assert apply(ALL, ApiPolicy(), TODAY) == (ALL, ())


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "---\n", "levels:\naccept:\n", "accept: []"]
)
def test_a_file_that_says_nothing_is_no_policy(text: str) -> None:
    assert read(text) == ApiPolicy()


def test_levels_of_rules_are_overridden_and_the_worst_comes_first_again() -> None:
    policy = read("levels:\n  endpoint-added: error\n  request-property-became-required: INFO\n")
    shown = apply(ALL, policy, TODAY).diff
    assert [(item.id, item.level) for item in shown.changes] == [
        ("endpoint-added", Level.ERROR),
        ("request-property-removed", Level.WARNING),
        ("request-property-became-required", Level.INFO),
    ]


def test_a_rule_with_level_none_is_dropped_and_asks_for_no_version() -> None:
    policy = read("levels: {request-property-became-required: none}")
    shown = apply(ALL, policy, TODAY).diff
    assert [item.id for item in shown.changes] == ["request-property-removed", "endpoint-added"]
    assert (shown.breaking, shown.semver) == (False, Semver.MINOR)


def test_the_versions_of_the_descriptions_are_kept() -> None:
    shown = apply(ALL, accepting("fingerprint: " + REQUIRED.fingerprint), TODAY).diff
    assert (shown.base_version, shown.head_version) == ("1.0.0", "1.1.0")


def test_a_verdict_that_was_asked_for_before_is_not_kept() -> None:
    before = diff(REQUIRED)
    assert before.breaking
    assert not apply(before, accepting(f"fingerprint: {REQUIRED.fingerprint}"), TODAY).diff.breaking


def test_an_accepted_change_is_not_breaking_and_stays_a_major_one() -> None:
    shown = apply(ALL, accepting(f"fingerprint: {REQUIRED.fingerprint}"), TODAY).diff
    assert (shown.breaking, shown.semver) == (False, Semver.MAJOR)
    assert shown.changes[0].accepted == Acceptance(reason="nobody uses it")


def test_eight_digits_of_a_fingerprint_are_enough() -> None:
    policy = accepting(f"fingerprint: {REQUIRED.fingerprint[:8].upper()}")
    assert accepted_ids(policy) == [REQUIRED.id]


@pytest.mark.parametrize("digits", ["12345678", "1e345678", "0x345678", "00000000", "123456789012"])
def test_a_fingerprint_that_looks_like_a_number_is_read_as_it_is_written(digits: str) -> None:
    if digits == "0x345678":
        assert "hexadecimal" in fault(f"accept: [{{fingerprint: {digits}, reason: x}}]")
        return
    policy = accepting(f"fingerprint: {digits}")
    found = diff(change(fingerprint=digits.ljust(12, "0")))
    assert apply(found, policy, TODAY).diff.changes[0].accepted


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("operation: get /items/{id}", ["request-property-removed"]),
        ("operation: GET  /items/{item_id}", ["request-property-removed"]),
        ("operation: POST /items/{item_id}", []),
        ("pointer: /paths", ["request-property-removed"]),
        ("pointer: '#/paths'", ["request-property-removed"]),
        ("component: schemas/Item", []),
    ],
)
def test_an_id_is_accepted_at_its_place_only(place: str, expected: list[str]) -> None:
    assert accepted_ids(accepting("id: request-property-removed", place)) == expected


@pytest.mark.parametrize("name", ["schemas/Item", "'#/components/schemas/Item'"])
def test_a_component_may_be_written_as_its_reference(name: str) -> None:
    policy = accepting("id: request-property-became-required", f"component: {name}")
    assert accepted_ids(policy) == ["request-property-became-required"]


def test_one_operation_of_many_does_not_accept_a_change_for_all() -> None:
    policy = accepting("id: request-property-became-required", "operation: GET /items/00")
    assert accepted_ids(policy) == []


def test_a_fingerprint_with_another_rule_accepts_nothing() -> None:
    policy = accepting(f"fingerprint: {REQUIRED.fingerprint}", "id: endpoint-added")
    assert accepted_ids(policy) == []


def test_an_acceptance_holds_on_its_last_day_and_not_on_the_next() -> None:
    policy = accepting(f"fingerprint: {REQUIRED.fingerprint}", "expires: 2026-11-23")
    assert accepted_ids(policy, date(2026, 11, 23)) == [REQUIRED.id]
    assert accepted_ids(policy, date(2026, 11, 24)) == []


def test_an_expired_entry_is_noted_with_its_line() -> None:
    policy = accepting(f"fingerprint: {REQUIRED.fingerprint}", "expires: 2026-01-31")
    assert apply(ALL, policy, TODAY).notes == (
        f"`.openapi-accept.yml`, line 2: `{REQUIRED.fingerprint}` was accepted until 2026-01-31; "
        "decide again, or make the change harmless",
    )


def test_an_entry_that_matches_nothing_is_noted() -> None:
    policy = accepting("id: endpoint-added", "operation: GET /gone/{id}")
    assert apply(ALL, policy, TODAY).notes == (
        "`.openapi-accept.yml`, line 2: `endpoint-added` (`GET /gone/{id}`) matches no change; "
        "remove it",
    )


def test_an_entry_that_is_expired_and_matches_nothing_is_noted_once() -> None:
    policy = accepting("id: endpoint-added", "operation: GET /gone", "expires: 2020-01-01")
    (note,) = apply(ALL, policy, TODAY).notes
    assert note.endswith("was accepted until 2020-01-01; remove it")


def test_an_expired_entry_does_not_stand_in_the_way_of_one_that_holds() -> None:
    policies = [
        accepting(f"fingerprint: {REQUIRED.fingerprint}", "expires: 2020-01-01"),
        accepting(f"fingerprint: {REQUIRED.fingerprint}", "ticket: SHOP-2"),
    ]
    found = apply(ALL, joined(policies), TODAY).diff.changes[0].accepted
    assert found is not None
    assert found.ticket == "SHOP-2"


def test_joined_policies_keep_all_entries_and_the_later_level() -> None:
    first = read("levels: {endpoint-added: error, request-property-removed: none}")
    second = read("levels: {endpoint-added: warning}")
    assert joined([first, second]).levels == {
        "endpoint-added": Level.WARNING,
        "request-property-removed": None,
    }


@pytest.mark.parametrize("name", [".backsmith.yml", "sub/.backsmith.yml", "main:.backsmith.yml"])
def test_of_the_team_file_only_the_section_openapi_is_read(name: str) -> None:
    text = "tests: {command: pytest}\nopenapi:\n  levels:\n    endpoint-added: none\n"
    assert read(text, name).levels == {"endpoint-added": None}


def test_a_team_file_without_the_section_is_no_policy() -> None:
    assert read("tests: {command: pytest}\n", ".backsmith.yml") == ApiPolicy()


def test_a_fault_of_the_team_file_names_section_and_line() -> None:
    said = fault("tests: 1\nopenapi:\n  level: {}\n", ".backsmith.yml")
    assert said == ".backsmith.yml, line 3: openapi.level is no setting; did you mean levels?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("levls: {}", "line 1: levls is no setting; did you mean levels?"),
        ("zzz: {}", "line 1: zzz is no setting; known are accept, apps, levels, sunset_days"),
        ("levels:\n  endpoint-aded: info", "levels.endpoint-aded names no rule; did you mean"),
        ("levels:\n  qqq: info", "levels.qqq names no rule; known are endpoint-added, req"),
        ("levels:\n  endpoint-added: fatal", "must be error, warning, info or none"),
        ("levels:\n  endpoint-added: [info]", "line 2: levels.endpoint-added must be one text"),
        ("levels: [a]", "levels must have settings below it, each as `name: value`"),
        ("accept: {a: b}", "accept must be a list, each entry with `- ` before it"),
        ("accept:\n- abc", "line 2: accept[0] must consist of `name: value`"),
        ("accept:\n- {reason: x}", "accept[0] does not say which change; give its fingerprint"),
        ("accept:\n- {reason: x, id: endpoint-added}", "does not say which change"),
        ("accept:\n- {reason: x, operation: GET /}", "does not say which change"),
        ("accept:\n- {fingerprint: abcdef12}", "accept[0] has no reason; say why"),
        ("accept:\n- {fingerprint: abcdef12, reason: ''}", "accept[0] has no reason"),
        ("accept:\n- {fingerprint: abc, reason: x}", "accept[0].fingerprint must be 8 to 12"),
        ("accept:\n- {fingerprint: abcdef12, reasn: x}", "accept[0].reasn is no setting; did"),
        ("accept:\n- {id: endpoint-add, operation: a, reason: x}", "accept[0].id names no rule"),
        ("accept:\n- fingerprint: abcdef12\n  reason: x\n  expires: soon", "line 4: accept[0].exp"),
        ("accept:\n- {fingerprint: abcdef12, reason: x, expires: 2026-02-30}", "no day of the cal"),
        ("accept:\n- {fingerprint: abcdef12, reason: x, expires: 20260228}", "a day such as 2027"),
        ("levels: {}\nlevels: {}", "line 2: levels stands there twice; remove one of them"),
        ("levels: {endpoint-added: info, endpoint-added: none}", "stands there twice"),
        ("{[a]: b}", "the file has a key that is no text"),
        ("- a", "the file must consist of `name: value`"),
        ("just words", "the file must consist of `name: value`"),
        ("levels: &a {}\naccept: *a", "line 2: the alias *a is not read"),
        ("levels: {", "no YAML: "),
        ("a: b: c", "line 1: no YAML: "),
        ("\tlevels: {}", "no YAML: "),
        ("levels: {}\n---\nlevels: {}", "no YAML: "),
        ("levels: \x00", "no YAML: "),
        ("levels: !!python/object:os.system {}\naccept: 3", "accept must be a list"),
        (b"levels: {}\n# \xff", ", line 2: no UTF-8; save it as UTF-8"),
        ("levels: " + "[" * 100 + "]" * 100, "too many levels"),
        ("#" * ((1 << 20) + 1), "has more than 1 MiB"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_with_place_and_fix(
    text: str | bytes, said: str
) -> None:
    message = fault(text)
    assert message.startswith(FILE)
    assert said in message


def test_a_rule_is_not_checked_while_no_rules_are_known() -> None:
    policy = read_policy(b"levels: {of-tomorrow: none}", FILE)
    assert policy.levels == {"of-tomorrow": None}


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read_policy(b"\xef\xbb\xbflevels: {endpoint-added: none}", FILE, KNOWN).levels


@pytest.mark.parametrize(
    "text",
    [
        "[" * (1 << 20),
        "{a: " * (1 << 18),
        "- " * (1 << 19),
        "a: &a [" + "x, " * (1 << 18) + "]\nb: *a",
        "? " * (1 << 19),
        "'" * ((1 << 20) - 1),
    ],
)
def test_a_hostile_file_is_refused_at_once(text: str) -> None:
    start = time.process_time()
    fault(text[: 1 << 20])
    assert time.process_time() - start < 5


@pytest.mark.parametrize("what", ["fingerprint: {}", "id: endpoint-added, operation: GET /{}"])
def test_a_long_accept_file_is_applied_at_once(what: str) -> None:
    names = [f"{number * 7_919 % 16_777_213:06x}000000" for number in range(6_000)]
    entries = "".join(f"- {{{what.format(name)}, reason: x}}\n" for name in names)
    policy = read(f"accept:\n{entries}")
    many = diff(*(at(f"GET /{n}", "endpoint-added", fingerprint=n) for n in names[:2_000]))
    start = time.process_time()
    applied = apply(many, policy, TODAY)
    assert time.process_time() - start < 3
    assert all(item.accepted for item in applied.diff.changes)
    assert len(applied.notes) == 4_000


def test_the_entry_for_a_change_is_accepted_once_it_has_a_reason() -> None:
    for item in ALL.changes:
        text = f"accept:\n{acceptance_text(item)}\n"
        assert "has no reason" in fault(text)
        policy = read(text.replace('reason: ""', 'reason: "agreed"'))
        assert accepted_ids(policy) == [item.id]
    assert read(acceptances_text(ALL.changes).replace('""', '"agreed"')).accepted


@pytest.mark.parametrize(
    "name",
    ['GET /"x"', "GET /\\", "GET /a: b # c", "GET /<!-- -->", "GET /```", "GET /😀é", "GET /'{x}"],
)
def test_the_entry_for_a_hostile_name_is_ascii_and_finds_the_change(name: str) -> None:
    found = at(name, "endpoint-added")
    text = f"accept:\n{acceptance_text(found)}\n"
    assert text.isascii()
    assert "<" not in text
    policy = read(text.replace('reason: ""', 'reason: "agreed"'))
    assert apply(diff(found), policy, TODAY).diff.changes[0].accepted


def test_a_name_that_cannot_be_written_is_left_out_of_the_entry() -> None:
    found = at("GET /\ud800\n- evil", "endpoint-added")
    assert "operation" not in acceptance_text(found)
    assert len(acceptance_text(found).splitlines()) == 5
