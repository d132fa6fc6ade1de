"""The office starts and stops as one, and says what is wrong when it cannot."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from office.building import NAMES, Office, OfficeError
from tests.contract.office_team import tiny_team

ROOT = Path(__file__).parents[2]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office(tmp_path / "repositories", tmp_path / "cache") as made:
        yield made


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_all_five_parts_answer_once_it_has_started(office: Office) -> None:
    assert tuple(office.origins) == NAMES
    statuses = {name: httpx.get(origin).status_code for name, origin in office.origins.items()}
    assert statuses.pop("page") == 200
    assert [status for status in statuses.values() if status >= 500] == []


def test_each_part_knows_its_own_address(office: Office) -> None:
    known = {name: getattr(office, name).origin for name in NAMES}
    assert known == office.origins


def test_given_ports_are_taken(tmp_path: Path) -> None:
    port = free_port()
    with Office(tmp_path / "r", tmp_path / "c", ports={"jira": port}) as office:
        assert office.origins["jira"] == f"http://127.0.0.1:{port}"


def test_taken_port_is_named_and_nothing_stays_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as blocker:
        port = blocker.getsockname()[1]
        office = Office(tmp_path / "r", tmp_path / "c", ports={"slack": port})
        with pytest.raises(OfficeError, match=rf"slack cannot listen on 127\.0\.0\.1, port {port}"):
            office.start()
    office.stop()


def test_unknown_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OfficeError, match="no part is called 'gitlab'"):
        Office(tmp_path / "r", tmp_path / "c", ports={"gitlab": 1})


def test_work_runs_on_the_one_loop_and_gives_its_result_back(office: Office) -> None:
    async def name() -> str:
        return threading.current_thread().name

    assert office.call(name()) == office.call(name) == "office"
    assert office.call(lambda: threading.current_thread().name) == "office"


def test_error_of_the_work_reaches_the_caller(office: Office) -> None:
    with pytest.raises(ZeroDivisionError):
        office.call(lambda: 1 / 0)


def test_call_on_its_own_loop_is_refused(office: Office) -> None:
    with pytest.raises(OfficeError, match="from another thread"):
        office.call(lambda: office.call(lambda: 1))


def test_work_that_never_ends_times_out(office: Office) -> None:
    async def follow() -> None:
        async for _ in office.feed.follow():
            pass

    with pytest.raises(TimeoutError):
        office.call(follow(), timeout_seconds=0.1)


def test_office_with_open_streams_and_work_under_way_stops_soon(tmp_path: Path) -> None:
    office = Office(tmp_path / "r", tmp_path / "c")
    office.start()

    async def follow() -> None:
        async for _ in office.feed.follow():
            pass

    work = office.spawn(follow())
    with httpx.stream("GET", f"{office.origins['page']}/events") as stream:
        next(stream.iter_lines())
        before = time.monotonic()
        office.stop()
        assert time.monotonic() - before < 2
    assert work.cancelled()
    office.stop()


def test_ci_under_way_ends_with_the_office(tmp_path: Path) -> None:
    with tiny_team(tmp_path) as team:
        team.push("slow", "")
        team.open_pull()
        team.until(lambda: [c["status"] for c in team.pull()["checks"]] == ["in_progress"])
        before = time.monotonic()
        team.office.stop()
        assert time.monotonic() - before < 2


def test_stopped_office_refuses_work(tmp_path: Path) -> None:
    with Office(tmp_path / "r", tmp_path / "c") as office:
        pass
    with pytest.raises(OfficeError):
        office.call(lambda: 1)


def test_command_prints_where_all_is_and_ends_by_ctrl_c() -> None:
    command = [sys.executable, "-m", "office"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line.rstrip())
                if "Ctrl-C" in line:
                    break
            page = lines[0].split()[1]
            state = httpx.get(f"{page}state").json()
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert [project["key"] for project in state["board"]["projects"]] == ["SHOP", "CARE"]
    assert any("office-jira-backsmith-bot" in line for line in lines)
