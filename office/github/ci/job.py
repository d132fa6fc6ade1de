"""Runs the steps of one job in a fresh folder."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from office.github.ci.environments import BuildError, Environments, Install, find_uv, parse_installs
from office.github.ci.process import run_script
from office.github.ci.workflow import JobSpec, StepSpec, expand
from office.github.git import git
from office.github.records import Job, Repository, Step
from office.world import now

_SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
_TAIL_LINES = 300
_TAIL_CHARACTERS = 60_000
"""GitHub takes at most 65,535 characters as the text of a check run."""
_UNDERSTOOD = ("actions/checkout", "actions/setup-python", "astral-sh/setup-uv", "actions/cache")


@dataclass
class Outcome:
    """How a job went."""

    conclusion: str
    failed_step: str | None = None
    code: int | None = None
    tail: str = ""
    """The end of what the failing step printed."""


@dataclass
class JobRunner:
    """One job on its way."""

    repository: Repository
    job: Job
    spec: JobSpec
    root: Path
    """A temporary folder that nobody else uses."""
    environments: Environments
    context: Mapping[str, str]
    """What `${{ ... }}` may name."""
    variables: Mapping[str, str]
    """The `GITHUB_*` variables."""
    installs: list[Install] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    exported: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        """The folder that the repository is checked out into."""
        return self.root / "work"

    async def run(self) -> Outcome:
        """Run all steps; after a failure only those that ask for it (`if: always()`)."""
        for name in ("work", "home", "temp", "tools"):
            (self.root / name).mkdir()
        outcome = Outcome("success")
        deadline = asyncio.get_running_loop().time() + self.spec.minutes * 60
        for spec, step in zip(self.spec.steps, self.job.steps, strict=True):
            if not _applies(spec.condition, outcome):
                _finish(step, "skipped")
                continue
            seconds = deadline - asyncio.get_running_loop().time()
            code = await self._step(spec, step, max(seconds, 0.0))
            if code and not spec.may_fail and outcome.conclusion == "success":
                outcome = Outcome("failure", step.name, code, tail(self.said))
        return outcome

    async def _step(self, spec: StepSpec, step: Step, seconds: float) -> int:
        step.status, step.started_at = "in_progress", now()
        self.said = []
        limit = min(seconds, spec.minutes * 60) if spec.minutes else seconds
        try:
            code = await self._act(spec, limit)
        except TimeoutError:
            self._say(f"##[error]The step was stopped after {limit:.0f} seconds.")
            code = 124
        except BuildError as error:
            self._say(str(error))
            code = 1
        if code < 0:
            _finish(step, "skipped")
            return 0
        if code:
            self._say(f"##[error]Process completed with exit code {code}.")
        _finish(step, "failure" if code else "success")
        return code

    async def _act(self, spec: StepSpec, seconds: float) -> int:
        """Do a step and return its exit code, or -1 for an action that is not known here."""
        if spec.run is not None:
            return await self._run(spec, self._expand(spec.run), seconds)
        action = (spec.uses or "").partition("@")[0]
        self._say(f"##[group]Run {spec.uses}")
        self._say("##[endgroup]")
        if action not in _UNDERSTOOD:
            self._say(f"##[warning]The action {action} is not available here: skipped.")
            return -1
        if action == "actions/checkout":
            await self._check_out()
        elif action == "astral-sh/setup-uv":
            self._set_up_uv()
        return 0

    async def _check_out(self) -> None:
        shutil.rmtree(self.workspace)
        source = str(self.repository.path)
        await git(self.root, "clone", "--quiet", "--no-checkout", source, str(self.workspace))
        await git(self.workspace, "remote", "set-url", "origin", f"{self.repository.html}.git")
        await git(self.workspace, "checkout", "--quiet", "--detach", self.job.run.head_sha)
        self._say(f"HEAD is now at {self.job.run.head_sha}")

    def _set_up_uv(self) -> None:
        link = self.root / "tools" / "uv"
        if not link.exists():
            link.symlink_to(find_uv())

    async def _run(self, spec: StepSpec, script: str, seconds: float) -> int:
        self._say(f"##[group]{spec.name}")
        for line in script.splitlines():
            self._say(line)
        self._say("##[endgroup]")
        directory = self.workspace / self._expand(spec.directory)
        if not directory.is_dir():
            self._say(f"##[error]No such working directory: {spec.directory}")
            return 1
        installs = parse_installs(script, directory) if spec.shell.startswith("bash") else None
        if installs is not None:
            self.installs += installs
            async with asyncio.timeout(seconds):
                home = await self.environments.get(self.installs)
            self._say(f"Requirements are satisfied by the environment {home.name[:12]}.")
            return 0
        home = await self.environments.get(self.installs)
        code = await run_script(
            self._command(spec.shell, script),
            directory=directory,
            environment=self._environment(spec, home),
            seconds=seconds,
            say=self._say,
        )
        self._take_exports()
        return code

    def _command(self, shell: str, script: str) -> list[str]:
        file = self.root / "temp" / "script"
        file.write_text(script)
        if shell.startswith("python"):
            return ["python", str(file)]
        if shell == "sh":
            return ["sh", "-e", str(file)]
        return ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)]

    def _environment(self, spec: StepSpec, home: Path) -> dict[str, str]:
        bins = [*self.tools, str(home / "bin"), str(self.root / "tools"), *_SYSTEM_PATH]
        files = {
            f"GITHUB_{name.upper()}": str(self.root / "temp" / name)
            for name in ("env", "path", "output", "step_summary")
        }
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.root / "temp"),
            "TMPDIR": str(self.root / "temp"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "HOME": str(self.root / "home"),
            "LANG": "C.UTF-8",
            "VIRTUAL_ENV": str(home),
            **files,
            **self.variables,
            **{key: self._expand(value) for key, value in self.spec.environment.items()},
            **self.exported,
            **{key: self._expand(value) for key, value in spec.environment.items()},
            "PATH": os.pathsep.join(bins),
        }

    def _take_exports(self) -> None:
        """Take over what the step wrote to GITHUB_ENV and GITHUB_PATH (one line each)."""
        exports, paths = (self.root / "temp" / name for name in ("env", "path"))
        if exports.is_file():
            pairs = (line.partition("=") for line in exports.read_text().splitlines())
            self.exported.update({key: value for key, sign, value in pairs if sign})
        if paths.is_file():
            self.tools[:0] = paths.read_text().splitlines()
            paths.unlink()

    def _expand(self, text: str) -> str:
        named = {f"env.{key}": value for key, value in self.spec.environment.items()}
        values = {f"matrix.{key}": value for key, value in self.spec.matrix.items()}
        exported = {f"env.{key}": value for key, value in self.exported.items()}
        return expand(text, {**self.context, **named, **exported, **values})

    def _say(self, line: str) -> None:
        self.said.append(line)
        self.job.log.append(f"{now():%Y-%m-%dT%H:%M:%S.%f}0Z {line}")


def _applies(condition: str, outcome: Outcome) -> bool:
    """Decide on `if:`; a condition of another kind counts as met unless the job has failed."""
    good = outcome.conclusion == "success"
    if "always()" in condition:
        return True
    if condition.strip() == "false":
        return False
    return (not good) if "failure()" in condition else good


def _finish(step: Step, conclusion: str) -> None:
    step.started_at = step.started_at or now()
    step.status, step.conclusion, step.completed_at = "completed", conclusion, now()


def tail(lines: list[str]) -> str:
    """Return the end of some output, as much as fits into a check run."""
    return "\n".join(lines[-_TAIL_LINES:])[-_TAIL_CHARACTERS:]
