"""Evidence in words, for the model."""

from agent.domain.evidence import Evidence, GateStatus

_WORDS = {
    GateStatus.PASS: "passed",
    GateStatus.FAIL: "FAILED",
    GateStatus.NOT_APPLICABLE: "not applicable",
    GateStatus.NOT_RUN: "COULD NOT RUN",
}


def evidence_text(evidence: Evidence) -> str:
    """Return one paragraph: the verdict, the command, and what a reader needs of the output."""
    lines = [f"{evidence.gate}: {_WORDS[evidence.status]}: {evidence.reason}"]
    if evidence.command:
        lines.append(f"$ {evidence.command}  [{evidence.seconds:.1f} s]")
    if evidence.output:
        lines.append(evidence.output)
    return "\n".join(lines)
