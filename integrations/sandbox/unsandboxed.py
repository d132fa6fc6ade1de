"""The one exception: the same port without isolation, for whoever has accepted that."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from agent.domain.repository import Worktree
from agent.ports import Command, CommandResult, Preparation
from integrations.sandbox.environments import Environments
from integrations.sandbox.files import HELPER_SOURCE, file_operation
from integrations.sandbox.limits import GIT_OUTPUT_CAP_BYTES, Limits, limited
from integrations.sandbox.places import (
    Interpreter,
    beside_variables,
    must_be_there,
    variables,
)
from integrations.sandbox.process import Launch, execute


class UnsandboxedSandbox:
    """Runs commands as our own user: a cleared environment, limits and time-outs, no isolation.

    For the demonstration with recorded answers, and where the operator accepted it; the caller
    decides that.
    """

    def __init__(
        self, home: Path, *, environments: Environments, limits: Limits | None = None
    ) -> None:
        """Create it; the arguments are those of the real sandbox."""
        self._home = home.resolve()
        self._environments = environments
        self._limits = limits or Limits()
        self._interpreter = Interpreter.ours()

    def check(self) -> None:
        """Raise nothing: there is nothing that could be missing."""

    def prepare(self, worktree: Worktree, asked: Preparation | None = None) -> tuple[str, ...]:
        """Install the repository's dependencies, unless that was done before."""
        return self._environments.ensure(worktree, asked).notes

    def run(self, worktree: Worktree, command: Command) -> CommandResult:
        """Run a command in the worktree; its process group dies with it."""
        beside = beside_variables(self._environments.beside(worktree, command.beside).path)
        packages = self._environments.of(worktree, command.needs).path
        environment = (*beside.items(), *command.environment)
        told = command.model_copy(update={"environment": environment})
        return self._run(worktree.path, packages, told)

    def file_operation(self, worktree: Worktree, operation: str, arguments: dict[str, Any]) -> Any:
        """Run one operation of the file helper."""
        program = (*self._interpreter.bare(), str(HELPER_SOURCE))
        run = partial(self._run, worktree.path, None)
        return file_operation(run, program, operation, arguments)

    def run_git(
        self,
        worktree: Path,
        argv: Sequence[str],
        environment: Mapping[str, str],
        timeout: timedelta,
        scratch: Path | None = None,  # noqa: ARG002 - the sandbox mounts it; here all is writable
    ) -> CommandResult:
        """Run git, or a script of git commands, in a worktree."""
        command = Command(
            argv=tuple(argv),
            timeout=timeout,
            environment=tuple(environment.items()),
            output_cap_bytes=GIT_OUTPUT_CAP_BYTES,
        )
        return self._run(worktree, None, command)

    def _run(self, worktree: Path, packages: Path | None, command: Command) -> CommandResult:
        must_be_there(worktree)
        inner = limited(command.argv, self._limits, command.timeout, count_processes=False)
        with tempfile.TemporaryDirectory(prefix="backsmith-") as folder:
            found = variables(worktree, self._interpreter, packages, folder, folder)
            return execute(
                Launch(
                    argv=tuple(inner),
                    environment={**found, **dict(command.environment)},
                    folder=worktree,
                    stdin=command.stdin,
                    timeout=command.timeout,
                    output_cap_bytes=command.output_cap_bytes,
                )
            )
