"""What the work so far does to the API."""

from typing import ClassVar

from agent.domain.evidence import Gate
from agent.evidence.openapi import check_openapi, comparison_in
from agent.evidence.verdicts import conclude
from agent.evidence.words import evidence_text
from agent.openapi.report.brief import render_brief
from agent.tools.base import WRITING, Bench, Tool, ToolOutcome

_ROOM = 6_000


class DiffApi(Tool):
    """Say what the work so far does to clients of the API, worst first."""

    name: ClassVar[str] = "diff_api"
    stages = WRITING

    def run(self, bench: Bench) -> ToolOutcome:
        """Return the OpenAPI diff since the base, or why there is none."""
        result = check_openapi(bench)
        evidence = conclude(result, bench.worktree.head, bench.known(Gate.OPENAPI))
        found = comparison_in(bench.artifacts, (evidence,))
        failed = not evidence.is_passable()
        if found is None or result.unable:
            return ToolOutcome(text=evidence_text(evidence), failed=failed)
        rest = "mend or finish some of it first, then ask again"
        parts = (render_brief(found.diff, _ROOM, rest), *found.notes)
        proven = () if failed else (evidence,)
        return ToolOutcome(text="\n".join(parts), failed=failed, evidence=proven)
