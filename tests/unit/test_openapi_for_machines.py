"""An API diff for code scanning and as annotations of a GitHub job."""

import json
from datetime import date
from typing import Any

import jsonschema
import pytest

from agent.openapi.change import Acceptance, ApiDiff, Level
from agent.openapi.report.annotations import render_annotations
from agent.openapi.report.sarif import render_sarif
from tests.fakes.api_changes import REAL_DIFF, at, change, diff
from tests.fakes.sarif_schema import LOG

HOSTILE = "x`\x1b[31m\u202e\r\n::error::y, z: 100%\x00<b>[a](1){0}\ud800"


def sarif(found: ApiDiff, file: str = "openapi.json") -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render_sarif(found, file, "1.2"))
    jsonschema.validate(log, LOG)
    (run,) = log["runs"]
    return dict(run)


def annotations(found: ApiDiff, file: str = "openapi.json", *notes: str) -> list[str]:
    return render_annotations(found, file, notes).split("\n")


@pytest.mark.parametrize("found", [diff(), REAL_DIFF, diff(change(HOSTILE, component=HOSTILE))])
def test_the_log_is_of_the_form_that_code_scanning_takes(found: ApiDiff) -> None:
    assert len(sarif(found)["results"]) == len(found.changes)


def test_a_result_has_rule_level_place_and_fingerprint() -> None:
    item = change()
    run = sarif(diff(item, at("GET /", "endpoint-added", level=Level.INFO)))
    result = run["results"][0]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == item.id
    assert result["level"] == "error"
    assert result["message"] == {"text": "schemas/Item: `price` became required"}
    assert result["partialFingerprints"]["backsmithChange/v1"] == item.fingerprint
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "openapi.json"}
    assert place["logicalLocations"] == [
        {"name": "schemas/Item", "fullyQualifiedName": "#/components/schemas/Item/required"}
    ]


def test_levels_are_those_of_sarif_and_each_rule_stands_once() -> None:
    run = sarif(REAL_DIFF)
    levels = [result["level"] for result in run["results"]]
    assert levels == ["error"] * 4 + ["warning"] + ["note"] * 2 + ["error"] + ["note"] * 2
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert sorted(set(rules)) == sorted(rules)
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [
        item.id for item in REAL_DIFF.changes
    ]


def test_two_changes_at_the_same_place_are_told_apart() -> None:
    run = sarif(diff(change(text="`a` became required"), change(text="`b` became required")))
    names = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(names)) == 2


def test_an_accepted_change_is_a_suppressed_result() -> None:
    accepted = Acceptance(reason="nobody uses it", ticket="SHOP-1", expires=date(2027, 1, 31))
    first, second = sarif(diff(change(), change(accepted=accepted)))["results"]
    assert "suppressions" not in first
    assert second["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "nobody uses it, SHOP-1"}
    ]


@pytest.mark.parametrize("file", ["api/open api.json", "ü.yaml", "a%b:c#d?.json", "\ud800"])
def test_the_name_of_the_file_is_an_address(file: str) -> None:
    (result,) = sarif(diff(change()), file)["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert not set(uri) & set(" #?:")


def test_a_file_outside_of_the_repository_is_not_named() -> None:
    (result,) = sarif(diff(change()), "")["results"]
    assert list(result["locations"][0]) == ["logicalLocations"]


def test_a_message_holds_no_link() -> None:
    (result,) = sarif(diff(change(text="`[a](1)` became required")))["results"]
    assert "](" not in result["message"]["text"]


def test_annotations_tell_the_worst_first_and_the_counts_last() -> None:
    assert annotations(diff(change(), change("a-b", level=Level.WARNING, text="`x` is odd"))) == [
        "::error file=openapi.json,title=request-property-became-required::schemas/Item, affects "
        "14 operations: GET /items/00, GET /items/01, GET /items/02 and 11 more: `price` became "
        f"required ({change().fingerprint})",
        "::warning file=openapi.json,title=a-b::schemas/Item, affects 14 operations: GET "
        "/items/00, GET /items/01, GET /items/02 and 11 more: `x` is odd "
        f"({change('a-b', text='`x` is odd').fingerprint})",
        "::notice title=API::API: 1 breaking change, 1 warning (suggests major)",
    ]


def test_no_changes_are_one_notice() -> None:
    assert annotations(diff(), "") == ["::notice title=API::API: unchanged"]


def test_without_a_file_none_is_named() -> None:
    assert annotations(diff(change()), "")[0].startswith("::error title=request-")


def test_only_as_many_are_given_as_github_shows() -> None:
    errors = [at(f"GET /{n}", "api-removed-without-deprecation") for n in range(25)]
    warnings = [at(f"GET /{n}", "request-parameter-removed", level=Level.WARNING) for n in range(3)]
    given = annotations(diff(*errors, *warnings))
    assert [line.split(" ")[0] for line in given] == (
        ["::error"] * 10 + ["::warning"] * 3 + ["::notice"]
    )
    assert "; 15 more changes to see with `backsmith openapi diff`" in given[-1]


def test_accepted_changes_and_infos_are_only_counted() -> None:
    accepted = change(accepted=Acceptance(reason="x"))
    assert annotations(diff(accepted, at("GET /", "endpoint-added", level=Level.INFO))) == [
        "::notice title=API::API: 1 addition, 1 accepted change (suggests major)"
    ]


def test_notes_stand_in_the_last_line() -> None:
    assert annotations(diff(), "", "an entry\n::error::x").pop() == (
        "::notice title=API::API: unchanged; an entry\\n::error::x"
    )


def test_hostile_names_start_no_command_of_their_own() -> None:
    found = diff(change(HOSTILE, component=HOSTILE, text=HOSTILE, operations=(HOSTILE,)))
    first, last = annotations(found, "a,b:c%\n.json")
    assert first.startswith(
        "::error file=a%2Cb%3Ac%25\\n.json,title=x`\\x1b[31m\\u202e\\r\\n%3A%3A"
    )
    assert "100%25" in first
    assert first.isprintable()
    assert last.startswith("::notice ")
