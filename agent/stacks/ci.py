"""The commands of GitHub workflows, with the folder and the plain variables that each runs with.

Source: GitHub Actions, "Workflow syntax": env, defaults.run, working-directory, continue-on-error.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from agent.stacks.line import CommandLine
from agent.stacks.script import script_lines

_OF_THE_RUNNER = re.compile(
    r"(?:GITHUB|ACTIONS|RUNNER|UV|PIP|POETRY|PDM|HATCH|CODECOV|COVERALLS|DOCKER|IMAGE|NODE|CACHE|"
    r"PRE_COMMIT|TOX|AWS|AZURE)_.*|CI|REGISTRY|PYTHON_?VERSION|FORCE_COLOR|NO_COLOR|PY_COLORS|PATH"
)
_MOST_VARIABLES = 12


def ci_lines(workflow: str) -> list[CommandLine]:
    """Return the plain commands of a workflow that must pass, in their order."""
    return [line for job in ci_jobs(workflow) for line in job]


def ci_jobs(workflow: str) -> list[list[CommandLine]]:
    """Return the plain commands of each job."""
    try:
        document = _mapping(yaml.safe_load(workflow))
    except (yaml.YAMLError, ValueError, RecursionError):  # PyYAML lets odd dates and depths out
        return []
    jobs = _mapping(document.get("jobs")).values()
    return [[*_job_lines(document, _mapping(job))] for job in jobs]


def _job_lines(document: dict[Any, Any], job: dict[Any, Any]) -> Iterator[CommandLine]:
    if job.get("continue-on-error") is True:
        return
    for step in map(_mapping, _list(job.get("steps"))):
        script = step.get("run")
        if not isinstance(script, str) or step.get("continue-on-error") is True:
            continue
        scopes = (document, job, step)
        variables = {k: v for scope in scopes for k, v in _variables(scope.get("env")).items()}
        folder = next(filter(None, map(_folder, reversed(scopes))), "")
        yield from script_lines(script, folder, tuple(variables.items())[:_MOST_VARIABLES])


def _folder(scope: dict[Any, Any]) -> str:
    """Return the folder that a step, or the defaults of a job or workflow, names."""
    by_default = _mapping(_mapping(scope.get("defaults")).get("run")).get("working-directory")
    found = scope.get("working-directory") or by_default
    return found if isinstance(found, str) and "${{" not in found else ""


def _variables(env: Any) -> dict[str, str]:
    """Return variables with plain values; what is an expression, as secrets are, is left out."""
    found: dict[str, str] = {}
    for name, value in _mapping(env).items():
        is_plain = isinstance(value, str | int | float) and "${{" not in str(value)
        is_ours = re.fullmatch(r"[A-Za-z_]\w*", str(name)) and not _OF_THE_RUNNER.fullmatch(
            str(name)
        )
        if is_plain and is_ours and "\n" not in str(value) and len(str(value)) <= 200:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            found[str(name)] = text
    return found


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
