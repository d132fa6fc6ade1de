"""From what a gate found to the evidence: what the change brought counts, nothing else."""

from agent.domain.evidence import Evidence, Gate, GateStatus, Remark, TestCount
from agent.domain.ids import CommitSha
from agent.evidence.result import (
    ENVIRONMENT,
    FLAKY,
    MAX_FAILING,
    MAX_FINDINGS,
    MAX_REMARKS,
    WRITE_TESTS,
    Compared,
    Result,
    compare,
    gone,
)
from agent.evidence.words import problems_text, short_list
from agent.text import first_line, visible

OUTPUT_LIMIT = 6_000
_LONGEST_REASON = 600
_NONE_PASSES = "no test passes, at the base neither, as if a database or a setting were missing"


def conclude(
    result: Result, commit: CommitSha, base: Evidence | None = None, limit: int = OUTPUT_LIMIT
) -> Evidence:
    """Return the evidence of a gate at a commit, judged against what the base showed.

    Args:
        result: What the gate's commands showed.
        commit: Where they were run.
        base: The same gate's evidence at the base; None when it is unknown: then all counts.
        limit: The most characters of the output.
    """
    problems = held_against(result, base)
    unable = compare(result.unable, base)
    status = _status(result, problems, unable)
    if base is not None and _is_without_tests(problems, base):
        status = GateStatus.NOT_RUN
    is_bad = status in (GateStatus.FAIL, GateStatus.NOT_RUN)
    reason = _one_line(_reason(result, problems, unable, base))
    return Evidence(
        gate=result.gate,
        status=status,
        commit=commit,
        reason=reason,
        command=result.command,
        exit_code=result.exit_code,
        seconds=round(result.seconds, 2),
        tests=result.count,
        output=problems_text(result, problems, unable, limit) if is_bad else "",
        failing=tuple(problem.key for problem in result.tests)[:MAX_FAILING],
        findings=tuple(result.keys())[:MAX_FINDINGS],
        total=len(result.tests) + len(result.keys()),
        artifact=result.artifact,
        measures=result.measures,
        remarks=tuple(map(_plain, result.remarks[:MAX_REMARKS])),
        as_at_base=_is_as_at_base(result, problems, unable),
    )


def held_against(result: Result, base: Evidence | None) -> Compared:
    """Return what is wrong, divided by whether the base has it too.

    Where no test passes at either side, one more that fails tells nothing of the change.
    """
    problems = compare((*result.tests, *result.findings), base)
    is_dead = base is not None and base.tests is not None and _none_passes(base.tests)
    if not (is_dead and result.count and _none_passes(result.count)):
        return problems
    new = [problem for problem in problems.new if problem not in result.tests]
    return Compared(
        new=tuple(new), old=(*problems.old, *(p for p in result.tests if p in problems.new))
    )


def _is_without_tests(problems: Compared, base: Evidence) -> bool:
    """Tell whether there are no tests and never were any; the change may still bring some."""
    is_all = bool(problems.new) and all(p.text.startswith(WRITE_TESTS) for p in problems.new)
    return is_all and base.tests is None and base.reason.startswith(WRITE_TESTS)


def _none_passes(count: TestCount) -> bool:
    return count.failed > 0 and not count.passed


def _is_as_at_base(result: Result, problems: Compared, unable: Compared) -> bool:
    if problems.new or (unable.new and not result.is_no_fault):
        return False
    return bool(problems.old or unable.old or unable.new)


def _status(result: Result, problems: Compared, unable: Compared) -> GateStatus:
    if result.nothing_to_do:
        return GateStatus.NOT_APPLICABLE
    if problems.new:
        return GateStatus.FAIL
    if unable.new:
        is_fault = result.gate is Gate.TESTS and not result.was_missing
        return GateStatus.FAIL if is_fault else GateStatus.NOT_RUN
    return GateStatus.NOT_RUN if unable.old or result.none_passed else GateStatus.PASS


def _reason(result: Result, problems: Compared, unable: Compared, base: Evidence | None) -> str:
    if result.nothing_to_do:
        return result.nothing_to_do
    stopped = [problem.place for problem in (*unable.new, *unable.old)]
    if stopped:
        at_base = "could not run, at the base neither: " if not unable.new else ""
        rest = _found(result, problems) if result.count or problems.new or problems.old else ""
        return "; ".join(filter(None, (at_base + ", ".join(stopped), rest)))
    parts = [result.summary or _found(result, problems)]
    flaky = [remark.what for remark in result.remarks if remark.kind == FLAKY]
    if flaky:
        parts.append(f"flaky, passed when run again: {short_list(flaky)}")
    if result.none_passed and not problems.new:
        parts.append(_NONE_PASSES)
    parts += [remark.what for remark in result.remarks if remark.kind == ENVIRONMENT]
    missing = gone(result, base)
    if missing:
        parts.append(f"{len(missing)} that failed at the base are gone: {short_list(missing)}")
    fewer = _fewer(result.count, base)
    if fewer > 0 and not result.is_selection:
        parts.append(f"{fewer} fewer tests than at the base")
    return "; ".join(parts)


def _plain(remark: Remark) -> Remark:
    """Return a remark fit for people's pages, as a reason is."""
    return Remark(kind=remark.kind, what=_one_line(remark.what), why=_one_line(remark.why))


def _one_line(reason: str) -> str:
    """Return a reason fit for people's pages: names of tests and output in it are foreign."""
    plain = visible(reason).replace("<", "(").replace(">", ")")
    return first_line(" ".join(plain.split()), _LONGEST_REASON)


def _found(result: Result, problems: Compared) -> str:
    old = _too(len(problems.old), len(problems.new))
    if result.count is None:
        number = len(problems.new) + len(problems.old)
        if result.gate is Gate.TESTS:
            return _first(result, problems)
        return f"{number} finding{'s' if number > 1 else ''}{old}" if number else "no findings"
    others = [
        f"{problem.text.splitlines()[0]}{' as at the base' if problem in problems.old else ''}"
        for problem in result.findings
    ]
    failed = {problem.key for problem in problems.old} & {test.key for test in result.tests}
    told = count_text(result.count, _too(len(failed), len(result.tests) - len(failed)))
    return "; ".join([told, *others])


def _first(result: Result, problems: Compared) -> str:
    ended = f"the test command ended with exit code {result.exit_code}"
    return next((p.place or p.text for p in (*problems.new, *problems.old)), ended)


def _too(old: int, new: int) -> str:
    if not old:
        return ""
    return " as at the base" if not new else f" ({old} of them at the base too)"


def _fewer(count: TestCount | None, base: Evidence | None) -> int:
    if count is None or base is None or base.tests is None:
        return 0
    return _total(base.tests) - _total(count)


def _total(count: TestCount) -> int:
    return count.passed + count.failed + count.skipped


def count_text(count: TestCount, failed_note: str = "") -> str:
    """Return `30 passed, 1 failed`, with the parts that are not zero."""
    parts = (
        (count.passed, "passed"),
        (count.failed, f"failed{failed_note}"),
        (count.skipped, "skipped"),
    )
    return ", ".join(f"{number} {word}" for number, word in parts if number) or "no tests"
