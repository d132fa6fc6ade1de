"""Children that never outlive us, locks that say who holds them, and the port for probes."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from agent.domain.errors import SettingsError
from tests.fakes.waiting import is_gone, until
from workflows.health import serve_health
from workflows.processes import (
    STATE_FILE,
    HomeLock,
    free_port,
    is_taken,
    running_address,
    spawn,
    stop,
)

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from workflows.processes import HomeLock
with HomeLock(Path(sys.argv[1]), "a test"):
    print("held", flush=True)
    time.sleep(600)
"""
PARENT = """
import sys, time
from pathlib import Path
from workflows.processes import spawn
child = spawn([sys.executable, "-c", "import time; time.sleep(600)"], Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(600)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""
Start = Callable[[str, Path], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that runs a program in a process; those still running are killed."""
    started: list[subprocess.Popen[str]] = []

    def run(program: str, argument: Path) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", program, str(argument)]
        process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_holder_of_a_home_is_named(tmp_path: Path, start: Start) -> None:
    path = tmp_path / "home" / "lock"
    holder = start(HOLD, path)
    assert first_line(holder) == "held"
    said = rf"home is in use by process {holder.pid} \(a test\): stop it, or set another BACKSMITH"
    with pytest.raises(SettingsError, match=said), HomeLock(path, "another"):
        pass


def test_a_lock_is_free_when_its_holder_was_killed(tmp_path: Path, start: Start) -> None:
    holder = start(HOLD, tmp_path / "lock")
    first_line(holder)
    holder.kill()
    holder.wait()
    with HomeLock(tmp_path / "lock", "another"):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()


def test_a_lock_can_be_taken_again_after_it_was_given_back(tmp_path: Path) -> None:
    for purpose in ("a long first purpose", "second"):
        with HomeLock(tmp_path / "lock", purpose):
            assert json.loads((tmp_path / "lock").read_text())["purpose"] == purpose


def test_a_lock_file_that_cannot_be_read_still_refuses(tmp_path: Path, start: Start) -> None:
    holder = start(HOLD, tmp_path / "lock")
    first_line(holder)
    (tmp_path / "lock").write_text("")
    lock = HomeLock(tmp_path / "lock", "another")
    with pytest.raises(SettingsError, match="in use by another process"), lock:
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path, start: Start) -> None:
    parent = start(PARENT, tmp_path / "log")
    child = int(first_line(parent))
    parent.kill()
    until(lambda: is_gone(child))


def test_a_child_writes_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child.log"
    argv = [sys.executable, "-c", "import os, sys; print(os.environ['A'], file=sys.stderr)"]
    for word in ("one", "two"):
        assert spawn(argv, log, {"A": word}).wait(20) == 0
    assert log.read_text() == "one\ntwo\n"


def test_a_child_has_a_group_of_its_own(tmp_path: Path) -> None:
    child = spawn([sys.executable, "-c", "import time; time.sleep(600)"], tmp_path / "log")
    try:
        until(lambda: os.getpgid(child.pid) == child.pid)
    finally:
        stop(child)


def test_a_child_that_is_asked_to_end_ends(tmp_path: Path) -> None:
    child = spawn([sys.executable, "-c", "import time; time.sleep(600)"], tmp_path / "log")
    stop(child)
    assert child.returncode == -signal.SIGTERM
    stop(child)


def test_a_child_that_does_not_listen_is_ended(tmp_path: Path) -> None:
    child = spawn([sys.executable, "-c", DEAF], tmp_path / "log")
    until(lambda: (tmp_path / "log").read_text() == "deaf\n")
    stop(child, patience_seconds=0.1)
    assert child.returncode == -signal.SIGKILL


def test_a_port_is_taken_while_somebody_listens() -> None:
    port = free_port()
    assert not is_taken("127.0.0.1", port)
    with socket.create_server(("127.0.0.1", port)):
        assert is_taken("127.0.0.1", port)


@pytest.mark.parametrize("state", [None, "", "{", "{}", '{"address": 7}'])
def test_without_a_running_server_there_is_no_address(tmp_path: Path, state: str | None) -> None:
    if state is not None:
        (tmp_path / STATE_FILE).write_text(state)
    assert running_address(tmp_path) is None


def test_the_address_of_the_running_server_is_found(tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_text('{"up": 1, "address": "127.0.0.1:7000"}')
    assert running_address(tmp_path) == "127.0.0.1:7000"


def test_probes_see_whether_a_process_is_alive_and_whether_it_is_ready() -> None:
    ready: list[bool] = []
    port = free_port()
    server = serve_health(port, lambda: bool(ready))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        before = [client.get(path).status_code for path in ("/healthz", "/readyz", "/other")]
        ready.append(True)
        after = client.get("/readyz")
    server.shutdown()
    server.server_close()
    assert before == [200, 503, 404]
    assert (after.status_code, after.json()) == (200, {"ok": True})
