"""Which Python a project gets: ours if it fits, else an installed one that does."""

import json
import sys
from pathlib import Path

import pytest

from integrations.sandbox.interpreters import choose, installed, to_install
from integrations.sandbox.places import Interpreter


def python(folder: Path, name: str, answer: object) -> None:
    """Make a program that answers as a Python would, or as a shim that leads nowhere."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    said = f"echo '{json.dumps(answer)}'" if answer else "exit 127"
    program.write_text(f"#!/bin/sh\n{said}\n")
    program.chmod(0o755)


def test_ours_is_taken_where_it_fits_and_where_nothing_does(tmp_path: Path) -> None:
    assert choose("", str(tmp_path)) == Interpreter.ours()
    assert choose(f"=={sys.version_info[0]}.*", str(tmp_path)) == Interpreter.ours()
    assert choose(">=99", str(tmp_path)) == Interpreter.ours()


def test_an_installed_one_that_fits_is_taken_and_shims_are_passed_over(tmp_path: Path) -> None:
    shims, real = tmp_path / "shims", tmp_path / "real"
    python(shims, "python3.14", None)
    python(real, "python3.13", [[3, 99, 4], "/opt/python/bin/python3.99", "/opt/python"])
    found = choose(">=3.99", f"{shims}:{real}")
    assert found == Interpreter(
        executable=Path("/opt/python/bin/python3.99"), prefix=Path("/opt/python")
    )


def test_those_that_are_here_are_told_the_newest_first(tmp_path: Path) -> None:
    python(tmp_path, "python3.13", [[3, 99, 4], "/opt/python/bin/python3.99", "/opt/python"])
    ours = ".".join(map(str, sys.version_info[:3]))
    found = installed(str(tmp_path))
    assert found[0] == "3.99.4"
    assert ours in found


@pytest.mark.parametrize(
    ("specifier", "version"),
    [
        (">=3.14", "3.14"),
        (">=3.14.1,<4", "3.14"),
        ("<3.10,>=3.9", "3.9"),
        ("==3.12.1", "3.12.1"),
        (">=4", ""),
    ],
)
def test_the_version_to_install_fits_the_range(specifier: str, version: str) -> None:
    assert to_install(specifier) == version
