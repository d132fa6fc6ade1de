"""Running a command of the model's choice."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from agent.ports import Command
from agent.text import head_and_tail, plain_output
from agent.tools.base import WRITING, Bench, Tool, ToolOutcome

_LIMIT = 12_000


class RunCommand(Tool):
    """Run a shell command in the repository's environment; there is no network."""

    name: ClassVar[str] = "run_command"
    stages = WRITING

    command: str = Field(min_length=1, description="A bash command line, run at the root.")
    timeout_seconds: int = Field(default=300, ge=1, le=1800)

    def run(self, bench: Bench) -> ToolOutcome:
        """Return the exit code and the output."""
        result = bench.sandbox.run(
            bench.worktree,
            Command(
                argv=("bash", "-c", self.command),
                timeout=timedelta(seconds=self.timeout_seconds),
            ),
        )
        end = "stopped: time is up" if result.timed_out else f"exit code {result.exit_code}"
        body = head_and_tail(plain_output(result.output).strip("\n"), _LIMIT)
        return ToolOutcome(text=f"[{end}, {result.seconds:.1f} s]\n{body}".rstrip())
