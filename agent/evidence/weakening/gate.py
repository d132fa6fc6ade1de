"""The gate: what the change takes away from the tests and from whatever else checks the code.

The files of both sides come from the sandbox in one call; nothing of the repository is executed.
There is no setting by which a change could allow itself a weakening: a person has to look at it.
The label `test-change` of the ticket, or an approved plan that names the file, lets it pass.
"""

from agent.domain.evidence import Gate
from agent.evidence.allowing import Refusal, judged
from agent.evidence.result import Problem, Result
from agent.evidence.sides import UnreadableError, read_sides
from agent.evidence.weakening.examine import find_weakening
from agent.evidence.weakening.finding import Finding, Found
from agent.evidence.weakening.side import TooMuchError
from agent.tools.base import Bench

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


def check_weakening(bench: Bench) -> Result:
    """Hold the tests, settings and CI of the worktree against those of the base."""
    if bench.base is None:
        return Result(gate=Gate.WEAKENING, nothing_to_do="there is no base to compare with")
    try:
        files = read_sides(bench, bench.base, _CHANGED, _CONTEXT)
    except UnreadableError as error:
        return error.result(Gate.WEAKENING, "could not compare the tests")
    if files.before == files.after and not files.unread:
        why = "the change touches no code, tests, settings or CI"
        return Result(gate=Gate.WEAKENING, seconds=files.seconds, nothing_to_do=why)
    try:
        found = find_weakening(files.before, files.after, files.paths)
    except TooMuchError:
        why = "the change is more than can be compared"
        problem = Problem(key="could not compare the tests", text="", place=why)
        return Result(gate=Gate.WEAKENING, seconds=files.seconds, unable=(problem,))
    passed = _shown(bench.base, files.seconds)
    refusals = _refusals(found, files.unread)
    return judged(passed, refusals, bench, ("weakening", "weakenings"), found.notes)


def _shown(base: str, seconds: float) -> Result:
    return Result(
        gate=Gate.WEAKENING,
        command=f"git diff {base[:12]} (tests, settings and CI, compared by their syntax)",
        exit_code=0,
        seconds=seconds,
        summary="nothing is checked less than at the base",
    )


def _refusals(found: Found, unread: tuple[str, ...]) -> list[Refusal]:
    refusals = [_refusal(finding) for finding in found.findings]
    for path in unread:
        text = f"{path}: is too large to be compared, or no file"
        refusals.append(Refusal(path, Problem(key=f"{path}: unread", text=text, place=path)))
    return refusals


def _refusal(finding: Finding) -> Refusal:
    problem = Problem(
        key=finding.key(), text=finding.line(), place=finding.path, line=finding.head_line
    )
    return Refusal(finding.path, problem)
