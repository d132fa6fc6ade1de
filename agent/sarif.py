"""SARIF 2.1.0, the form that code scanning of GitHub and others takes: what our logs share.

Sources: OASIS SARIF 2.1.0; GitHub, "SARIF support for code scanning".
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from agent.openapi.report.escaping import clean

MOST_RESULTS = 25_000
"""Results that GitHub takes of one run; the worst come first."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_log(
    name: str,
    version: str,
    rules: Sequence[dict[str, Any]],
    results: Sequence[dict[str, Any]],
    **more: Any,
) -> str:
    """Return a log with one run of our tool `name`; `more` are other properties of the run."""
    driver = {"name": name, "version": version, "rules": [*rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [*results],
        **more,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def sarif_message(text: str) -> dict[str, str]:
    """Return text for people; what would be a link or a placeholder in SARIF is none."""
    shown = clean(text, 1_000).replace("](", "] (").replace("\\[", "[")
    return {"text": shown}


def sarif_place(path: str, line: int | None = None) -> dict[str, Any]:
    """Return a file of the repository, and a line in it."""
    return {
        "artifactLocation": {"uri": quote(path, errors="replace")},
        "region": {"startLine": max(line or 1, 1)},
    }


def sarif_fingerprints(name: str, fingerprint: str) -> dict[str, str]:
    """Return a result's own name twice: GitHub tells results apart by the second one only.

    It would work that one out from the text of the line, which is not what ours are about.
    """
    return {name: fingerprint, "primaryLocationLineHash": f"{fingerprint}:1"}
