"""Running a command of the model's choice."""

import re
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from agent.domain.errors import ToolError
from agent.evidence.services.running import filling, run_served
from agent.output import cut_output
from agent.ports import Command, CommandResult
from agent.text import first_line, plain_output
from agent.tools.base import WRITING, Bench, Tool, ToolOutcome

_LIMIT = 12_000
_OUTPUT_CAP_BYTES = 8 << 20
_LONGEST = 3600
_KILLED = -9
_NO_NETWORK = re.compile(
    "Temporary failure in name resolution|Name or service not known|Could not resolve host"
    "|Network is unreachable"
)
_TESTS = re.compile(r"\b(?:pytest|unittest|tox|nox)\b|\bmake +\S*test")
_USES_SERVERS = re.compile(rf"{_TESTS.pattern}|\b(?:python[\d.]*|alembic|manage\.py|psql)\b")
_BACKGROUND = re.compile(r"(?<![&>|])&(?=\s|$)")
_WAITED = re.compile(r"\b(wait|kill|pkill)\b")


class RunCommand(Tool):
    """Run a bash command at the root and wait for its end: never poll or sleep.

    Long output is cut to what matters and kept whole in a file: no head or tail needed. No network,
    no input; background processes end with it.
    """

    name: ClassVar[str] = "run_command"
    stages = WRITING

    command: str = Field(min_length=1)
    timeout_seconds: int = Field(default=900, ge=1, le=_LONGEST)

    def run(self, bench: Bench) -> ToolOutcome:
        """Return how it ended and the output."""
        result = _run(bench, self.command, timedelta(seconds=self.timeout_seconds))
        output = plain_output(result.output).strip("\n")
        cut = cut_output(output, _LIMIT)
        where = "" if cut.is_whole else _kept(bench, output)
        rows = [f"[{_end(self, result)}]", cut.text, where, *_remarks(self.command, result)]
        return ToolOutcome(text="\n".join(row for row in rows if row), changes_files=True)


def _run(bench: Bench, line: str, timeout: timedelta) -> CommandResult:
    """Run a line; beside the servers that the tests need where it runs tests or migrations."""
    command = Command(
        argv=("bash", "-c", line), timeout=timeout, output_cap_bytes=_OUTPUT_CAP_BYTES
    )
    if not _USES_SERVERS.search(line):
        return bench.sandbox.run(bench.worktree, command)
    filled = f"{filling(bench.stack.services)}{line}" if _TESTS.search(line) else line
    return run_served(bench, command.model_copy(update={"argv": ("bash", "-c", filled)}))


def _end(asked: RunCommand, result: CommandResult) -> str:
    if result.timed_out:
        longer = "give a longer timeout_seconds or " if asked.timeout_seconds < _LONGEST else ""
        return (
            f"stopped after {result.seconds:.0f} s, its time was up: {first_line(asked.command)}; "
            f"{longer}run a smaller part; its last output is below"
        )
    if result.exit_code == _KILLED and result.truncated_bytes:
        return f"ended after {result.seconds:.1f} s: it wrote far too much; send it to a file"
    if result.exit_code < 0:
        return f"ended by signal {-result.exit_code}, {result.seconds:.1f} s"
    return f"exit code {result.exit_code}, {result.seconds:.1f} s"


def _kept(bench: Bench, output: str) -> str:
    """Keep the whole output in the worktree, and say where."""
    total = output.count("\n") + 1
    try:
        path = bench.files("keep", text=output)["path"]
    except ToolError as error:
        return f"[cut; all {total} lines could not be kept: {error}]"
    return f"[cut; all {total} lines are in {path}: search it, or read_files {path}:1-200]"


def _remarks(command: str, result: CommandResult) -> list[str]:
    remarks = []
    if result.truncated_bytes:
        remarks.append(
            f"[only the first {_OUTPUT_CAP_BYTES >> 20} MiB were kept, {result.truncated_bytes} "
            "bytes are lost; send long output to a file]"
        )
    if _NO_NETWORK.search(result.output[-50_000:]):
        remarks.append("[there is no network here; what the repository declares is installed]")
    if _BACKGROUND.search(command) and not _WAITED.search(command):
        remarks.append(
            "[what it started in the background has ended with it; start, use and stop a server "
            "in one command]"
        )
    return remarks
