"""Tests are named as the repository's paths are, wherever pytest's settings lie."""

from pathlib import Path

import pytest

from agent.domain.evidence import Gate
from agent.evidence.gates import run_gate
from agent.stacks.commands import Stack
from tests.fakes.live import Live

FILES = {
    "api/tests/pytest.ini": "[pytest]\naddopts = -q\n",
    "api/tests/test_one.py": "def test_bad():\n    assert 1 == 2\n\n\ndef test_good():\n    pass\n",
}


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("pytest api/tests", {}),
        ("cd api && pytest tests", {}),
        ("cd api && pytest", {"pyproject.toml": "[tool.pytest.ini_options]\n"}),
    ],
)
def test_a_name_begins_at_the_root(tmp_path: Path, command: str, more: dict[str, str]) -> None:
    live = Live(tmp_path, {**FILES, **more})
    stack = Stack(tests=(command,))
    found = run_gate(Gate.TESTS, live.bench(stack))
    assert found.failing == ("api/tests/test_one.py::test_bad",)
    again = run_gate(Gate.TESTS, live.bench(stack), found.failing)
    assert again.reason == "1 failed"
