"""The tests gate looks twice: at failures, and at the tests of the change alone and last first."""

from pathlib import Path

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.gates import run_gate
from agent.stacks.commands import Stack
from tests.fakes.live import Live

PYTEST = Stack(tests=("python -m pytest -q",))
UNITTEST = Stack(tests=("python -m unittest",))
OLD = "def test_old():\n    assert 1\n"
FLAKY = """from pathlib import Path

def test_now_and_then():
    seen = Path("seen-by-{name}")
    known, _ = seen.exists(), seen.touch()
    assert known, "the service was not up"
"""
ORDERED = """STORE = []

def test_first():
    STORE.append(1)
    assert STORE

def test_second():
    assert STORE == [1]
"""
CLASSES = """import unittest
STORE = []

class TestStore(unittest.TestCase):
    def test_a(self):
        STORE.append(1)

    def test_b(self):
        self.assertEqual(STORE, [1])
"""
MIXIN = """

class Mixin:
    def test_mixed(self):
        assert self

class TestOne(Mixin):
    pass
"""
CASES = "import unittest\n" + MIXIN.replace("(Mixin)", "(Mixin, unittest.TestCase)")
PARAMETRIZED = """import pytest

@pytest.mark.parametrize("word", ["a b", "it's", "x::y", "[1]"])
def test_words(word):
    assert word
"""


def gate(
    home: Path, change: dict[str, str], at_base: dict[str, str], stack: Stack = PYTEST
) -> Evidence:
    live = Live(home, {"tests/__init__.py": "", "tests/test_old.py": OLD, **at_base})
    return run_gate(Gate.TESTS, live.bench(stack, change))


def test_an_untouched_test_that_passes_the_second_time_is_flaky_and_no_fault(
    tmp_path: Path,
) -> None:
    at_base = {"tests/test_flaky.py": FLAKY.format(name="base")}
    found = gate(tmp_path, {"app.py": "x = 1\n"}, at_base)
    name = "tests/test_flaky.py::test_now_and_then"
    assert (found.status, found.failing) == (GateStatus.PASS, ())
    assert found.reason == f"2 passed; flaky, passed when run again: {name}"
    remark = found.remarks[0]
    assert (remark.kind, remark.what) == ("flaky", name)
    assert "the service was not up" in remark.why


def test_a_test_that_fails_only_after_others_is_broken_by_the_change(tmp_path: Path) -> None:
    at_base = {
        "app.py": "def price(x):\n    return x\n",
        "tests/test_price.py": "from app import price\n\n\ndef test_a():\n    assert price(1) == 1"
        "\n\n\ndef test_b():\n    assert price(2) == 2\n",
    }
    kept = "KEPT = {}\n\n\ndef price(x):\n    return KEPT.setdefault('x', x)\n"
    found = gate(tmp_path, {"app.py": kept}, at_base, Stack(tests=("python -m pytest -q",)))
    assert (found.status, found.remarks) == (GateStatus.FAIL, ())
    assert found.failing == ("tests/test_price.py::test_b",)


def test_a_flaky_test_of_the_change_fails(tmp_path: Path) -> None:
    found = gate(tmp_path, {"tests/test_flaky.py": FLAKY.format(name="head")}, {})
    assert found.status is GateStatus.FAIL
    assert "failed, and passed when it was run again on the same code" in found.output


def test_a_test_that_fails_twice_fails(tmp_path: Path) -> None:
    found = gate(tmp_path, {"tests/test_bad.py": "def test_bad():\n    assert 0\n"}, {})
    assert (found.status, found.remarks) == (GateStatus.FAIL, ())
    assert found.reason == "1 passed, 1 failed"


@pytest.mark.parametrize(
    ("text", "stack", "name"),
    [
        (ORDERED, PYTEST, "tests/test_new.py::test_second"),
        (CLASSES, PYTEST, "tests/test_new.py::TestStore::test_b"),
        (CLASSES, UNITTEST, "tests.test_new.TestStore.test_b"),
    ],
    ids=["functions", "classes", "unittest"],
)
def test_a_test_of_the_change_that_needs_another_before_it_fails(
    tmp_path: Path, text: str, stack: Stack, name: str
) -> None:
    old = {"tests/test_old.py": "import unittest\n"} if stack is UNITTEST else {}
    found = gate(tmp_path, {"tests/test_new.py": text}, old, stack)
    assert found.status is GateStatus.FAIL
    assert f"{name}: passes in the whole suite, and fails when" in found.output


def test_older_tests_that_need_an_order_are_left_alone(tmp_path: Path) -> None:
    found = gate(tmp_path, {"app.py": "x = 1\n"}, {"tests/test_new.py": ORDERED})
    assert (found.status, found.reason) == (GateStatus.PASS, "3 passed")


def test_cases_with_any_name_run_again(tmp_path: Path) -> None:
    found = gate(tmp_path, {"tests/test_words.py": PARAMETRIZED}, {})
    assert (found.status, found.reason) == (GateStatus.PASS, "5 passed")
    assert found.command.endswith("tests/test_words.py::test_words")


def test_failures_of_cases_with_any_name_are_run_again(tmp_path: Path) -> None:
    text = PARAMETRIZED.replace("assert word", 'assert word != "a b"')
    found = gate(tmp_path, {"tests/test_words.py": text}, {})
    assert found.failing == ("tests/test_words.py::test_words[a b]",)
    _, again, alone = found.command.split(" && ")
    assert again.endswith("'tests/test_words.py::test_words[a b]'")
    assert alone.endswith("tests/test_words.py::test_words")


