"""The vendors' own descriptions of what they send and take, which lie beside the repository."""

import gzip
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


def find_spec(name: str) -> Path:
    """Return one of the vendors' files."""
    return find_shared(f"specs/{name}")


def find_shared(name: str) -> Path:
    """Return a file that lies beside the repository; without it CI fails and other runs skip."""
    file = SHARED / name
    if not file.is_file():
        reason = f"{name} is missing from {SHARED}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return file


def read_spec(name: str) -> dict[str, Any]:
    """Return the content of one of the vendors' compressed JSON files."""
    content: dict[str, Any] = json.loads(gzip.decompress(find_spec(name).read_bytes()))
    return content


def read_samples(name: str) -> dict[str, dict[str, Any]]:
    """Return the JSON files of one of the vendors' archives, by name."""
    with tarfile.open(find_spec(name)) as archive:
        files = [(member.name, archive.extractfile(member)) for member in archive]
        return {Path(path).stem: json.load(file) for path, file in files if file is not None}
