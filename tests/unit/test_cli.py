"""The command line as scripts use it: exit codes, one line for an error, one JSON document."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.domain.errors import (
    DeveloperError,
    NeedsHumanError,
    NotFoundError,
    SandboxUnavailableError,
    SettingsError,
    TransientError,
)
from workflows.cli import exit_code
from workflows.embedded import EmbeddedTemporal
from workflows.processes import STATE_FILE, free_port

ROOT = Path(__file__).parents[2]
HEAVY = {"temporalio", "rich", "langgraph", "openai", "github", "jira", "slack_bolt", "sqlalchemy"}
WHAT_IS_IMPORTED = """
import atexit, sys
atexit.register(lambda: print(*{name.split(".")[0] for name in sys.modules}, file=sys.stderr))
from workflows.cli import main
main()
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs `backsmith` in an environment of its own."""
    (tmp_path / "backsmith.toml").touch()
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "BACKSMITH_HOME": str(tmp_path / "home"),
    }

    def run_(
        *arguments: str, program: tuple[str, ...] = ("-m", "workflows"), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *program, *arguments],
            cwd=tmp_path,
            env=own | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run_


@pytest.fixture(scope="module")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    server = EmbeddedTemporal(tmp_path_factory.mktemp("temporal"), free_port(), None)
    server.start()
    yield server
    server.stop()


def one_line(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the one line that a failed command wrote."""
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize(
    "arguments", [("--help",), ("work", "--help"), ("verify", "--help"), ("status", "--help"), ()]
)
def test_help_imports_nothing_heavy(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, program=("-c", WHAT_IS_IMPORTED))
    assert "Usage:" in done.stdout + done.stderr
    imported = set(done.stderr.splitlines()[-1].split())
    assert "typer" in imported
    assert not imported & HEAVY


def test_help_names_all_commands(run: Run) -> None:
    said = run("--help").stdout
    for command in (
        "demo",
        "work",
        "verify",
        "up",
        "gateway",
        "worker",
        "run",
        "status",
        "tell",
        "cancel",
        "openapi",
    ):
        assert f"\n  {command} " in said


@pytest.mark.parametrize(
    "arguments",
    [("dance",), ("status", "--colour"), ("tell", "PAY-1"), ("work", "."), ("up", "--port", "x")],
)
def test_wrong_usage_exits_with_2_and_explains(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Usage:" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "12"),
        ("tell", "PAY_1", "x"),
        ("demo", "--ticket", "?"),
    ],
)
def test_a_wrong_key_exits_with_2_and_one_line(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "is no ticket key; one looks like PAY-123" in one_line(done)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("up", "JIRA_URL is not set: the address of your site"),
        ("gateway", "JIRA_URL is not set: the address of your site"),
        ("worker", "no repository is set up: add a [[repositories]] entry"),
        ("run PAY-1", "JIRA_URL is not set: the address of your site"),
    ],
)
def test_a_missing_setting_exits_with_2_and_the_fix(run: Run, command: str, problem: str) -> None:
    done = run(*command.split())
    assert done.returncode == 2
    assert one_line(done).startswith(f"backsmith: {problem}")


def test_a_wrong_setting_exits_with_2_and_its_place(run: Run) -> None:
    done = run("status", BACKSMITH_PORT="many")
    assert done.returncode == 2
    assert one_line(done).startswith("backsmith: BACKSMITH_PORT (environment): ")


def test_a_broken_file_exits_with_2_and_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "backsmith.toml").write_text("[flow\n")
    done = run("status")
    assert done.returncode == 2
    assert "backsmith.toml: " in one_line(done)


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("status", "PAY-1", "--json"), ("tell", "PAY-1", "hello"), ("cancel", "PAY-1")],
)
def test_temporal_out_of_reach_is_one_line_with_the_address_and_the_fix(
    run: Run, arguments: tuple[str, ...]
) -> None:
    address = f"127.0.0.1:{free_port()}"
    done = run(*arguments, TEMPORAL_ADDRESS=address)
    assert done.returncode == 3
    said = one_line(done)
    assert f"Temporal does not answer at {address}" in said
    assert said.endswith("start `backsmith up`, or set TEMPORAL_ADDRESS")


def test_a_text_that_is_too_long_is_refused(run: Run) -> None:
    done = run("tell", "PAY-1", "a" * 2001)
    assert done.returncode == 2
    assert one_line(done) == "backsmith: the text has 2001 characters; at most 2000 are taken"


def test_status_as_json_is_one_document_and_nothing_else(
    run: Run, temporal: EmbeddedTemporal
) -> None:
    done = run("status", "--json", TEMPORAL_ADDRESS=temporal.address)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == []


def test_status_without_a_ticket_says_so(run: Run, temporal: EmbeddedTemporal) -> None:
    done = run("status", TEMPORAL_ADDRESS=temporal.address)
    assert (done.returncode, done.stdout) == (0, "No ticket is running.\n")


def test_status_finds_the_server_that_up_runs_on_this_home(
    run: Run, temporal: EmbeddedTemporal, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / STATE_FILE).write_text(json.dumps({"address": temporal.address}))
    assert run("status", "--json").returncode == 0


def test_a_ticket_that_never_ran_exits_with_2_and_the_fix(
    run: Run, temporal: EmbeddedTemporal
) -> None:
    done = run("status", "pay-9", TEMPORAL_ADDRESS=temporal.address)
    assert done.returncode == 2
    assert one_line(done).endswith("PAY-9 has never run here; `backsmith run PAY-9` starts it")


@pytest.mark.parametrize("command", ["approve", "cancel"])
def test_a_ticket_that_does_not_run_cannot_be_told(
    run: Run, temporal: EmbeddedTemporal, command: str
) -> None:
    done = run(command, "PAY-9", TEMPORAL_ADDRESS=temporal.address)
    assert done.returncode == 2
    assert one_line(done).endswith("PAY-9 is not running; `backsmith status` lists what is")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("x"), 2),
        (NeedsHumanError("x"), 1),
        (SandboxUnavailableError("x"), 1),
        (TransientError("x"), 3),
        (NotFoundError("x"), 3),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: DeveloperError, code: int) -> None:
    assert exit_code(error) == code