def test_what_was_inherited_runs_under_the_names_of_its_heirs(tmp_path: Path) -> None:
    found = gate(tmp_path, {"tests/test_new.py": ORDERED + MIXIN}, {})
    assert found.status is GateStatus.FAIL
    assert found.failing == ()
    assert "tests/test_new.py::test_second: passes in the whole suite" in found.reason
    assert "tests/test_new.py::TestOne::test_mixed" in found.command


def test_a_mixin_does_not_hide_an_order_from_unittest(tmp_path: Path) -> None:
    old = {"tests/test_old.py": "import unittest\n"}
    helper = "\ndef test_user():\n    return 1\n"
    found = gate(tmp_path, {"tests/test_new.py": CLASSES + CASES + helper}, old, UNITTEST)
    assert "tests.test_new.TestStore.test_b: passes in the whole suite" in found.reason
    assert "tests.test_new.TestOne.test_mixed" in found.command
    remark = found.remarks[0]
    assert (remark.kind, remark.what) == ("not run alone", "tests/test_new.py::test_user")
    assert remark.why == "no test ran under this name"


@pytest.mark.parametrize("stack", [PYTEST, UNITTEST], ids=["pytest", "unittest"])
def test_heirs_in_other_files_are_found(tmp_path: Path, stack: Stack) -> None:
    at_base = {
        "tests/test_old.py": "import unittest\n",
        "tests/mixins.py": "class Mixin:\n    pass\n",
        "tests/test_heir.py": "import unittest\nfrom tests.mixins import Mixin\n\n\n"
        "class TestHeir(Mixin, unittest.TestCase):\n    pass\n",
    }
    mixin = "class Mixin:\n    def test_mixed(self):\n        pass\n"
    found = gate(tmp_path, {"tests/mixins.py": mixin}, at_base, stack)
    name = "tests/test_heir.py::TestHeir::test_mixed"
    plain = name.replace("/", ".").replace(".py", "").replace("::", ".")
    assert found.command.endswith(name if stack is PYTEST else plain)
    assert (found.status, found.remarks) == (GateStatus.PASS, ())


def test_a_failure_elsewhere_does_not_hide_an_order(tmp_path: Path) -> None:
    broken = {"tests/test_old.py": "def test_old():\n    assert 0\n"}
    found = gate(tmp_path, {"tests/test_new.py": ORDERED}, broken)
    assert found.failing == ("tests/test_old.py::test_old",)
    assert "tests/test_new.py::test_second: passes in the whole suite" in found.output


def test_a_test_of_the_same_name_in_an_older_class_is_left_alone(tmp_path: Path) -> None:
    text = CLASSES.replace("test_b", "test_same")
    new = "\nclass TestNew(unittest.TestCase):\n    def test_same(self):\n        pass\n"
    found = gate(tmp_path, {"tests/test_it.py": text + new}, {"tests/test_it.py": text})
    assert (found.status, found.reason) == (GateStatus.PASS, "4 passed")
    assert found.command.endswith("tests/test_it.py::TestNew::test_same")


def test_tests_of_two_folders_run_alone_by_the_command_of_each(tmp_path: Path) -> None:
    stack = Stack(tests=("cd api && python -m pytest -q", "cd work && python -m pytest -q"))
    ini = {f"{name}/pytest.ini": "[pytest]\n" for name in ("api", "work")}
    change = {f"{name}/test_{name}.py": ORDERED for name in ("api", "work")}
    found = gate(tmp_path, change, ini, stack)
    assert "api/test_api.py::test_second: passes in the whole suite" in found.output
    assert "work/test_work.py::test_second: passes in the whole suite" in found.output


@pytest.mark.parametrize("ini", ["pytest.ini", "backend/pytest.ini"])
def test_a_folder_in_a_folder_of_the_same_name_is_told_apart(tmp_path: Path, ini: str) -> None:
    stack = Stack(tests=("cd backend && python -m pytest -q",))
    at_base = {ini: "[pytest]\n", "backend/tests/test_new.py": OLD.replace("old", "first")}
    found = gate(tmp_path, {"backend/backend/tests/test_new.py": ORDERED}, at_base, stack)
    name = "backend/backend/tests/test_new.py::test_second"
    assert f"{name}: passes in the whole suite" in found.output


def test_that_others_ran_too_is_said(tmp_path: Path) -> None:
    at_base = {"pytest.ini": "[pytest]\naddopts = tests\n"}
    found = gate(tmp_path, {"tests/test_new.py": ORDERED}, at_base)
    remark = found.remarks[0]
    assert (remark.kind, remark.what) == ("not run alone", "the tests of the change")
    assert remark.why == "others ran with them, such as tests/test_old.py::test_old"


def test_a_discovery_that_begins_elsewhere_runs_them_alone_in_its_own_order(
    tmp_path: Path,
) -> None:
    old = {"tests/test_old.py": "import unittest\n"}
    stack = Stack(tests=("python -m unittest discover -s tests",))
    found = gate(tmp_path, {"tests/test_a.py": CLASSES}, old, stack)
    assert (found.status, found.reason) == (GateStatus.PASS, "2 passed")
    assert found.remarks[0].why == "they ran alone, but discovery has an order of its own"
