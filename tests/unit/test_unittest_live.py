"""Tests of unittest, named one by one: on the code of the base and at the head."""

from pathlib import Path

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.gates import run_gate
from agent.evidence.red.edits import EditedTest
from agent.evidence.red.reasons import is_named
from agent.stacks.commands import Stack
from tests.fakes.live import Live

FILES = {"tests/__init__.py": "", "tests/test_old.py": "", "shop.py": "def one():\n    return 0\n"}
FIXED = {"shop.py": "def one():\n    return 1\n"}
MIXIN = """import unittest
from shop import one


def test_user():
    return 1


class Mixin:
    def test_one(self):
        self.assertEqual(one(), 1)


class TestHeir(Mixin, unittest.TestCase):
    pass
"""
SKIPPED = """import unittest
from shop import one


class TestSkipped(unittest.TestCase):
    @unittest.skip("no database")
    def test_one(self):
        self.assertEqual(one(), 1)
"""


def proved(home: Path, text: str, command: str = "python -m unittest") -> Evidence:
    bench = Live(home, FILES).bench(Stack(tests=(command,)), {**FIXED, "tests/test_new.py": text})
    return run_gate(Gate.RED_TO_GREEN, bench)


@pytest.mark.parametrize(
    "command",
    ["python -m unittest", "python -m unittest -q", "python -m unittest discover -s tests -t ."],
)
def test_a_test_that_was_inherited_fails_on_the_code_of_the_base(
    tmp_path: Path, command: str
) -> None:
    found = proved(tmp_path, MIXIN, command)
    assert found.status is GateStatus.PASS
    assert [(r.kind, r.what) for r in found.remarks] == [
        ("red", "tests/test_new.py::Mixin::test_one"),
        ("absent", "tests/test_new.py::test_user"),
    ]


def test_a_test_that_is_skipped_is_not_one_that_passes(tmp_path: Path) -> None:
    found = proved(tmp_path, SKIPPED)
    assert found.status is GateStatus.NOT_RUN
    assert "it was skipped there" in found.reason


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("tests.test_a.TestA.test_b", True),
        ("test_a.TestHeir.test_b", True),
        ("tests/test_a.py::TestA::test_b[x::y]", True),
        ("tests.test_a.TestA.test_b_0_first", True),
        ("tests/test_a.py::TestA::test_b_1", True),
        ("tests.test_a.TestA.test_b_more", False),
        ("tests.test_b.TestA.test_b", False),
        ("tests.test_a", False),
    ],
)
def test_a_name_is_of_a_test_whatever_runs_it(name: str, known: bool) -> None:
    assert is_named(name, EditedTest(path="tests/test_a.py", name="TestA::test_b")) is known
