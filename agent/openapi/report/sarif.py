"""A diff as SARIF 2.1.0, the form that code scanning of GitHub and others takes.

Sources: OASIS SARIF 2.1.0; GitHub, "SARIF support for code scanning".
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from agent.openapi.change import ApiDiff, Change, Level
from agent.openapi.report.escaping import clean
from agent.openapi.report.outline import MEANINGS

_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
_MOST = 25_000
"""Results that GitHub takes of one run; the worst come first."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ABOUT = "https://github.com/oasdiff/oasdiff/blob/main/docs/BREAKING-CHANGES.md"


def render_sarif(diff: ApiDiff, file: str, version: str = "0") -> str:
    """Return a SARIF log with one run.

    Args:
        diff: What to report; what is accepted is a suppressed result.
        file: Path of the newer description within the repository, to which results are bound.
        version: Our own version.
    """
    changes = diff.changes[:_MOST]
    rules = list({change.id: change for change in reversed(changes)}.values())[::-1]
    places = {rule.id: index for index, rule in enumerate(rules)}
    driver = {"name": "backsmith openapi", "version": version, "rules": list(map(_rule, rules))}
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(change, places[change.id], file) for change in changes],
            }
        ],
    }
    return json.dumps(log, indent=2)


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
        "message": {"text": _message(change)},
        "locations": [_location(change, file)],
        "partialFingerprints": _fingerprints(change),
        "properties": {"affects": change.affects, "operations": _cleaned(change.operations)},
    }
    if change.accepted:
        why = ", ".join(filter(None, (change.accepted.reason, change.accepted.ticket)))
        suppression = {"kind": "external", "status": "accepted", "justification": clean(why)}
        result["suppressions"] = [suppression]
    return result


def _message(change: Change) -> str:
    """Return the text for people; what would be a link or a placeholder in SARIF is none."""
    place = change.component or change.operation
    text = clean(f"{place}: {change.text}" if place else change.text, 1_000)
    return text.replace("](", "] (").replace("\\[", "[")


def _location(change: Change, file: str) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(file, errors="replace")},
            "region": {"startLine": 1},
        },
        "logicalLocations": [
            {
                "name": clean(change.component or change.operation or "API"),
                "fullyQualifiedName": clean(f"#{change.pointer}", 2_000),
            }
        ],
    }


def _fingerprints(change: Change) -> dict[str, str]:
    """Return the change's own name twice: GitHub tells results apart by the second one only.

    It would work that one out from the line, and all our results are at the first line.
    """
    return {
        "backsmithChange/v1": change.fingerprint,
        "primaryLocationLineHash": f"{change.fingerprint}:1",
    }


def _cleaned(operations: Sequence[str]) -> list[str]:
    return [clean(operation) for operation in operations]
