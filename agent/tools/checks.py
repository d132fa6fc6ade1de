"""Running the repository's own checks, with parsed results."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from pydantic import Field

from agent.domain.evidence import Evidence, Gate
from agent.evidence.gates import COMPARING, with_their_like
from agent.evidence.result import Result
from agent.evidence.tidy import tidy
from agent.evidence.together import examine_all
from agent.evidence.verdicts import conclude
from agent.evidence.words import evidence_text
from agent.text import fair_shares
from agent.tools.base import WRITING, Bench, Tool, ToolOutcome

_ROOM = 5_400
"""Characters for the outputs of all gates together; a result has about 6,000 at most."""


class RunChecks(Tool):
    """Run the repository's own checks.

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
        tidied = tidy(bench, final=bench.is_finishing) if Gate.LINT in gates else ()
        whole = tuple(dict.fromkeys(gates)) if self.select else with_their_like(tuple(gates))
        results = examine_all(whole, bench, select=tuple(self.select))
        found = judged(bench, results)
        bad = [evidence_text(item) for item in found if not item.is_passable()]
        good = [evidence_text(item) for item in found if item.is_passable()]
        text = "\n\n".join(filter(None, (*bad, "\n".join((*good, *tidied)))))
        proven = () if self.select else tuple(filter(partial(_is_proof, bench), found))
        return ToolOutcome(text=text, failed=bool(bad), changes_files=bool(tidied), evidence=proven)


def _is_proof(bench: Bench, item: Evidence) -> bool:
    """Tell whether a result holds for good: what compares has seen the base."""
    return item.is_passable() and (item.gate not in COMPARING or bench.known(item.gate) is not None)


def judged(bench: Bench, results: Sequence[Result]) -> list[Evidence]:
    """Return the evidence of results whose outputs together have room in one message."""
    head = bench.worktree.head
    whole = [conclude(item, head, bench.known(item.gate), 1_000_000) for item in results]
    lengths = [len(item.output) for item in whole]
    shares = fair_shares(lengths, _ROOM) if sum(lengths) > _ROOM else [_ROOM for _ in whole]
    return [
        conclude(item, head, bench.known(item.gate), share)
        for item, share in zip(results, shares, strict=True)
    ]
