"""Reads workflow files: the part of their syntax that a small team's CI uses."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from office.github.git import git, git_now

_FOLDER = ".github/workflows"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
DEFAULT_MINUTES = 10.0


@dataclass(frozen=True)
class StepSpec:
    """One step as written."""

    name: str
    run: str | None = None
    uses: str | None = None
    condition: str = "success()"
    shell: str = "bash"
    directory: str = "."
    environment: Mapping[str, str] = field(default_factory=dict)
    minutes: float | None = None
    may_fail: bool = False


@dataclass(frozen=True)
class JobSpec:
    """One job as written, with one value per matrix variable."""

    id: str
    name: str
    needs: tuple[str, ...]
    labels: tuple[str, ...]
    environment: Mapping[str, str]
    steps: tuple[StepSpec, ...]
    minutes: float
    matrix: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Workflow:
    """One workflow file."""

    path: str
    name: str
    events: Mapping[str, Mapping[str, Any]]
    jobs: tuple[JobSpec, ...]

    def answers(self, event: str, branch: str) -> bool:
        """Tell whether an event on a branch (of a pull request: its base) starts this workflow."""
        if event not in self.events:
            return False
        patterns = self.events[event].get("branches")
        return not patterns or any(fnmatchcase(branch, pattern) for pattern in patterns)


def expand(text: str, context: Mapping[str, str]) -> str:
    """Fill in `${{ name }}`; what is not known is empty, as on GitHub."""
    return _EXPRESSION.sub(lambda found: context.get(found[1], ""), text)


def parse(path: str, text: str) -> Workflow:
    """Read a workflow file; one that cannot be read has a single job that says so and fails."""
    try:
        return _workflow(path, yaml.safe_load(text))
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        return _broken(path, error)


def _broken(path: str, error: Exception) -> Workflow:
    reason = f"Invalid workflow file: {path}: {error!r}"
    step = StepSpec("Read the workflow file", run=f"cat >&2 <<'END'\n{reason}\nEND\nexit 1")
    job = JobSpec(path, path, (), ("ubuntu-latest",), {}, (step,), DEFAULT_MINUTES)
    return Workflow(path, path, {"push": {}, "pull_request": {}}, (job,))


def _workflow(path: str, document: Mapping[Any, Any]) -> Workflow:
    # YAML 1.1 reads the key `on` as true.
    events = document.get("on", document.get(True))
    common = _strings(document.get("env"))
    jobs = tuple(
        job for key, raw in document["jobs"].items() for job in _jobs(str(key), raw, common)
    )
    return Workflow(path, str(document.get("name") or path), _events(events), jobs)


def _events(raw: Any) -> dict[str, Mapping[str, Any]]:
    if isinstance(raw, str):
        return {raw: {}}
    if isinstance(raw, list):
        return {str(event): {} for event in raw}
    return {str(event): options or {} for event, options in raw.items()}


def _strings(raw: Mapping[str, Any] | None) -> dict[str, str]:
    return {str(key): _word(value) for key, value in (raw or {}).items()}


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _listed(raw: Any) -> tuple[str, ...]:
    if raw is None:
        return ()
    return (raw,) if isinstance(raw, str) else tuple(str(entry) for entry in raw)


def _jobs(key: str, raw: Mapping[str, Any], common: Mapping[str, str]) -> Iterable[JobSpec]:
    defaults = (raw.get("defaults") or {}).get("run") or {}
    for combination in _combinations((raw.get("strategy") or {}).get("matrix") or {}):
        context = {f"matrix.{name}": value for name, value in combination.items()}
        suffix = f" ({', '.join(combination.values())})" if combination else ""
        name = str(raw.get("name") or key)
        filled = expand(name, context)
        yield JobSpec(
            id=key,
            name=filled if filled != name else name + suffix,
            needs=_listed(raw.get("needs")),
            labels=_listed(raw.get("runs-on")) or ("ubuntu-latest",),
            environment={**common, **_strings(raw.get("env"))},
            steps=tuple(_step(step, defaults) for step in raw["steps"]),
            minutes=float(raw.get("timeout-minutes") or DEFAULT_MINUTES),
            matrix=combination,
        )


def _combinations(matrix: Mapping[str, Any]) -> Iterable[dict[str, str]]:
    axes = {
        name: values
        for name, values in matrix.items()
        if isinstance(values, list) and name not in ("include", "exclude")
    }
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, map(_word, values), strict=True))


def _step(raw: Mapping[str, Any], defaults: Mapping[str, Any]) -> StepSpec:
    run, uses = raw.get("run"), raw.get("uses")
    title = f"Run {run.strip().splitlines()[0]}" if run else f"Run {uses}"
    minutes = raw.get("timeout-minutes")
    return StepSpec(
        name=str(raw.get("name") or title),
        run=run,
        uses=uses,
        condition=_word(raw.get("if", "success()")),
        shell=str(raw.get("shell") or defaults.get("shell") or "bash"),
        directory=str(raw.get("working-directory") or defaults.get("working-directory") or "."),
        environment=_strings(raw.get("env")),
        minutes=float(minutes) if minutes else None,
        may_fail=bool(raw.get("continue-on-error", False)),
    )


def _is_workflow(path: str) -> bool:
    return path.endswith((".yml", ".yaml"))


async def read_workflows(path: Path, sha: str) -> list[Workflow]:
    """Return the workflows that a commit contains."""
    listing = await git(path, "ls-tree", "--name-only", sha, f"{_FOLDER}/")
    names = [name for name in listing.splitlines() if _is_workflow(name)]
    return [parse(name, await git(path, "show", f"{sha}:{name}")) for name in names]


def read_workflows_now(path: Path, sha: str) -> list[Workflow]:
    """Do the same before the loop is up."""
    listing = git_now(path, "ls-tree", "--name-only", sha, f"{_FOLDER}/")
    names = [name for name in listing.splitlines() if _is_workflow(name)]
    return [parse(name, git_now(path, "show", f"{sha}:{name}")) for name in names]


def required_names(workflows: Iterable[Workflow]) -> tuple[str, ...]:
    """Return the names of all checks that pull requests get."""
    return tuple(
        job.name
        for workflow in workflows
        if "pull_request" in workflow.events
        for job in workflow.jobs
    )
