"""Coverage with the real programs; its figures are those of coverage.py and diff-cover."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.gates import run_gate
from agent.evidence.suite import Suite
from agent.stacks.commands import Stack
from agent.tools.base import Bench
from tests.fakes.bench import LIFE
from tests.fakes.live import Live

coverage = pytest.importorskip("coverage")
SETTINGS = "[tool.pytest.ini_options]\npythonpath = ['.']\n[tool.coverage.run]\nsource = ['shop']\n"
CODE = """def size(x):
    if x > 10:
        return "large"
    return "small"
"""
MORE = """def size(x):
    if x > 10:
        return "large"
    if x < 0:
        raise ValueError(
            x,
        )
    return "small"


def twice(x):
    while x:
        x -= 1
        if x == 5:
            return 0
    return 2


class Box:
    def open(self):
        return 1
"""
NO_BRANCH = (
    MORE
    + """

def first(x):
    while x:  # pragma: no branch
        return x
    if x:  # pragma: no branch
        return 1
    return 2
"""
)
CASE = "from shop.sizes import size\n\n\ndef test_small():\n    assert size(1) == 'small'\n"
MORE_CASES = f"""{CASE}

def test_large():
    assert size(11) == 'large'


def test_twice():
    from shop.sizes import twice
    assert twice(3) == 2
"""
UNIT = """import unittest

from shop.sizes import size


class Sizes(unittest.TestCase):
    def test_small(self):
        self.assertEqual(size(1), "small")
"""


class Measured:
    """A repository, measured at its base and with a change."""

    def __init__(self, home: Path, *, branch: bool = False, command: str = "pytest -q") -> None:
        is_unit = "unittest" in command
        files = {
            ".gitignore": "__pycache__/\n",
            "pyproject.toml": SETTINGS + f"branch = {str(branch).lower()}\n",
            "shop/__init__.py": "",
            "shop/sizes.py": CODE,
            "shop/unused.py": "a = 1\nb = 2\n",
            "tests/__init__.py": "",
            "tests/test_sizes.py": UNIT if is_unit else CASE,
        }
        self.at = Live(home, files)
        self.stack = Stack(tests=(command,))

    def judged(self, change: dict[str, str] | None = None) -> Evidence:
        """Return what the gate says at the base, or of a change to it."""
        bench = self.at.bench(self.stack, change)
        if change is None:
            bench = replace(bench, base=None)
        bench = replace(bench, artifacts=self.at.desk.artifacts)
        suite = Suite(bench)
        assert run_gate(Gate.TESTS, bench, suite=suite).status is GateStatus.PASS
        found = run_gate(Gate.COVERAGE, bench, suite=suite)
        if change is None:
            self.at.ledger.record(LIFE, found)
        self.bench: Bench = bench
        return found

    def run(self, *argv: str) -> str:
        """Run a program of Python in the worktree by itself."""
        done = subprocess.run(
            [sys.executable, "-m", *argv],
            cwd=self.bench.worktree.path,
            env={
                "PATH": "/usr/bin:/bin",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "COVERAGE_FILE": str(self.at.home / "independent"),
            },
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout


def by_itself(measured: Measured) -> dict[str, Any]:
    """Return what coverage.py says when it is run by hand."""
    measured.run("coverage", "run", "-m", "pytest", "-q")
    found: dict[str, Any] = json.loads(measured.run("coverage", "json", "-q", "-o", "-"))
    return found


def test_branches_that_are_left_out_do_not_change_the_figure(tmp_path: Path) -> None:
    measured = Measured(tmp_path, branch=True)
    measured.judged()
    cases = CASE.replace("import size", "import first, size") + "    assert first(1) == 1\n"
    found = measured.judged({"shop/sizes.py": NO_BRANCH, "tests/test_sizes.py": cases})
    totals = by_itself(measured)["totals"]
    assert totals["num_branches"] > totals["covered_branches"]
    assert found.measures["total_percent"] == totals["percent_covered"]


@pytest.mark.parametrize("branch", [False, True], ids=["lines", "branches"])
def test_figures_are_those_of_the_programs_run_by_hand(tmp_path: Path, *, branch: bool) -> None:
    measured = Measured(tmp_path, branch=branch)
    base = measured.judged()
    assert base.measures["total_percent"] == by_itself(measured)["totals"]["percent_covered"]
    found = measured.judged({"shop/sizes.py": MORE, "tests/test_sizes.py": MORE_CASES})
    head = by_itself(measured)
    assert found.measures["total_percent"] == head["totals"]["percent_covered"]
    missing = head["files"]["shop/sizes.py"]["missing_lines"]
    assert missing == [5, 15, 21]
    uncovered = [item.what for item in found.remarks if item.kind == "uncovered"]
    assert uncovered == [f"shop/sizes.py:{line}" for line in missing]


def test_changed_lines_are_those_of_diff_cover(tmp_path: Path) -> None:
    pytest.importorskip("diff_cover")
    measured = Measured(tmp_path)
    measured.judged()
    found = measured.judged({"shop/sizes.py": MORE, "tests/test_sizes.py": MORE_CASES})
    by_itself(measured)
    xml, told = str(tmp_path / "c.xml"), tmp_path / "diff.json"
    measured.run("coverage", "xml", "-q", "-o", xml)
    base = str(measured.bench.base)
    measured.run(
        "diff_cover.diff_cover_tool", xml, "--compare-branch", base, "--format", f"json:{told}"
    )
    theirs = json.loads(told.read_text())
    figures = found.measures
    assert figures["changed_lines"] == theirs["total_num_lines"]
    assert figures["changed_lines"] - figures["changed_covered"] == theirs["total_num_violations"]
    assert int(figures["changed_percent"]) == theirs["total_percent_covered"]
    lines = theirs["src_stats"]["shop/sizes.py"]["violation_lines"]
    assert [item.what for item in found.remarks if item.kind == "uncovered"] == [
        f"shop/sizes.py:{line}" for line in lines
    ]


def test_new_code_without_a_test_fails_with_its_lines(tmp_path: Path) -> None:
    measured = Measured(tmp_path)
    measured.judged()
    found = measured.judged({"shop/new.py": "def f(x):\n    x += 1\n    return x\n"})
    assert found.status is GateStatus.FAIL
    assert "shop/new.py:1-3 is not covered" in found.output


@pytest.mark.parametrize("command", ["python -m unittest", "python -m pytest -q"])
def test_commands_of_every_kind_are_measured(tmp_path: Path, command: str) -> None:
    found = Measured(tmp_path, command=command).judged()
    assert found.reason == "50.00 % of 6 statements and branches"


def test_a_name_that_coverage_cannot_keep_does_not_stop_the_tests(tmp_path: Path) -> None:
    measured = Measured(tmp_path)
    assert measured.judged().status is GateStatus.PASS
    found = measured.judged({os.fsdecode(b"shop/caf\xe9.py"): "x = 1\n"})
    assert found.status is GateStatus.NOT_RUN
    assert found.reason == "the tests do not run to their end while coverage is measured"
