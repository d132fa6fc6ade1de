import sys
from pathlib import Path

from tests.bench.differ import OURS, in_turn
from tests.bench.differ_peers import NotRunError


def prints(*words: str) -> list[str]:
    return [sys.executable, "-c", "print('{\"changes\": [1, 2]}')", *words]


def missing(files: list[str]) -> list[str]:
    raise NotRunError("npm: it is not there")


def fails(files: list[str]) -> list[str]:
    return [sys.executable, "-c", "raise SystemExit('these files are too large')"]


def test_programs_are_measured_as_whole_processes_beside_ours() -> None:
    rows = in_turn(
        {OURS: lambda files: prints(*files), "peer": lambda files: prints()}, [Path("a")]
    )
    assert [rows[name]["changes"] for name in (OURS, "peer")] == [2, 2]
    assert all(row["seconds"] >= 0 and row["peak_mb"] > 1 for row in rows.values())
    assert rows[OURS]["times_our_seconds"] == 1.0
    assert rows["peer"]["times_our_memory"] > 0


def test_a_peer_that_cannot_be_had_or_fails_is_told_as_not_run() -> None:
    rows = in_turn({OURS: lambda files: prints(), "gone": missing, "weak": fails}, [])
    assert rows["gone"] == {"not run": "npm: it is not there"}
    assert rows["weak"] == {"not run": "exit 1: these files are too large"}
    assert rows[OURS]["changes"] == 2
