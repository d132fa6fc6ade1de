"""Measuring coverage while the tests gate runs the suite, so that it runs once for both."""

from agent.domain.errors import ToolError
from agent.evidence.covering.report import LARGEST_BYTES, Coverage, Report, joined, parse_report
from agent.evidence.covering.tools import Tools, find_tools
from agent.evidence.covering.wrapping import FILE, Metered, metered
from agent.stacks.line import CommandLine
from agent.tools.base import Bench


class Meter:
    """What measures the test commands of one run, one after the other."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._reports: list[Report] = []
        self.problems: list[str] = []
        """Why commands were not measured."""
        self.tools: list[Tools] = []

    @property
    def coverage(self) -> Coverage | None:
        """What all commands covered together; None unless every one was measured."""
        return None if self.problems or not self._reports else joined(self._reports)

    @property
    def floor(self) -> float:
        """The `fail_under` of the repository's settings; 0 for none."""
        return max((tools.floor for tools in self.tools), default=0)

    def begin(self, line: CommandLine) -> Metered | None:
        """Return the command to run in place of `line`; None when it cannot be measured."""
        if line.tool not in ("pytest", "unittest", "manage.py"):
            self.problems.append(f"`{line.tool}` is no test command that can be measured")
            return None
        tools = find_tools(self._bench, line)
        if tools.problem:
            self.problems.append(f"coverage.py: {tools.problem}")
            return None
        found = metered(line, tools, str(self._bench.worktree.path))
        if found is None:
            self.problems.append(f"no way is known to measure `{line.text}`")
        else:
            self.tools.append(tools)
        return found

    def end(self, line: CommandLine) -> None:
        """Read what the command left."""
        try:
            text = self._bench.files("result", path=FILE, cap=LARGEST_BYTES)["text"]
        except ToolError:
            self.problems.append("coverage.py reported nothing")
            return
        report = parse_report(text, str(self._bench.worktree.path), line.folder)
        if report is None:
            self.problems.append("coverage.py reported no file")
        else:
            self._reports.append(report)

    def give_up(self) -> None:
        """Note that the command does not run to its end when it is measured."""
        self.problems.append("the tests do not run to their end while coverage is measured")
