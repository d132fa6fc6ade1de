"""A JSON schema of the parts of SARIF 2.1.0 that we write."""

from typing import Any

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
INDEX = {"type": "integer", "minimum": 0}


def closed(required: str, **properties: Any) -> dict[str, Any]:
    """Return the schema of an object that has these properties and no other."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "uniqueItems": True}


RULE = closed(
    "id shortDescription fullDescription help",
    id={"type": "string"},
    shortDescription=TEXT,
    fullDescription=TEXT,
    help=TEXT,
    defaultConfiguration=closed("level", level=LEVEL),
)
PLACE = closed(
    "logicalLocations",
    physicalLocation=closed(
        "artifactLocation region",
        artifactLocation=closed("uri", uri={"type": "string", "pattern": r"^[\x21-\x7e]*$"}),
        region=closed("startLine", startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations=listed(
        closed("name", name={"type": "string"}, fullyQualifiedName={"type": "string"})
    ),
)
SUPPRESSION = closed(
    "kind",
    kind={"enum": ["inSource", "external"]},
    status={"enum": ["accepted", "underReview", "rejected"]},
    justification={"type": "string"},
)
RESULT = closed(
    "ruleId message locations partialFingerprints",
    ruleId={"type": "string"},
    ruleIndex=INDEX,
    level=LEVEL,
    message=TEXT,
    locations=listed(PLACE),
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    suppressions=listed(SUPPRESSION),
    properties={"type": "object"},
)
INVOCATION = closed(
    "executionSuccessful",
    executionSuccessful={"type": "boolean"},
    toolExecutionNotifications=listed(closed("message", message=TEXT, level=LEVEL)),
)
RUN = closed(
    "tool results",
    tool=closed(
        "driver",
        driver=closed(
            "name", name={"type": "string"}, version={"type": "string"}, rules=listed(RULE)
        ),
    ),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    invocations=listed(INVOCATION),
    results=listed(RESULT),
)
LOG = closed("version runs", version={"const": "2.1.0"}, runs=listed(RUN)) | {
    "patternProperties": {r"^\$schema$": {"type": "string", "format": "uri"}}
}
"""What SARIF 2.1.0 and GitHub's code scanning ask of the parts that we write."""
