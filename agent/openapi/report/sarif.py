"""A diff as SARIF, for code scanning."""

from collections.abc import Sequence
from typing import Any

from agent.openapi.change import ApiDiff, Change, Level
from agent.openapi.report.escaping import clean
from agent.openapi.report.outline import MEANINGS
from agent.sarif import (
    MOST_RESULTS,
    sarif_fingerprints,
    sarif_log,
    sarif_message,
    sarif_place,
)

_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
_MOST_OPERATIONS = 20
"""Operations that a result names; GitHub takes no file beyond 10 MB, compressed."""
_ABOUT = "https://github.com/oasdiff/oasdiff/blob/main/docs/BREAKING-CHANGES.md"


def render_sarif(diff: ApiDiff, file: str, version: str = "0") -> str:
    """Return a SARIF log with one run.

    Args:
        diff: What to report; what is accepted is a suppressed result.
        file: Path of the newer description within the repository, to which results are bound;
            empty when it is in none, and then GitHub shows them nowhere.
        version: Our own version.
    """
    changes = diff.changes[:MOST_RESULTS]
    rules = list({change.id: change for change in reversed(changes)}.values())[::-1]
    places = {rule.id: index for index, rule in enumerate(rules)}
    results = [_result(change, places[change.id], file) for change in changes]
    return sarif_log("backsmith openapi", version, [*map(_rule, rules)], results)


def _rule(change: Change) -> dict[str, Any]:
    title = clean(change.id).replace("-", " ")
    meaning = MEANINGS[change.level].capitalize()
    return {
        "id": clean(change.id),
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{meaning}."},
        "defaultConfiguration": {"level": _LEVELS[change.level]},
        "help": {"text": f"Rules are named as in oasdiff, which explains them: {_ABOUT}"},
    }


def _result(change: Change, rule: int, file: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": clean(change.id),
        "ruleIndex": rule,
        "level": _LEVELS[change.level],
        "message": _message(change),
        "locations": [_location(change, file)],
        "partialFingerprints": sarif_fingerprints("backsmithChange/v1", change.fingerprint),
        "properties": {"affects": change.affects, "operations": _named(change.operations)},
    }
    if change.accepted:
        why = ", ".join(filter(None, (change.accepted.reason, change.accepted.ticket)))
        suppression = {"kind": "external", "status": "accepted", "justification": clean(why)}
        result["suppressions"] = [suppression]
    return result


def _message(change: Change) -> dict[str, str]:
    place = change.component or change.operation
    return sarif_message(f"{place}: {change.text}" if place else change.text)


def _location(change: Change, file: str) -> dict[str, Any]:
    logical = {
        "name": clean(change.component or change.operation or "API"),
        "fullyQualifiedName": clean(f"#{change.pointer}", 2_000),
    }
    location: dict[str, Any] = {"logicalLocations": [logical]}
    if file:
        location["physicalLocation"] = sarif_place(file)
    return location


def _named(operations: Sequence[str]) -> list[str]:
    return [clean(operation) for operation in operations[:_MOST_OPERATIONS]]
