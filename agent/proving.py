"""Running the gates at a commit, and telling the developer what they found."""

from agent.desk import Desk
from agent.domain.conversation import Message
from agent.domain.evidence import Evidence, Gate, GateStatus, Verdict, verdict
from agent.domain.ids import CommitSha
from agent.domain.run import Proof, RunSpec
from agent.evidence.gates import run_gate
from agent.evidence.words import evidence_text
from agent.prompting import render


def measure(desk: Desk, spec: RunSpec, commit: CommitSha, gates: tuple[Gate, ...]) -> None:
    """Run gates at a commit and keep the evidence; those known already are not run again."""
    known = {item.gate for item in desk.ledger.evidence(spec.life, commit)}
    missing = [gate for gate in gates if gate not in known]
    if not missing:
        return
    bench = desk.bench(spec.repository, spec.life, commit)
    for gate in missing:
        desk.show(spec.life, f"gate {gate}")
        desk.ledger.record(spec.life, run_gate(gate, bench))


def prove(desk: Desk, spec: RunSpec, position: int, head: CommitSha) -> Proof:
    """Run all gates at `head`; what did not pass is written to the transcript at `position`."""
    measure(desk, spec, head, tuple(Gate))
    evidence = desk.ledger.evidence(spec.life, head)
    if verdict(evidence) is Verdict.PASS:
        return Proof(written=0, passed=True)
    open_items = tuple(e for e in evidence if e.status in (GateStatus.FAIL, GateStatus.NOT_RUN))
    text = render("observation/gates", findings=[evidence_text(item) for item in open_items])
    desk.ledger.write(spec.life, position, [Message(role="user", content=text)])
    return Proof(written=1, passed=False, reason=_reason(open_items))


def _reason(items: tuple[Evidence, ...]) -> str:
    return "; ".join(f"{item.gate}: {item.reason}" for item in items)[:300]
