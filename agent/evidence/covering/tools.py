"""What can measure coverage where a test command runs, as the sandbox tells it."""

from datetime import timedelta

from pydantic import ConfigDict, Field, ValidationError

from agent.domain.errors import NeedsHumanError, TransientError
from agent.domain.value import Value
from agent.ports import Command, Needs
from agent.stacks.line import CommandLine
from agent.text import first_line
from agent.tools.base import Bench

COVERAGE = "coverage==7.17.3"
"""What is installed beside a project that has no coverage of its own."""
_TIMEOUT = timedelta(minutes=2)
_LONGEST = 200
_SCRIPT = r"""
import importlib.util, json, os, re, sys
from pathlib import Path
os.chdir(sys.argv[1] or ".")
sys.path = [place for place in sys.path if place]
is_there = lambda name: importlib.util.find_spec(name) is not None
by_themselves = not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
found = {"pytest_cov": is_there("pytest_cov"), "xdist": is_there("xdist") and by_themselves,
         "pytest": is_there("pytest")}
ADDED = r"(?ms)^[ \t]*addopts\s*=(.*?)(?=^[ \t]*[A-Za-z_][\w.-]*\s*=|^\[[\w]|\Z)"
for name in ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
    if Path(name).is_file():
        text = Path(name).read_text("utf-8", "replace")
        found["in_options"] = found.get("in_options", False) or any(
            "--cov" in added for added in re.findall(ADDED, text))
if is_there("coverage"):
    import coverage
    found["version"] = coverage.__version__
    try:
        asked = coverage.Coverage().get_option
        found["has_source"] = any(asked("run:" + name) for name in ("source", "source_pkgs"))
        found["greenlet"] = is_there("greenlet") and not asked("run:concurrency")
        found["floor"] = float(asked("report:fail_under") or 0)
    except coverage.CoverageException as error:
        found["problem"] = f"its settings cannot be read: {error}"
print(json.dumps(found))
"""


class Tools(Value):
    """The programs in one environment, and what the repository's settings say of them."""

    model_config = ConfigDict(extra="ignore")

    version: str = ""
    """That of coverage; empty where there is none."""
    pytest: bool = False
    pytest_cov: bool = False
    xdist: bool = False
    in_options: bool = False
    """True when pytest's own settings ask for coverage."""
    has_source: bool = False
    """True when coverage's own settings say what is measured."""
    greenlet: bool = False
    """True when greenlet is there and coverage's own settings do not say how code runs at once."""
    floor: float = Field(default=0, ge=0, le=100, allow_inf_nan=False)
    """The `fail_under` of coverage's settings; 0 for none."""
    problem: str = ""
    """Why coverage cannot be measured with them."""
    needs: Needs | None = None
    """How to get this environment."""


def find_tools(bench: Bench, line: CommandLine) -> Tools:
    """Return what measures coverage for a command: the repository's own, else one beside it."""
    own = _ask(bench, line, None)
    if own.version:
        return own
    beside = _ask(bench, line, Needs(also=(COVERAGE,)))
    if own.pytest and not beside.pytest and not beside.problem:
        return beside.model_copy(update={"problem": "it would have to stand without pytest"})
    return beside


def _ask(bench: Bench, line: CommandLine, needs: Needs | None) -> Tools:
    argv = ("python", "-c", _SCRIPT, line.folder)
    try:
        done = bench.sandbox.run(bench.worktree, Command(argv=argv, timeout=_TIMEOUT, needs=needs))
        told = done.output.strip().rpartition("\n")[2]
        found = Tools.model_validate_json(told)
    except (NeedsHumanError, TransientError) as error:
        return Tools(problem=f"it cannot be installed: {first_line(str(error), _LONGEST)}")
    except ValidationError:
        return Tools(problem="it is not installed")
    missing = "" if found.version else "it is not installed"
    return found.model_copy(update={"needs": needs, "problem": found.problem or missing})
