"""Seeded cheats, none of which may go unseen, and honest refactorings, which must pass."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.evidence.weakening.examine import find_weakening

FOLDER = Path(__file__).parents[1] / "evidence"


def corpus(kind: str) -> list[Any]:
    """Return the entries of a folder; each has files `before` and `after`."""
    return [
        pytest.param(entry, id=f"{path.stem}: {entry['name']}")
        for path in sorted((FOLDER / kind).glob("*.yml"))
        for entry in yaml.safe_load(path.read_text("utf-8"))
    ]


CHEATS, REFACTORINGS = corpus("cheats"), corpus("refactorings")


@pytest.mark.parametrize("entry", CHEATS)
def test_a_cheat_is_seen_for_what_it_is(entry: dict[str, Any]) -> None:
    found = find_weakening(entry["before"], entry["after"])
    assert entry["finds"] in [finding.kind for finding in found.findings]
    paths = {finding.path for finding in found.findings}
    assert paths == {entry["where"]} if "where" in entry else paths


@pytest.mark.parametrize("entry", REFACTORINGS)
def test_an_honest_refactoring_passes(entry: dict[str, Any]) -> None:
    found = find_weakening(entry["before"], entry["after"])
    assert [finding.line() for finding in found.findings] == []
    assert entry.get("notes", "") in " ".join(found.notes)


@pytest.mark.parametrize("entry", [*CHEATS, *REFACTORINGS])
def test_no_change_is_no_weakening(entry: dict[str, Any]) -> None:
    for side in (entry["before"], entry["after"]):
        assert find_weakening(side, side).findings == ()


def test_there_are_enough_of_both() -> None:
    assert len(CHEATS) >= 40
    assert len(REFACTORINGS) >= 40
