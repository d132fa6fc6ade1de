"""Running the repository's own checks, with parsed results."""

from typing import ClassVar

from pydantic import Field

from agent.domain.evidence import Evidence, Gate
from agent.evidence.gates import examine
from agent.evidence.result import Result
from agent.evidence.tidy import tidy
from agent.evidence.verdicts import conclude
from agent.evidence.words import evidence_text
from agent.text import fair_shares
from agent.tools.base import WRITING, Bench, Tool, ToolOutcome

_ROOM = 5_400
"""Characters for the outputs of all gates together; a result has about 6,000 at most."""


class RunChecks(Tool):
    """Run the repository's tests, lint and type checks.

    Changed files are formatted first. What failed before the change counts as passed.
    """

    name: ClassVar[str] = "run_checks"
    stages = WRITING

    checks: list[Gate] = Field(
        default_factory=list, description="Empty for all; with `select`, for the tests only."
    )
    select: list[str] = Field(
        default_factory=list,
        description="Test files, node ids or labels, or `-k EXPRESSION`; empty for all tests.",
    )

    def run(self, bench: Bench) -> ToolOutcome:
        """Return what failed first, and one line for each check that passed."""
        gates = self.checks or ([Gate.TESTS] if self.select else list(Gate))
        tidied = tidy(bench) if Gate.LINT in gates else ()
        results = [examine(gate, bench, tuple(self.select)) for gate in dict.fromkeys(gates)]
        found = judged(bench, results)
        found.sort(key=Evidence.is_passable)
        text = "\n\n".join(
            [
                *(evidence_text(item) for item in found if not item.is_passable()),
                "\n".join(evidence_text(item) for item in found if item.is_passable()),
                "\n".join(tidied),
            ]
        ).strip()
        failed = not all(item.is_passable() for item in found)
        return ToolOutcome(text=text.replace("\n\n\n", "\n\n"), failed=failed)


def judged(bench: Bench, results: list[Result]) -> list[Evidence]:
    """Return the evidence of results whose outputs together have room in one message."""
    head = bench.worktree.head
    whole = [conclude(item, head, bench.known(item.gate), 1_000_000) for item in results]
    shares = fair_shares([len(item.output) for item in whole], _ROOM)
    return [
        conclude(item, head, bench.known(item.gate), share)
        for item, share in zip(results, shares, strict=True)
    ]
