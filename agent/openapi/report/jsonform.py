"""A diff for programs. The keys are a contract: new ones may come, none goes."""

import json
from typing import Any

from agent.openapi.change import ApiDiff, Change


def render_json(diff: ApiDiff) -> str:
    """Return one JSON document in ASCII, so that no name can spoil its encoding."""
    return json.dumps(as_json(diff), indent=2)


def as_json(diff: ApiDiff) -> dict[str, Any]:
    """Return the JSON values of a diff."""
    return {
        "breaking": diff.breaking,
        "changes": [_change(change) for change in diff.changes],
        "semver": diff.semver.value,
    }


def _change(change: Change) -> dict[str, Any]:
    accepted = change.accepted
    return {
        "id": change.id,
        "level": change.level.value,
        "operation": change.operation,
        "component": change.component,
        "pointer": change.pointer,
        "text": change.text,
        "fingerprint": change.fingerprint,
        "affects": change.affects,
        "operations": list(change.operations),
        "noise": change.is_noise,
        "accepted": accepted.model_dump(mode="json") if accepted else None,
    }
