"""The script's way: read the job on stdin, import the application, write the answer to a file."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

from agent.stacks.openapi.inside.exporting import export


def main() -> None:
    """Answer the job and end, whatever threads the application has started."""
    job = json.load(sys.stdin)
    place = Path(job["answer"]).absolute()
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        place.unlink()
    place.write_text(json.dumps(export(job), default=str), "ascii")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
