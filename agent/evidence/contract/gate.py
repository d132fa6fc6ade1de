"""The contract gate: requests to the operations that a change touches, held against the base.

A team asks for it. At the base all operations are tried and their digests kept; at the head those
that are new or other. A fault that an operation has at the base too is held against nobody.
"""

from collections.abc import Iterator

from pydantic import ValidationError

from agent.domain.errors import NotFoundError, SettingsError
from agent.domain.evidence import Evidence, Gate, GateStatus, Remark
from agent.domain.value import Value
from agent.evidence.contract.asked import FILE, Asked, read_wish
from agent.evidence.contract.asking import TOOL, Trial, Tried, try_application
from agent.evidence.contract.words import fault_text, operations_text
from agent.evidence.result import Problem, Result
from agent.evidence.words import short_list
from agent.ports import Artifacts
from agent.tools.base import Bench

NOT_ASKED = f"the team did not ask for it (contract in {FILE})"
_SUFFIX = ".contract.json"
_KEY = "the application could not be tried"
_ROOM = 200


class ContractAtBase(Value):
    """What the team asks for, and the operations that were tried."""

    asked: Asked
    apps: tuple[str, ...] = ()
    digests: dict[str, str]
    untried: tuple[str, ...] = ()
    """Operations of which nothing is known: time was over, or they need what is not there."""
    problem: str = ""
    """Why the application could not be tried."""


def check_contract(bench: Bench) -> Result:
    """Try the operations that the change touches; at the base all of them."""
    try:
        return _at_base(bench) if bench.base is None else _at_head(bench)
    except SettingsError as error:
        return _unable(str(error))


def _at_base(bench: Bench) -> Result:
    wish = read_wish(bench)
    if wish.asked is None:
        return _nothing(NOT_ASKED)
    trial = try_application(bench, wish.asked, wish.apps, None)
    failed = not trial.is_no_application and not trial.documents
    kept = ContractAtBase(
        asked=wish.asked,
        apps=wish.apps,
        digests=trial.digests,
        untried=tuple(_unknown(trial)),
        problem=trial.reason if failed else "",
    )
    artifact = bench.artifacts.put(kept.model_dump_json().encode(), _SUFFIX)
    return _result(trial).model_copy(update={"artifact": artifact})


def _at_head(bench: Bench) -> Result:
    known = bench.known(Gate.CONTRACT)
    if known is None:
        return _nothing("what the team asks for at the base is not known yet")
    base = _read(bench.artifacts, known)
    if base is None:
        return _nothing(known.reason) if not _was_asked(known) else _unable(known.reason)
    if base.problem:
        why = f"the application could not be tried at the base: {base.problem}"
        return _unable(why, is_no_fault=True)
    result = _result(try_application(bench, base.asked, base.apps, base.digests), base)
    if result.nothing_to_do and base.digests and not result.measures:
        return _unable(result.nothing_to_do)
    return result


def _was_asked(known: Evidence) -> bool:
    return known.status is not GateStatus.NOT_APPLICABLE


def _read(artifacts: Artifacts, known: Evidence) -> ContractAtBase | None:
    if known.artifact is None:
        return None
    try:
        return ContractAtBase.model_validate_json(artifacts.get(known.artifact))
    except (NotFoundError, ValidationError):
        return None


def _nothing(why: str) -> Result:
    return Result(gate=Gate.CONTRACT, nothing_to_do=why)


def _unable(why: str, *, is_no_fault: bool = False) -> Result:
    problem = Problem(key=_KEY, text=why, place=why)
    return Result(gate=Gate.CONTRACT, unable=(problem,), is_no_fault=is_no_fault)


def _unknown(trial: Trial) -> Iterator[str]:
    """Yield the operations of which a run shows nothing, or not all."""
    whole = {tried.name for tried in trial.operations if not _why_not(tried)}
    yield from (name for name in trial.digests if name not in whole)


def _why_not(tried: Tried) -> str:
    """Return why an operation was not tried, or not to the end; empty when it was."""
    if tried.state != "tried":
        return "time was over"
    return tried.needs or tried.problem


def _result(trial: Trial, base: ContractAtBase | None = None) -> Result:
    """Return what a run shows; of what the base does not tell, nothing is held against the head."""
    if trial.is_no_application:
        return _nothing(trial.reason)
    if not trial.documents:
        return _unable(_why_not_loaded(trial), is_no_fault=trial.is_not_installed)
    if not trial.operations and not trial.running:
        nothing = _nothing("no operation of the API was added or changed")
        return nothing.model_copy(update={"measures": {"operations": 0.0}})
    doubtful = frozenset(base.untried if base else ())
    findings = [
        Problem(key=f"{tried.name}: {fault.check} {fault.status}", text=fault_text(tried, fault))
        for tried in trial.operations
        if tried.name not in doubtful
        for fault in tried.faults
    ]
    return Result(
        gate=Gate.CONTRACT,
        command=f"schemathesis ({trial.label})",
        exit_code=int(bool(findings)),
        seconds=trial.seconds,
        findings=tuple(findings),
        unable=tuple(_stopped(trial, doubtful)),
        is_no_fault=not trial.running,
        summary="" if findings else f"{operations_text(trial.operations)}, no fault",
        measures=_measures(trial),
        remarks=tuple(_remarks(trial)),
    )


def _why_not_loaded(trial: Trial) -> str:
    if trial.is_not_installed:
        return f"{TOOL} cannot be installed beside the project: {trial.reason}"
    return f"{trial.label} cannot be tried: {trial.reason}"


def _stopped(trial: Trial, doubtful: frozenset[str]) -> Iterator[Problem]:
    """Yield what could not be tried, or not be judged."""
    if trial.running:
        why = f"the run ended within {trial.running}: {trial.reason}"
        yield Problem(key=_KEY, text=why, place=why)
    by_reason: dict[str, list[str]] = {}
    for tried in trial.operations:
        why = _why_not(tried)
        if not why and tried.name in doubtful and tried.faults:
            why = "it has faults, and what the base does is not known"
        if why:
            by_reason.setdefault(why, []).append(tried.name)
    for why, names in by_reason.items():
        text = f"{short_list(names, _ROOM)}: {why}"
        yield Problem(key=f"{why}: {names[0]}", text=text, place=text)


def _measures(trial: Trial) -> dict[str, float]:
    return {
        "operations": float(sum(tried.state != "untried" for tried in trial.operations)),
        "requests": float(sum(tried.sent for tried in trial.operations)),
    }


def _remarks(trial: Trial) -> Iterator[Remark]:
    for tried in trial.operations:
        if tried.is_locked:
            yield Remark(kind="locked", what=tried.name, why="every answer was to log in first")
