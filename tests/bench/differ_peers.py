"""The two descriptions that differs are measured with, and the peers, each in a folder of its own.

All of it comes through uv and npm as they are set up on this machine, once, into the
bench's cache.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("BACKSMITH_CACHE") or Path.home() / ".cache" / "backsmith-bench")
MAJORS = ("22.0.0", "23.0.2")
SPECSHIFT = "specshift==1.5.0"
SMART_DIFF = "api-smart-diff@1.0.6"
INSTALL_SECONDS = 300
COMPARE = """\
import { readFileSync } from 'node:fs'
const [library, base, head] = process.argv.slice(2)
const { apiCompare } = await import(library)
const read = (file) => JSON.parse(readFileSync(file, 'utf8'))
const { diffs } = apiCompare(read(base), read(head))
process.stdout.write(JSON.stringify({ changes: diffs }))
"""


class NotRunError(Exception):
    """What is measured cannot be had here; the text says why."""


def github_description(version: str) -> Path:
    """Return GitHub's own description as `@octokit/openapi` of a version has it; 12 MB."""
    file = CACHE / f"github-{version}.json"
    if not file.exists():
        folder = _new(CACHE / f"octokit-{version}")
        _call("npm", "pack", "--silent", f"@octokit/openapi@{version}", cwd=folder)
        (archive,) = folder.glob("*.tgz")
        member = "package/generated/api.github.com.json"
        _call("tar", "-xzf", archive.name, member, cwd=folder)
        (folder / member).replace(file)
        shutil.rmtree(folder)
    return file


def specshift() -> list[str]:
    """Return the start of a command line that runs specshift."""
    folder = CACHE / "specshift"
    program = folder / "bin" / "specshift"
    if not program.exists():
        uv = find_uv_bin()
        _call(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        _call(uv, "pip", "install", "--quiet", "--python", str(folder / "bin/python"), SPECSHIFT)
    return [str(program)]


def smart_diff() -> list[str]:
    """Return the start of a command line that runs api-smart-diff and prints what it found."""
    folder = CACHE / "api-smart-diff"
    library = folder / "node_modules" / "api-smart-diff" / "dist" / "index.mjs"
    script = folder / "compare.mjs"
    if not library.exists():
        _new(folder)
        _call("npm", "install", "--silent", "--no-save", "--prefix", str(folder), SMART_DIFF)
    script.write_text(COMPARE, "utf-8")
    return ["node", str(script), library.as_uri()]


def _new(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _call(*words: str, cwd: Path | None = None) -> None:
    """Run an installer; what the system trusts is trusted where uv's own list is not enough."""
    for extra in ({}, {"UV_SYSTEM_CERTS": "true"}):
        try:
            done = subprocess.run(
                words,
                cwd=cwd,
                env=os.environ | extra,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotRunError(f"{words[0]}: {error}") from error
        if done.returncode == 0:
            return
    said = (done.stderr or done.stdout).strip().splitlines()
    raise NotRunError(f"{Path(words[0]).name} {words[1]}: {said[-1] if said else 'it failed'}")
