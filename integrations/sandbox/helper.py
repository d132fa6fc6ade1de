"""The file helper: runs inside the sandbox, one JSON request on stdin, one JSON answer on stdout.

Standard library and Python 3.8 syntax only, for it may run under the repository's own interpreter.
The folder it is started in is the root; every refusal is an `error` that says what to do next.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from integrations.sandbox.inside.listing import existing
from integrations.sandbox.inside.paths import (
    LARGEST_FILE,
    ROOT,
    Refused,
    content_of,
    relative,
    shown,
)

ELSEWHERE = {
    "read": "reading.read",
    "read_many": "reading.read_many",
    "list": "listing.list_folder",
    "search": "searching.search",
    "edit": "editing.edit",
    "keep": "keeping.keep",
    "gather": "gathering.gather",
    "stat": "describing.stat_files",
}
"""What has a module of its own, which is loaded only when it is asked for."""


def result(path: str, cap: int = LARGEST_FILE) -> dict[str, Any]:
    """Return a result file, such as a test report, as text; links of any kind are refused."""
    name, target = relative(path), existing(path)
    if target != ROOT / name or target.stat().st_nlink != 1:
        raise Refused(f"{shown(name)} is a link; a result must be a plain file")
    content = content_of(target, name, cap)
    return {"path": name, "text": content.decode("utf-8", "replace"), "size": len(content)}


def operation(name: str) -> Any:
    """Return the function that carries an operation out."""
    if name == "result":
        return result
    module, _, function = ELSEWHERE[name].partition(".")
    return getattr(import_module(f"integrations.sandbox.inside.{module}"), function)


def main() -> None:
    """Answer the request on stdin."""
    request = json.load(sys.stdin)
    name = request["operation"]
    try:
        answer = operation(name)(**request["arguments"])
    except Refused as refusal:
        answer = {"error": str(refusal)}
    except (TypeError, KeyError, ValueError, OSError, RecursionError) as error:
        answer = {"error": f"{name} failed ({error}); check its arguments"}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
