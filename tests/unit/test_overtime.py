"""Tests that take too long: a part of them runs, and the gate stays not run."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.gates import run_gate
from agent.evidence.overtime import concerned
from agent.stacks.commands import Stack
from agent.tools.base import Bench
from tests.fakes.bench import evidence
from tests.fakes.live import Live

LIMIT = timedelta(seconds=8)
AT_BASE = evidence(
    status=GateStatus.NOT_RUN, findings=("could not run: python -m pytest -q",), total=1
)
FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": "def price(x):\n    return x\n",
    "shop/stock.py": "",
    "tests/conftest.py": "import shop.prices\n",
    "tests/test_prices.py": "from shop.prices import price\n\n\ndef test_price():\n"
    "    assert price(1) == 1\n",
    "tests/test_stock.py": "import time\n\n\ndef test_stock():\n    time.sleep(99)\n",
}
NEW = {
    "shop/prices.py": "def price(x):\n    return x\n\n\ndef gross(x):\n    return x * 2\n",
    "tests/test_gross.py": "from shop.prices import gross\n\n\ndef test_gross():\n"
    "    assert gross(1) == 2\n",
}


def bench(home: Path, change: dict[str, str]) -> Bench:
    found = Live(home, FILES).bench(Stack(tests=("python -m pytest -q",)), change)
    return replace(found, limit=LIMIT, at_base=(AT_BASE,))


def judged(home: Path, change: dict[str, str]) -> Evidence:
    return run_gate(Gate.TESTS, bench(home, change))


def test_the_part_that_the_change_is_about_is_told_and_proves_nothing(tmp_path: Path) -> None:
    found = judged(tmp_path, NEW)
    assert found.status is GateStatus.NOT_RUN
    assert "8 seconds were over" in found.reason
    assert found.reason.endswith("; of 2 test files that the change is about, 2 passed")


def test_a_failure_in_the_part_is_named(tmp_path: Path) -> None:
    found = judged(tmp_path, {"shop/prices.py": "def price(x):\n    return 2\n"})
    assert found.status is GateStatus.NOT_RUN
    assert found.reason.endswith("1 failed: tests/test_prices.py::test_price")
    assert "assert 2 == 1" in found.output


def test_a_change_that_is_about_no_test_file_leaves_it_at_that(tmp_path: Path) -> None:
    assert judged(tmp_path, {"shop/new.py": "x = 1\n"}).reason.endswith("::test_stock)")


def test_tests_of_the_change_come_before_those_that_name_its_modules(tmp_path: Path) -> None:
    assert concerned(bench(tmp_path, NEW)) == ("tests/test_gross.py", "tests/test_prices.py")
