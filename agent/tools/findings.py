"""The one tool of the self-review. It is offered to the reviewer alone."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from agent.tools.base import Bench, Tool, ToolOutcome


class Finding(BaseModel):
    """One fault."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="File, with the line if there is one: app/orders.py:31.")
    problem: str = Field(min_length=1, description="What goes wrong, for which input or criterion.")


class ReportFindings(Tool):
    """Report the faults that must be mended before the change is merged; an empty list if none."""

    name: ClassVar[str] = "report_findings"

    findings: list[Finding] = Field(max_length=5)

    def run(self, bench: Bench) -> ToolOutcome:
        """Return the findings in words; the reviewer works on no worktree."""
        return ToolOutcome(text="\n".join(f"{f.path}: {f.problem}" for f in self.findings))
