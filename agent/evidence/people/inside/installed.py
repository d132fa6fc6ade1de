"""Inside the sandbox: what the metadata of installed packages says, as one JSON on stdout.

Run as `python -I -c` in the repository's environment. Metadata is read, no package is imported.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from typing import Any

_LONGEST = 100


def licence_of(facts: Any) -> str:
    """Return the licence: the expression, the classifiers, or the first line of the free text."""
    expression = facts.get("License-Expression")
    if expression:
        return str(expression)[:_LONGEST]
    rows = [row for row in facts.get_all("Classifier") or () if row.startswith("License ::")]
    names = [row.rpartition("::")[2].strip() for row in rows]
    lines = str(facts.get("License") or "").strip().splitlines()
    return (", ".join(names) or (lines[0] if lines else ""))[:_LONGEST]


def described(name: str) -> dict[str, Any] | None:
    """Return what is known of one package; None when it is not installed."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    files = [str(file) for file in found.files or ()]
    roots = {file.split("/")[0] for file in files if re.search(r"\.(py|so|pyd)$", file)}
    modules = sorted({root.split(".")[0] for root in roots if not root.startswith(("..", "_"))})
    wheel = found.read_text("WHEEL") or ""
    tag = re.search(r"(?m)^Tag: (.+)$", wheel)
    return {
        "version": found.version,
        "licence": licence_of(found.metadata),
        "modules": modules[:20],
        "tag": tag[1][:_LONGEST] if tag else "",
        "at_start": [file for file in files if file.endswith(".pth")][:5],
    }


def main() -> None:
    """Answer the job, a list of names."""
    answer = {name: described(name) for name in json.load(sys.stdin)}
    json.dump({name: facts for name, facts in answer.items() if facts}, sys.stdout)


if __name__ == "__main__":
    main()
