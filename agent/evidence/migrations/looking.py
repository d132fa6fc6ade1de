"""Whether a change has to do with migrations at all, found out without a database."""

import json
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError

from agent.evidence.migrations.values import Looked
from agent.ports import Command, CommandResult
from agent.tools.base import Bench

LOOKING = Path(__file__).with_name("inside") / "looking.py"
_TIMEOUT = timedelta(minutes=2)
_OUTPUT_CAP_BYTES = 4 << 20


def look(bench: Bench) -> tuple[Looked | None, CommandResult]:
    """Return what the change does to migrations and models; None when it cannot be told."""
    default = bench.worktree.repository.default_branch
    branches = (
        f"refs/backsmith/base/{default}",
        f"refs/remotes/origin/{default}",
        "refs/remotes/origin/HEAD",
        f"refs/heads/{default}",
    )
    job = {"base": bench.base, "branches": branches}
    done = bench.sandbox.run(
        bench.worktree,
        Command(
            argv=("python", "-I", "-S", "-c", LOOKING.read_text("utf-8")),
            timeout=_TIMEOUT,
            stdin=json.dumps(job).encode(),
            output_cap_bytes=_OUTPUT_CAP_BYTES,
        ),
    )
    if done.exit_code != 0 or done.timed_out or done.truncated_bytes:
        return None, done
    try:
        return Looked.model_validate_json(done.output), done
    except (ValidationError, RecursionError):
        return None, done
