"""The gate: what a change does to a database in use, tried on a PostgreSQL of its own."""

from agent.domain.evidence import Gate
from agent.evidence.migrations.judging import Judged, heads_facts, judge
from agent.evidence.migrations.looking import look
from agent.evidence.migrations.running import prove
from agent.evidence.migrations.values import Looked, Proven, Tool
from agent.evidence.result import Problem, Result
from agent.ports import CommandResult
from agent.text import head_and_tail, plain_output
from agent.tools.base import Bench

_NOTHING = "the change touches no migration and no model"
_NO_TOOL = "there are no migrations of Alembic or Django"
_MOST_TOOLS = 3
_LIMIT = 2_000


def check_migrations(bench: Bench) -> Result:
    """Upgrade a filled database, downgrade and upgrade it again, and look at what that did."""
    if bench.base is None:
        return Result(gate=Gate.MIGRATIONS, nothing_to_do="there is no change to try")
    looked, done = look(bench)
    if looked is None:
        return _unable(done)
    if not looked.tools:
        nothing = _NOTHING if looked.has_tools else _NO_TOOL
        return Result(gate=Gate.MIGRATIONS, seconds=done.seconds, nothing_to_do=nothing)
    shown = [_proven(bench, tool, looked) for tool in looked.tools[:_MOST_TOOLS]]
    return _result(shown, done.seconds)


_Shown = tuple[Tool, Proven, Judged]


def _proven(bench: Bench, tool: Tool, looked: Looked) -> _Shown:
    """Return what a tool's migrations showed; those with two heads are not tried."""
    is_split = any(fact.kind == "two_heads" for fact in heads_facts(tool, looked))
    proven = Proven() if is_split else prove(bench, tool)
    return tool, proven, judge(tool, looked, proven)


def _unable(done: CommandResult) -> Result:
    ended = "took too long" if done.timed_out else f"ended with {done.exit_code}"
    problem = Problem(
        key="could not look for migrations",
        text=head_and_tail(plain_output(done.output), _LIMIT),
        place=f"looking for migrations {ended}",
    )
    return Result(gate=Gate.MIGRATIONS, seconds=done.seconds, unable=(problem,), is_no_fault=True)


def _result(shown: list[_Shown], seconds: float) -> Result:
    problems = tuple(problem for _, _, judged in shown for problem in judged.problems)
    unable = tuple(
        Problem(key="", text=judged.not_run, place=judged.not_run)
        for _, _, judged in shown
        if judged.not_run
    )
    return Result(
        gate=Gate.MIGRATIONS,
        command="; ".join(_command(tool, proven) for tool, proven, _ in shown),
        exit_code=int(bool(problems)),
        seconds=seconds + sum(sum(proven.seconds.values()) for _, proven, _ in shown),
        findings=problems,
        unable=unable,
        is_no_fault=bool(unable),
        summary="; ".join(_summary(*one) for one in shown),
        remarks=tuple(remark for _, _, judged in shown for remark in judged.remarks),
        measures={
            "migrations": float(sum(len(proven.steps) for _, proven, _ in shown)),
            "tables": float(sum(proven.tables for _, proven, _ in shown)),
            "rows": float(sum(proven.rows for _, proven, _ in shown)),
        },
    )


def _command(tool: Tool, proven: Proven) -> str:
    place = f" in {tool.folder}" if tool.folder else ""
    where = f" on {proven.server}" if proven.server else ""
    down = "migrate back" if tool.tool == "django" else "downgrade"
    up = "migrate" if tool.tool == "django" else "upgrade"
    return f"{tool.tool} {up}, {down}, {up}{where}{place}"


def _summary(tool: Tool, proven: Proven, judged: Judged) -> str:
    if judged.problems:
        number = len(judged.problems)
        return f"{number} finding{'s' * (number > 1)}, the first: {judged.problems[0].text}"
    steps = len(proven.steps)
    added = f"{steps} new migration{'s' * (steps != 1)}" if steps else "no new migration"
    text = (
        f"{proven.version or tool.tool}: {added}; up, down and up again on {proven.server} with "
        f"{proven.rows} rows in {proven.tables} tables, nothing lost, one head, nothing left over"
    )
    risks = sum(remark.kind not in ("unseeded", "note") for remark in judged.remarks)
    return text + (f"; {risks} risk{'s' * (risks > 1)} named" if risks else "")
