"""Fetching the JUnit report of a run from the worktree, and saying why there is none."""

from agent.domain.errors import ToolError
from agent.evidence.junit import MAX_CHARACTERS, TestReport, parse_junit
from agent.tools.base import Bench

_KINDS = {"symlink": "a link", "folder": "a folder", "other": "a pipe", "file": "a link"}
"""What is in the place of a report that was refused, by what it is; a plain file with two names."""


def read_report(
    bench: Bench, file: str, output: str, *, root: str = "", folder: str = ""
) -> tuple[TestReport | None, str]:
    """Return a report, or None and what is wrong with it; nothing when it is not there.

    Args:
        bench: Where the tests ran.
        file: The report's path in the worktree.
        output: What pytest printed, plain.
        root: The absolute path of the code that ran, if the report names files by it.
        folder: Where in the worktree the tests ran.
    """
    try:
        text = str(bench.files("result", path=file, cap=MAX_CHARACTERS)["text"])
    except ToolError:
        return None, _refused(bench, file)
    report = parse_junit(text, root, folder, output)
    return report, "" if report else "the report is no usable XML"


def _refused(bench: Bench, file: str) -> str:
    try:
        found = bench.files("stat", paths=[file])["files"][0]
    except ToolError:
        return ""
    if found["kind"] == "file" and found["size"] > MAX_CHARACTERS:
        return "the report is too large"
    kind = _KINDS.get(found["kind"])
    return f"the report is {kind}" if kind else ""
