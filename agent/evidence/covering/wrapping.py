"""A test command, changed so that coverage is measured while it runs. Pure.

Source: coverage 7.17, `coverage run`, `combine` and `json`; pytest-cov 7.1, its options.
"""

import re

from agent.domain.value import Value
from agent.evidence.covering.tools import Tools
from agent.evidence.running import RESULTS
from agent.ports import Needs
from agent.stacks.line import CommandLine

FILE = f"{RESULTS}/coverage.json"
_DATA = f"{RESULTS}/coverage"
_PYTHON = re.compile(
    r"(?P<python>\S*python[\d.]*(?:\s+-[WXuI]\s*\S*)*?)\s+(?P<rest>-m\s+(?:pytest|unittest|django)\b.*"
    r"|\S*manage\.py\b.*)",
    re.DOTALL,
)
_BARE = re.compile(r"(?P<program>py\.?test|\./\S*manage\.py)(?P<rest>\s.*|)", re.DOTALL)
_SETTINGS = re.compile(r"--cov-config(?:=|\s+)(?P<file>\S+)")
_IS_MEASURED = re.compile(r"(?:^|\s)--cov(?:=|\s|$)|\bcoverage\s+run\b")


class Metered(Value):
    """A command that measures, or the plain one."""

    line: CommandLine
    before: str = ""
    """A shell command that runs first."""
    after: str = ""
    """What follows the command in the shell; the exit code stays that of the command."""
    needs: Needs | None = None


def metered(line: CommandLine, tools: Tools, root: str) -> Metered | None:
    """Return the command so that it leaves `FILE` below `root`; None when no way is known."""
    text = _measuring(line, tools)
    if text is None:
        return None
    settings = _SETTINGS.search(line.text)
    rcfile = f" --rcfile={settings['file']}" if settings else ""
    data, file = f"{root}/{_DATA}", f"{root}/{FILE}"
    export = (
        f"{{ [ -e '{data}' ] || python -m coverage combine -q{rcfile}; "
        f"python -m coverage json -q -i --fail-under=0{rcfile} -o '{file}'; }}"
    )
    return Metered(
        line=line.model_copy(update={"text": text}),
        before=f"mkdir -p {RESULTS}; rm -rf {FILE} {_DATA} {_DATA}.*; ",
        after=f"; code=$?; {export} >/dev/null 2>&1; exit $code",
        needs=tools.needs,
    )


def _measuring(line: CommandLine, tools: Tools) -> str | None:
    if _IS_MEASURED.search(line.text):
        return line.text
    if line.tool == "pytest" and tools.pytest_cov and tools.in_options:
        return line.text
    if line.tool == "pytest" and tools.pytest_cov and not tools.greenlet:
        what = "--cov" if tools.has_source else "--cov=."
        return f"{line.text} -p pytest_cov {what} --cov-report= --cov-fail-under=0"
    return _run_by_coverage(line, tools)


def _run_by_coverage(line: CommandLine, tools: Tools) -> str | None:
    """Return the command with `coverage run` in it; `-m` stays what it is, for it sets the path.

    What runs in a greenlet, as SQLAlchemy's asyncio does, is lost unless coverage.py is told, for
    which pytest-cov has no option.
    """
    run = "-m coverage run" + ("" if tools.has_source else " --source=.")
    run += " --concurrency=thread,greenlet" if tools.greenlet else ""
    alone = " -n0" if line.tool == "pytest" and tools.xdist else ""
    if found := _PYTHON.fullmatch(line.text):
        return f"{found['python']} {run} {found['rest']}{alone}"
    if found := _BARE.fullmatch(line.text):
        program = found["program"]
        named = program if program.startswith("./") else f'"$(command -v {program})"'
        return f"python {run} {named}{found['rest']}{alone}"
    return None
