"""Running the repository's own checks, with parsed results."""

from typing import ClassVar

from pydantic import Field

from agent.domain.evidence import Gate
from agent.evidence.gates import run_gate
from agent.evidence.words import evidence_text
from agent.tools.base import WRITING, Bench, Tool, ToolOutcome


class RunChecks(Tool):
    """Run the repository's tests, lint and type checks, and get the failures first."""

    name: ClassVar[str] = "run_checks"
    stages = WRITING

    checks: list[Gate] = Field(default_factory=lambda: list(Gate), min_length=1)
    select: list[str] = Field(
        default_factory=list, description="Test files or node ids; empty for the whole suite."
    )

    def run(self, bench: Bench) -> ToolOutcome:
        """Return one paragraph per check."""
        found = [run_gate(gate, bench, tuple(self.select)) for gate in self.checks]
        return ToolOutcome(text="\n\n".join(evidence_text(item) for item in found))
