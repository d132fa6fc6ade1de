"""Red to green with real files, git and tools: what the copy of the base's code is made of."""

from pathlib import Path

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.gates import run_gate
from agent.evidence.result import Result
from agent.evidence.suite import Suite
from agent.stacks.commands import Stack
from agent.tools.base import Bench
from tests.fakes.live import Live

TIDY = "def add(a, b):\n    total = a\n    return total\n"
FILES = {
    ".gitignore": "__pycache__/\n*.local\n",
    "shop/__init__.py": "",
    "shop/sums.py": "def add(a, b):\n    return a\n",
    "tests/test_old.py": "def test_old():\n    assert 1\n",
}
CHANGE = {"shop/sums.py": TIDY}
MENDED = {"shop/sums.py": "def add(a, b):\n    return a + b\n"}
SUM = "from shop.sums import add\n\n\ndef test_sum({}):\n    assert add(1, 2) == 3\n"


class Unasked(Suite):
    """A suite of which nothing is known: only what runs in the copies tells."""

    def tests(self) -> Result:
        return Result(gate=Gate.TESTS)


def prove(tmp_path: Path, change: dict[str, str], command: str = "python -m pytest -q") -> Evidence:
    return judged(Live(tmp_path, FILES).bench(Stack(tests=(command,)), change))


def judged(bench: Bench) -> Evidence:
    return run_gate(Gate.RED_TO_GREEN, bench, suite=Unasked(bench))


def kinds(found: Evidence) -> dict[str, str]:
    return {item.what.rpartition("::")[2]: item.kind for item in found.remarks}


def test_a_test_does_not_fail_at_the_base_for_want_of_what_is_no_product(tmp_path: Path) -> None:
    change = {
        **CHANGE,
        "samples/in.json": "{}",
        "settings.toml": "a = 1\n",
        "tests/templates/a.html": "a",
        "shop/fixtures/a.json": "[]",
        "tests/test_new.py": (
            "import pathlib, subprocess\n\n\n"
            "def test_data():\n"
            "    assert pathlib.Path('samples/in.json').exists()\n\n\n"
            "def test_settings():\n"
            "    assert pathlib.Path('settings.toml').exists()\n\n\n"
            "def test_template():\n"
            "    assert pathlib.Path('tests/templates/a.html').exists()\n\n\n"
            "def test_fixture():\n"
            "    assert pathlib.Path('shop/fixtures/a.json').exists()\n\n\n"
            "def test_git():\n"
            "    assert subprocess.check_output(['git', 'ls-files', 'tests/test_old.py'])\n"
            "    assert subprocess.check_output(['git', 'log', '--format=%s']) == b'first\\n'\n"
        ),
    }
    found = prove(tmp_path, change)
    assert (found.status, kinds(found)) == (
        GateStatus.FAIL,
        dict.fromkeys(
            ("test_data", "test_settings", "test_template", "test_fixture", "test_git"), "nothing"
        ),
    )


def test_what_the_program_is_made_of_stays_as_at_the_base(tmp_path: Path) -> None:
    change = {
        **CHANGE,
        "templates/mail.txt": "Dear\n",
        "shop/rates.json": "[1]",
        "shop/test.py": "rate = 1\n",
        "tests/test_new.py": (
            "import pathlib\n\n\n"
            "def test_template():\n"
            "    assert pathlib.Path('templates/mail.txt').exists()\n\n\n"
            "def test_data():\n"
            "    assert pathlib.Path('shop/rates.json').exists()\n\n\n"
            "def test_module():\n"
            "    assert pathlib.Path('shop/test.py').exists()\n"
        ),
    }
    found = prove(tmp_path, change)
    assert kinds(found) == dict.fromkeys(("test_template", "test_data", "test_module"), "red")


def test_the_copy_has_the_name_of_the_worktree(tmp_path: Path) -> None:
    at = Live(tmp_path, FILES)
    name = at.bench(Stack()).worktree.path.name
    text = f"import pathlib\n\n\ndef test_name():\n    assert pathlib.Path.cwd().name == {name!r}\n"
    bench = at.bench(Stack(tests=("python -m pytest -q",)), {**CHANGE, "tests/test_new.py": text})
    assert kinds(judged(bench)) == {"test_name": "nothing"}


@pytest.mark.parametrize("body", ["open('here.local')", "assert 'worktrees' in os.getcwd()"])
def test_what_no_copy_has_makes_no_test_red(tmp_path: Path, body: str) -> None:
    text = f"import os\n\n\ndef test_here():\n    {body}\n"
    change = {**CHANGE, "here.local": "1", "tests/test_new.py": text}
    found = prove(tmp_path, change)
    assert (found.status, found.is_passable()) == (GateStatus.NOT_RUN, True)
    assert "fails in a copy of the change too" in found.reason


def test_a_conftest_that_the_base_cannot_import_gives_way_to_that_of_the_base(
    tmp_path: Path,
) -> None:
    change = {
        **MENDED,
        "shop/more.py": "x = 1\n",
        "tests/conftest.py": (
            "import pytest\nfrom shop.more import x\n\n\n"
            "@pytest.fixture\ndef test_client():\n    return x\n"
        ),
        "tests/test_new.py": SUM.format(""),
        "tests/test_idle.py": SUM.format("test_client").replace("(1, 2) == 3", "(1, 0) == 1"),
    }
    found = prove(tmp_path, change)
    note = (
        "conftest.py of the change is of no use there: "
        "ModuleNotFoundError: No module named 'shop.more'"
    )
    assert found.status is GateStatus.PASS
    assert found.reason.endswith(note)
    assert [(item.kind, item.what, item.why) for item in found.remarks] == [
        ("red", "tests/test_new.py::test_sum", "assert 1 == 3"),
        ("weak", "tests/test_idle.py::test_sum", note),
    ]


CASES = """import unittest

from shop.sums import add


def test_user():
    return 1


class Both:
    def test_both(self):
        self.assertEqual(add(1, 2), 3)


class Sums(Both, unittest.TestCase):
    @unittest.skip("no")
    def test_skipped(self):
        self.assertEqual(add(1, 2), 3)

    def test_told(self):
        \"\"\"Adds.\"\"\"
        self.assertEqual(add(1, 2), 3)

    @unittest.expectedFailure
    def test_wrong(self):
        self.assertEqual(add(1, 2), 1)
"""


def test_unittest_runs_what_a_class_inherits_and_tells_what_was_skipped(tmp_path: Path) -> None:
    change = {**MENDED, "tests/__init__.py": "", "tests/test_unit.py": CASES}
    found = prove(tmp_path, change, "python -m unittest")
    assert found.status is GateStatus.PASS
    assert kinds(found) == {
        "test_both": "red",
        "test_told": "red",
        "test_wrong": "nothing",
        "test_user": "absent",
        "test_skipped": "absent",
    }


def test_a_name_that_is_no_text_hides_no_change(tmp_path: Path) -> None:
    bench = Live(tmp_path, FILES).bench(
        Stack(tests=("python -m pytest -q",)), {**MENDED, "tests/test_new.py": SUM.format("")}
    )
    (bench.worktree.path / "caf\udce9.txt").write_text("x")
    assert kinds(judged(bench)) == {"test_sum": "red"}
