"""Saying that the work is done."""

from typing import ClassVar

from pydantic import Field

from agent.domain.run import Signal
from agent.evidence.tidy import tidy
from agent.tools.base import WRITING, Bench, Tool, ToolOutcome


class Finish(Tool):
    """Say that every acceptance criterion is met. The gates run next and decide."""

    name: ClassVar[str] = "finish"
    stages = WRITING

    title: str = Field(min_length=1, max_length=72, description="Commit subject, imperative")
    summary: str = Field(min_length=1, description="What changed and why")
    assumptions: list[str] = Field(default_factory=list, description="Beyond the plan's")

    def run(self, bench: Bench) -> ToolOutcome:
        """Tidy what was changed; keep the summary for the commit and the pull request."""
        tidied = tidy(bench, final=True)
        return ToolOutcome(
            text="\n".join(["The gates run now.", *tidied]),
            signal=Signal.FINISH,
            changes_files=bool(tidied),
            record=("summary", "current", self.model_dump()),
        )
