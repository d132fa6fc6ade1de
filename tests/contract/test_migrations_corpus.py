"""Good and bad migrations on a real PostgreSQL: no bad one passes, and no good one fails."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.evidence.migrations.judging import Judged, judge
from agent.evidence.migrations.values import Looked, Proven, Tool
from tests.fakes.postgresql import new_database_url
from tests.migrations.corpus import base_files, cases, head_files, write

pytest.importorskip("django")
pytest.importorskip("alembic")
ROOT = Path(__file__).parents[2]
PROCESSES = 2
CASES = [case for tool in ("alembic", "django") for case in cases(tool)]
GOOD = [case for case in CASES if "finds" not in case]
BAD = [case for case in CASES if "finds" in case]
Proofs = dict[str, Proven]


def label(case: dict[str, Any]) -> str:
    return f"{case['tool']}: {case['name']}"


def job(case: dict[str, Any], number: int, folder: Path, socket: str) -> dict[str, Any]:
    """Return what one proof is to do; the same for all but files."""
    tool = case["tool"]
    head = write(folder / str(number), {**base_files(tool), **head_files(case)})
    known = {
        "tool": tool, "folder": "", "script": "migrations", "ini": "alembic.ini",
        "modules": ["site_settings"], "paths": [], "settings": {}, "example": {}, "known": [],
        "turns": {}, "is_full": True, "base_has_it": True, "edited": list(case.get("edits", {})),
    }  # fmt: skip
    base = str(folder / tool)
    return {"name": label(case), "job": known, "base": base, "head": str(head), "socket": socket,
            "mark": f"_{number}"}  # fmt: skip


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> Proofs:
    """Every proof of the corpus, made by a few processes on one server."""
    socket = new_database_url().partition("host=")[2]
    folder = tmp_path_factory.mktemp("corpus")
    for tool in ("alembic", "django"):
        write(folder / tool, base_files(tool))
    jobs = [job(case, number, folder, socket) for number, case in enumerate(CASES)]
    running = [start(jobs[first::PROCESSES]) for first in range(PROCESSES)]
    lines = [
        line for process in running for line in process.communicate(timeout=300)[0].splitlines()
    ]
    answers = [json.loads(line) for line in lines]
    return {item["name"]: Proven.model_validate(item["answer"]) for item in answers}


def start(jobs: list[dict[str, Any]]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.migrations.many"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=ROOT,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps(jobs))
    process.stdin.flush()
    return process


def judged(proven: Proven, case: dict[str, Any]) -> Judged:
    return judge(Tool(tool=case["tool"], folder=""), Looked(), proven)


@pytest.mark.parametrize("case", GOOD, ids=label)
def test_a_good_migration_passes(case: dict[str, Any], proofs: Proofs) -> None:
    found = judged(proofs[label(case)], case)
    assert ([problem.text for problem in found.problems], found.not_run) == ([], "")
    assert set(case.get("remarks", ())) <= {remark.kind for remark in found.remarks}


@pytest.mark.parametrize("case", BAD, ids=label)
def test_a_bad_migration_is_seen_for_what_it_is(case: dict[str, Any], proofs: Proofs) -> None:
    proven = proofs[label(case)]
    found = judged(proven, case)
    assert found.problems
    assert case["finds"] in {fact.kind for fact in proven.facts}
    assert not found.not_run


@pytest.mark.parametrize("tool", ["alembic", "django"])
def test_there_are_enough_of_both(tool: str) -> None:
    assert sum(case["tool"] == tool for case in GOOD) >= 15
    assert sum(case["tool"] == tool for case in BAD) >= 15
