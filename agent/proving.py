"""Running the gates at a commit, and telling the developer what they found."""

from functools import partial

from agent.desk import Desk
from agent.diffs import changed_paths
from agent.domain.conversation import Message
from agent.domain.evidence import Evidence, Gate
from agent.domain.ids import CommitSha
from agent.domain.plan import Plan
from agent.domain.run import Proof, RunSpec, Stage
from agent.evidence.gates import with_their_like
from agent.evidence.judging import judge
from agent.evidence.result import Result
from agent.evidence.together import examine_all
from agent.evidence.verdicts import conclude
from agent.evidence.words import evidence_text
from agent.plan_check import deviation
from agent.prompting import render
from agent.stages import stage_of
from agent.unsticking import unstick


def measure(desk: Desk, spec: RunSpec, commit: CommitSha, gates: tuple[Gate, ...]) -> None:
    """Run gates at a commit and keep the evidence; those known already are not run again."""
    if not _missing(desk, spec, commit, gates):
        return
    bench = desk.bench(spec.repository, spec.life, commit)
    missing = _missing(desk, spec, commit, with_their_like(gates))
    for result in examine_all(missing, bench, tell=partial(_show, desk, spec)):
        desk.ledger.record(spec.life, conclude(result, commit))


def prove(desk: Desk, spec: RunSpec, position: int, head: CommitSha) -> Proof:
    """Run all gates at `head`; what the change must mend is written at `position`.

    A gate that does not pass is run at the base too, once in a ticket's life: what was wrong there
    already is no reason to go on. A gate that can run at neither ends as `not run`, and the work
    may end with it: no answer of the developer could change that.
    """
    if head == spec.base:
        measure(desk, spec, head, tuple(Gate))
        return Proof(written=0, passed=True)
    _judge(desk, spec, head)
    evidence = desk.ledger.evidence(spec.life, head)
    open_items = tuple(item for item in evidence if not item.is_passable())
    undeclared = _undeclared(desk, spec, head)
    if not open_items and not undeclared:
        return Proof(written=0, passed=True)
    findings = [evidence_text(item) for item in open_items]
    text = render("observation/gates", findings=findings, undeclared=undeclared)
    desk.ledger.write(spec.life, position, [Message(role="user", content=text)])
    told = unstick(desk, spec, position + 1)
    return Proof(
        written=1 + told.written,
        passed=False,
        reason=_reason(open_items, undeclared),
        blocked=told.blocked,
    )


def _judge(desk: Desk, spec: RunSpec, head: CommitSha) -> None:
    """Run the gates that are missing at `head` and keep what they say about the change."""
    missing = _missing(desk, spec, head, tuple(Gate))
    if not missing:
        return

    def at_base(gates: tuple[Gate, ...]) -> tuple[Evidence, ...]:
        measure(desk, spec, spec.base, gates)
        return desk.ledger.evidence(spec.life, spec.base)

    bench = partial(desk.bench, spec.repository, spec.life, head, spec.base)
    for judged in judge(missing, bench, at_base, tell=partial(_show, desk, spec)):
        desk.ledger.record(spec.life, judged.evidence)


def _show(desk: Desk, spec: RunSpec, gate: Gate, result: Result | None) -> None:
    if result is None:
        desk.show(spec.life, f"gate {gate}")


def _missing(
    desk: Desk, spec: RunSpec, commit: CommitSha, gates: tuple[Gate, ...]
) -> tuple[Gate, ...]:
    known = {item.gate for item in desk.ledger.evidence(spec.life, commit)}
    return tuple(gate for gate in gates if gate not in known)


def _undeclared(desk: Desk, spec: RunSpec, head: CommitSha) -> tuple[str, ...]:
    """Return the risks of the change that its plan does not name, where a person must hear them."""
    if spec.approval == "never" or stage_of(desk, spec) is not Stage.DEVELOP:
        return ()
    plan = desk.ledger.find(spec.life, "plan", "current")
    diff = desk.workspace.diff(spec.repository, spec.base, head)
    return deviation(Plan.model_validate(plan) if plan else None, changed_paths(diff)).undeclared


def _reason(items: tuple[Evidence, ...], undeclared: tuple[str, ...]) -> str:
    reasons = [f"{item.gate}: {item.reason}" for item in items]
    return "; ".join([*reasons, *(f"not in the plan: {risk}" for risk in undeclared)])[:300]
