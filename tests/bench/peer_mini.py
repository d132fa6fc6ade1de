"""mini-swe-agent as its users run it: installed on its own, started in a folder, left alone.

Facts about it are from its 2.4.6: run/mini.py (options), config/__init__.py (`-c` merges from left
to right), config/mini.yaml (its defaults), environments/local.py (30 s for a command) and
models/litellm_model.py (`cost_tracking`).
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from uv import find_uv_bin

MINI_VERSION = "2.4.6"
_LITELLM = "litellm[mcp]==1.106.2"
"""Without its extra this version raises ModuleNotFoundError on every request that has tools."""
_VERSIONS = """
import json, platform
from importlib.metadata import version
found = {name: version(name) for name in ("mini-swe-agent", "litellm")}
print(json.dumps(found | {"python": platform.python_version()}))
"""
_ASKED = """\


Work in this repository (the current folder). When you are done, the change is in the working tree.
Run the tests before you finish.
"""
_OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


class Flavour(StrEnum):
    """How it is set up: as it comes, or with the one setting that helps it most with slow tests."""

    DEFAULT = "default"
    TUNED = "tuned"

    @property
    def settings(self) -> tuple[str, ...]:
        """What is set beside the defaults."""
        return ("environment.timeout=600",) if self is Flavour.TUNED else ()


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible endpoint and the name of a model there."""

    url: str
    """With its version: `http://127.0.0.1:8000/v1`."""
    model: str


@dataclass(frozen=True)
class Mini:
    """An installed mini-swe-agent."""

    home: Path

    @property
    def program(self) -> Path:
        return self.home / "bin" / "mini"

    def versions(self) -> dict[str, str]:
        """Return versions of the agent, of the library that it calls models with, and of Python."""
        done = subprocess.run(
            [self.home / "bin" / "python", "-c", _VERSIONS],
            check=True,
            capture_output=True,
            text=True,
        )
        return dict(json.loads(done.stdout))


@dataclass(frozen=True)
class Errand:
    """One run: where, with what, and where its record goes."""

    repository: Path
    record: Path
    """A folder outside the repository: `task.md`, `mini.log`, `trajectory.json`."""
    python: Path
    """The interpreter that has what the repository requires."""
    endpoint: Endpoint
    flavour: Flavour

    @property
    def trajectory(self) -> Path:
        return self.record / "trajectory.json"


def install_mini(home: Path, version: str = MINI_VERSION) -> Mini:
    """Install it into a virtual environment of its own at `home`; quick when it is there."""
    uv, python = find_uv_bin(), home / "bin" / "python"
    if not python.exists():
        _quietly(uv, "venv", "--python", sys.executable, str(home))
    packages = (f"mini-swe-agent=={version}", _LITELLM)
    _quietly(uv, "pip", "install", "--python", str(python), *packages)
    return Mini(home)


def _quietly(*argv: str) -> None:
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv[:3])} failed: {done.stderr.strip()[-2000:]}")


def task_of(ticket: str) -> str:
    """Return the ticket's text with what a user adds who hands it over."""
    return ticket.rstrip() + _ASKED


def options_of(errand: Errand) -> list[str]:
    """Return all its options but the task. The flavours differ in their settings only.

    `--yolo` and `--exit-immediately` stand for the person who would confirm commands and the end.
    """
    settings = (
        "mini.yaml",
        f"model.model_kwargs.api_base={errand.endpoint.url}",
        "model.cost_tracking=ignore_errors",
        *errand.flavour.settings,
    )
    return [
        *("--model", f"openai/{errand.endpoint.model}", "--yolo", "--exit-immediately"),
        *("--output", str(errand.trajectory)),
        *(word for setting in settings for word in ("-c", setting)),
    ]


def environment_of(errand: Errand, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return its environment: the user's own, with the repository's programs first on the path.

    The rest only keeps it from asking for its set-up, from reading anyone's set-up, and from
    fetching a price list.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if name not in _OURS and not name.startswith("BACKSMITH_")
    }
    return kept | {
        "PATH": f"{errand.python.parent}{os.pathsep}{inherited['PATH']}",
        "OPENAI_API_KEY": inherited.get("OPENAI_API_KEY") or "none",
        "MSWEA_CONFIGURED": "true",
        "MSWEA_GLOBAL_CONFIG_DIR": str(errand.record / "config"),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }


def run_mini(mini: Mini, errand: Errand, task: str) -> tuple[int, float]:
    """Let it work until it ends by itself; return its exit code and how many seconds it took."""
    errand.record.mkdir(parents=True, exist_ok=True)
    (errand.record / "task.md").write_text(task, "utf-8")
    started = time.monotonic()
    with (errand.record / "mini.log").open("wb") as log:
        done = subprocess.run(
            [str(mini.program), *options_of(errand), "--task", task],
            cwd=errand.repository,
            env=environment_of(errand, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return done.returncode, time.monotonic() - started
