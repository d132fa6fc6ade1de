"""The gate: what the change takes away from the tests and from whatever else checks the code.

The files of both sides come from the sandbox in one call; nothing of the repository is executed.
There is no setting by which a change could allow itself a weakening: a person has to look at it.
"""

import json
from datetime import timedelta
from pathlib import Path

from pydantic import ConfigDict, ValidationError

from agent.domain.evidence import Gate
from agent.domain.value import Value
from agent.evidence.result import Problem, Result
from agent.evidence.weakening.examine import find_weakening
from agent.evidence.weakening.finding import Found
from agent.evidence.weakening.side import TooMuchError
from agent.ports import Command, CommandResult
from agent.text import head_and_tail, plain_output
from agent.tools.base import Bench

SCRIPT = Path(__file__).with_name("inside") / "reading.py"
_TIMEOUT = timedelta(minutes=2)
_LARGEST_FILE_BYTES = 1_000_000
_ROOM_BYTES = 24_000_000
_OUTPUT_CAP_BYTES = 160 << 20
"""JSON writes a character that is no ASCII with six."""
_MOST_PATHS = 50_000
_CONFIG = (
    r"\.toml|\.ini|\.cfg|\.(flake8|coveragerc|pylintrc|bandit)|pylintrc|pyrightconfig\.json"
    r"|\.ya?ml|\.mk|[Mm]akefile|GNUmakefile|[Jj]ustfile|Jenkinsfile|noxfile\.py|tasks\.py|\.sh|\.bash"
)
_CONTEXT = (
    r"(^|/)(tests?|testing|testutils?)/.*\.py$|(^|/)(tests?|conftest|test_[^/]*|[^/]*_tests?)\.py$"
    r"|(^|/)(pyproject\.toml|ruff\.toml|pytest\.toml|tox\.ini|setup\.cfg|[\w.]*\.ini|noxfile\.py)$"
    r"|(^|/)\.(flake8|coveragerc|pylintrc|bandit|ruff\.toml|pytest\.(ini|toml))$"
    r"|(^|/)(GNUmakefile|[Mm]akefile|[Jj]ustfile|Jenkinsfile|Taskfile\.ya?ml|pyrightconfig\.json)$"
    r"|(^|/)\.(github|circleci)/.*\.ya?ml$|(^|/)[\w.-]*(gitlab-ci|pipelines|travis|pre-commit-config)"
    r"\.ya?ml$"
)
_CHANGED = rf"\.pyi?$|({_CONFIG})$"
_LIMIT = 2_000


class Files(Value):
    """What the script in the sandbox gives."""

    model_config = ConfigDict(extra="ignore")

    before: dict[str, str]
    after: dict[str, str]
    paths: tuple[str, ...] = ()
    """All paths at the base."""
    unread: tuple[str, ...] = ()
    """Changed files that are no plain files, or too large."""


def check_weakening(bench: Bench) -> Result:
    """Hold the tests, settings and CI of the worktree against those of the base."""
    if bench.base is None:
        return Result(gate=Gate.WEAKENING, nothing_to_do="there is no base to compare with")
    result = _read(bench, bench.base)
    files = _files(result)
    if files is None:
        return _unable(result)
    if files.before == files.after and not files.unread:
        why = "the change touches no code, tests, settings or CI"
        return Result(gate=Gate.WEAKENING, seconds=result.seconds, nothing_to_do=why)
    try:
        found = find_weakening(files.before, files.after, files.paths)
    except TooMuchError:
        return _unable(result.model_copy(update={"output": ""}), "is more than can be compared")
    return _shown(found, files.unread, bench.base, result.seconds)


def _read(bench: Bench, base: str) -> CommandResult:
    job = {
        "base": base,
        "changed": _CHANGED,
        "context": _CONTEXT,
        "largest": _LARGEST_FILE_BYTES,
        "room": _ROOM_BYTES,
        "paths": _MOST_PATHS,
    }
    return bench.sandbox.run(
        bench.worktree,
        Command(
            argv=("python", "-I", "-S", "-c", SCRIPT.read_text("utf-8")),
            timeout=_TIMEOUT,
            stdin=json.dumps(job).encode(),
            output_cap_bytes=_OUTPUT_CAP_BYTES,
        ),
    )


def _files(result: CommandResult) -> Files | None:
    if result.exit_code != 0 or result.timed_out or result.truncated_bytes:
        return None
    try:
        return Files.model_validate_json(result.output)
    except (ValidationError, RecursionError):
        return None


def _unable(result: CommandResult, why: str = "") -> Result:
    ended = "took too long" if result.timed_out else f"ended with {result.exit_code}"
    problem = Problem(
        key="could not compare the tests",
        text=head_and_tail(plain_output(result.output), _LIMIT),
        place=f"the change {why}" if why else f"reading the files of both sides {ended}",
    )
    return Result(gate=Gate.WEAKENING, seconds=result.seconds, unable=(problem,))


def _shown(found: Found, unread: tuple[str, ...], base: str, seconds: float) -> Result:
    problems = [
        Problem(key=finding.key(), text=finding.line(), place=finding.path, line=finding.head_line)
        for finding in found.findings
    ]
    problems += [
        Problem(
            key=f"{path}: unread",
            text=f"{path}: is too large to be compared, or no file",
            place=path,
        )
        for path in unread
    ]
    said = "nothing is checked less than at the base"
    if problems:
        said = f"{len(problems)} weakening{'s' * (len(problems) > 1)}"
    return Result(
        gate=Gate.WEAKENING,
        command=f"git diff {base[:12]} (tests, settings and CI, compared by their syntax)",
        exit_code=int(bool(problems)),
        seconds=seconds,
        findings=tuple(problems),
        summary=" ".join([f"{said}.", *found.notes]).removesuffix("."),
    )
