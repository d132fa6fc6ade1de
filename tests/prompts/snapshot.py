"""Texts that are kept as files, so that a change to a prompt shows up in review as prose."""

import os
from pathlib import Path

SNAPSHOTS = Path(__file__).parent / "snapshots"
HOW = "run `UPDATE_SNAPSHOTS=1 pytest tests/prompts` and read the difference before you commit it"


def matches(name: str, text: str, folder: Path = SNAPSHOTS) -> None:
    """Compare a text with its snapshot, or renew the snapshot when that was asked for."""
    path = folder / f"{name}.md"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        assert os.environ.get("CI") != "true", "snapshots are renewed by people, never by CI"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", "utf-8")
    assert path.exists(), f"{path.name} is not there; {HOW}"
    assert f"{text}\n" == path.read_text("utf-8"), f"{path.name} is out of date; {HOW}"
