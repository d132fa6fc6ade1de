"""`backsmith up` as a process, over children that do what a test tells them.

The children are the real command line's `python -m workflows worker` and `gateway`; as the current
folder comes first on Python's path, a folder with a `workflows` of its own puts stand-ins there.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.waiting import is_gone, until
from workflows.processes import STATE_FILE, free_port, is_taken
from workflows.supervisor import last_line

ROOT = Path(__file__).parents[2]
UP = "import sys; sys.path.insert(0, sys.argv.pop(1)); from workflows.cli import main; main()"
CHILD = """
import os, pathlib, signal, sys, time
name = sys.argv[1]
signal.signal(signal.SIGTERM, lambda *_: (print(name, "ends", flush=True), sys.exit(0)))
print(name, "runs with", os.environ.get("TEMPORAL_ADDRESS"), flush=True)
order = pathlib.Path(name + ".exit")
while True:
    if order.exists():
        print("this is why", file=sys.stderr)
        print(file=sys.stderr)
        sys.exit(int(order.read_text()))
    time.sleep(0.02)
"""
SETTINGS = {
    "JIRA_URL": "http://127.0.0.1:9",
    "JIRA_PAT": "x",
    "GITHUB_TOKEN": "x",
    "SLACK_BOT_TOKEN": "x",
    "SLACK_CHANNEL": "#x",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    "BACKSMITH_MODEL": "recorded",
}


class Up:
    """A home, and `backsmith up` on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        package = folder / "workflows"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(CHILD)
        (folder / "backsmith.toml").write_text('[[repositories]]\nname = "acme/shop"\n')
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start `backsmith up`."""
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "BACKSMITH_HOME": str(self.home),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", UP, str(ROOT), "up", *arguments],
            cwd=self.folder,
            env=SETTINGS | own | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def state(self) -> dict[str, Any]:
        """Return what `up` says about its processes; nothing until it does."""
        path = self.home / STATE_FILE
        try:
            found: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            return {}
        return found

    def log(self, name: str) -> str:
        path = self.home / "logs" / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def until_running(self) -> dict[str, Any]:
        """Wait until both children run; return the state."""
        until(lambda: "runs" in self.log("worker") and "runs" in self.log("gateway"))
        until(lambda: bool(self.state()))
        return self.state()

    def end_child(self, name: str, code: int) -> None:
        """Tell a child to end with an exit code."""
        draft = self.folder / f"{name}.draft"
        draft.write_text(str(code))
        draft.replace(self.folder / f"{name}.exit")


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    up = Up(tmp_path)
    yield up
    for process in up.processes:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def configured(up: Up) -> subprocess.Popen[str]:
    """Start `up` as with a Temporal service of somebody else."""
    return up.start(TEMPORAL_ADDRESS="127.0.0.1:9")


def test_a_killed_child_is_started_again(up: Up) -> None:
    configured(up)
    before = up.until_running()
    os.kill(before["worker"], signal.SIGKILL)
    until(lambda: up.log("worker").count("runs") == 2)
    until(lambda: up.state()["worker"] != before["worker"])
    assert up.state()["gateway"] == before["gateway"]


@pytest.mark.parametrize(
    ("code", "ends_with", "said"),
    [
        (2, 2, "backsmith: the gateway cannot work: this is why (all of it in "),
        (1, 3, "backsmith: the gateway does not stay up: this is why (all of it in "),
    ],
)
def test_a_child_that_cannot_work_ends_up_with_its_last_line(
    up: Up, code: int, ends_with: int, said: str
) -> None:
    process = configured(up)
    state = up.until_running()
    up.end_child("gateway", code)
    _out, error = process.communicate(timeout=30)
    assert process.returncode == ends_with
    assert error.splitlines()[-1].startswith(said)
    assert is_gone(state["worker"])
    assert not up.state()


def test_a_child_that_dies_again_and_again_ends_up(up: Up) -> None:
    process = configured(up)
    up.until_running()
    up.end_child("worker", 7)
    _out, said = process.communicate(timeout=60)
    assert "the worker does not stay up: this is why" in said.splitlines()[-1]
    assert up.log("worker").count("runs") == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_cleanly(up: Up, number: signal.Signals) -> None:
    process = configured(up)
    state = up.until_running()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert is_gone(state["worker"])
    assert is_gone(state["gateway"])
    assert "gateway ends" in up.log("gateway")
    assert not up.state()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_no_child_outlives_a_kill(up: Up) -> None:
    process = configured(up)
    state = up.until_running()
    process.kill()
    until(lambda: is_gone(state["worker"]) and is_gone(state["gateway"]))
    assert "worker ends" in up.log("worker")


def test_a_second_one_on_the_same_home_is_refused_and_the_first_goes_on(up: Up) -> None:
    first = configured(up)
    state = up.until_running()
    second = configured(up)
    _out, said = second.communicate(timeout=30)
    assert second.returncode == 2
    assert f"is in use by process {first.pid} (backsmith up)" in said
    assert up.state() == state
    assert first.poll() is None


def test_it_starts_temporal_when_none_is_configured_and_stops_it(up: Up) -> None:
    port = str(free_port())
    process = up.start("--port", port, "--ui-port", "0")
    state = up.until_running()
    assert state["address"] == f"127.0.0.1:{port}"
    assert f"runs with 127.0.0.1:{port}" in up.log("worker")
    process.terminate()
    process.communicate(timeout=30)
    assert is_gone(state["temporal"])


def test_temporal_is_started_again_at_its_address_when_it_dies(up: Up) -> None:
    port = free_port()
    up.start("--port", str(port), "--ui-port", "0")
    before = up.until_running()["temporal"]
    os.kill(before, signal.SIGKILL)
    until(lambda: is_gone(before))
    until(lambda: is_taken("127.0.0.1", port))


def test_a_missing_setting_stops_it_before_anything_is_started(up: Up) -> None:
    process = up.start(TEMPORAL_ADDRESS="127.0.0.1:9", SLACK_CHANNEL="")
    _out, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert said.splitlines()[-1].startswith("backsmith: SLACK_CHANNEL is not set: ")
    assert not up.log("worker")


@pytest.mark.parametrize(
    ("text", "shown"), [("a\nthe cause\n\n  \n", "the cause (all of it in "), ("", "see ")]
)
def test_the_last_line_that_says_something_is_shown(tmp_path: Path, text: str, shown: str) -> None:
    (tmp_path / "log").write_text(text)
    assert last_line(tmp_path / "log").startswith(shown)


def test_a_log_that_was_never_written_is_named(tmp_path: Path) -> None:
    assert last_line(tmp_path / "log") == f"see {tmp_path / 'log'}"


def test_the_state_names_the_temporal_that_runs(up: Up) -> None:
    up.start("--port", str(free_port()), "--ui-port", "0")
    before = up.until_running()["temporal"]
    os.kill(before, signal.SIGKILL)
    until(lambda: up.state()["temporal"] != before, seconds=10)
