"""The script's way: import the application, try its operations, write what came of each."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.evidence.contract.inside.driving import chosen, driven, schema_of
from agent.evidence.contract.inside.privacy import copied, own_database
from agent.evidence.contract.inside.served import (
    Errors,
    digests_of,
    served_django,
    served_fastapi,
)
from agent.stacks.openapi.inside.exporting import export


def tried(job: dict[str, Any], place: Path, folder: str) -> dict[str, Any]:
    """Try the operations of a service one after the other; each is written down at once."""
    wanted, errors = job["contract"], Errors(str(Path(folder, "worktree")))
    if job["kind"] == "fastapi":
        parts = served_fastapi(job, errors)
    else:
        parts = served_django(job, errors, folder)
    answer: dict[str, Any] = {
        "documents": [{"prefix": "", "label": part["label"], "document": {}} for part in parts],
        "token": wanted["token"],
        "digests": {k: v for part in parts for k, v in digests_of(part).items()},
        "operations": [],
    }
    end = time.monotonic() + wanted["seconds"]
    for part in parts:
        names = list(chosen(digests_of(part), wanted))
        schema = schema_of(part, wanted["examples"]) if names else None
        for name in names:
            is_late = time.monotonic() >= end
            write_down({**answer, "running": name}, place)
            came = {"state": "untried"} if is_late else driven(schema, name, errors, end)
            answer["operations"].append({"name": name, **came})
    return answer


def write_down(answer: dict[str, Any], place: Path) -> None:
    """Write an answer so that it is always a whole one that is read."""
    draft = place.with_suffix(".draft")
    draft.write_text(json.dumps(answer, default=str), "ascii")
    draft.replace(place)


def main() -> None:
    """Answer the job and end, whatever threads the application has started."""
    job = json.load(sys.stdin)
    place = Path(job["answer"]).absolute()
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        place.unlink()
    tree = copied(str(Path.cwd()))
    folder = str(Path(tree).parent)
    tempfile.tempdir = folder
    os.chdir(tree)
    own_database(job, folder)
    answer = export(job, lambda asked: tried(asked, place, folder))
    write_down({"token": job["contract"]["token"], **answer}, place)
    shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
