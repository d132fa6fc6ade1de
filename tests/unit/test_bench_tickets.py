"""The bench's tickets are whole, and nobody who works on one can see the tests that decide."""

import ast
import json
import sys
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from tests.bench import tickets_world
from tests.bench.meter import Meter, MeteredCall
from tests.bench.tickets_bench import main, show
from tests.bench.tickets_run import TicketFigures, as_document
from tests.bench.tickets_world import HIDDEN, REPOSITORIES, Ticket, git, load_tickets
from tests.fakes.chat_model import say
from tests.fakes.model_server import ModelServer
from workflows.local import read_ticket

TICKETS = load_tickets()
EACH = pytest.mark.parametrize("ticket", TICKETS, ids=[ticket.slug for ticket in TICKETS])


def hidden_tests(ticket: Ticket) -> list[Path]:
    return sorted(ticket.hidden.glob("test_*.py"))


def test_there_are_two_tickets_for_each_repository() -> None:
    assert sorted(ticket.repository for ticket in TICKETS) == sorted([*REPOSITORIES] * 2)


@EACH
def test_ticket_has_a_key_a_title_and_numbered_criteria(ticket: Ticket) -> None:
    read = read_ticket(ticket.text.read_text("utf-8"), "ticket.md")
    assert not read.key.startswith("WORK-")
    assert read.summary == ticket.title
    assert ticket.kind
    criteria = read.description.partition("## Acceptance criteria\n")[2].partition("\n## ")[0]
    numbers = [line.partition(".")[0] for line in criteria.splitlines() if line[:1].isdigit()]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert len(numbers) >= 5


def test_no_key_is_taken_twice() -> None:
    keys = [read_ticket(ticket.text.read_text("utf-8"), "ticket.md").key for ticket in TICKETS]
    assert len(set(keys)) == len(keys)


@EACH
def test_hidden_tests_are_there_and_are_python(ticket: Ticket) -> None:
    (path,) = hidden_tests(ticket)
    tree = ast.parse(path.read_text("utf-8"))
    functions = [*filter(None, map(name_of_test, tree.body))]
    assert len(functions) >= 7
    assert len(set(functions)) == len(functions)


def name_of_test(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
        return node.name
    return None


@EACH
def test_hidden_tests_are_in_no_repository(ticket: Ticket) -> None:
    source = REPOSITORIES[ticket.repository]
    names = {path.name for path in source.rglob("*") if path.is_file()}
    assert not names & {path.name for path in hidden_tests(ticket)}
    assert not (source / HIDDEN).exists()
    assert {"README.md", "requirements.txt", "requirements-dev.txt", "ci.yml"} <= names


def test_repository_is_one_commit_and_the_same_each_time(tmp_path: Path) -> None:
    made = [tickets_world.make_repository(TICKETS[0], tmp_path / name) for name in "ab"]
    first, second = (git(repository, "rev-parse", "HEAD") for repository in made)
    assert first == second
    assert git(made[0], "rev-list", "--count", "HEAD") == "1"
    assert git(made[0], "ls-files", HIDDEN, "ticket.md") == ""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Ticket, Path]:
    """A ticket of its own on a repository that needs nothing but our own pytest."""
    service = tmp_path / "service"
    service.mkdir()
    (service / "greeting.py").write_text("def greet():\n    return 'Hello'\n")
    options = 'pythonpath = ["."]\naddopts = ["--disable-plugin-autoload"]\n'
    (service / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\n{options}")
    hidden = tmp_path / "tickets" / "greet" / HIDDEN
    hidden.mkdir(parents=True)
    checks = "from greeting import greet\n\ndef test_greets():\n    assert greet() == 'Hello!'\n"
    (hidden / "test_greet.py").write_text(f"{checks}\ndef test_runs():\n    greet()\n")
    monkeypatch.setattr(tickets_world, "TICKETS", tmp_path / "tickets")
    monkeypatch.setitem(REPOSITORIES, "tiny", service)
    monkeypatch.setattr(tickets_world, "_python", lambda _folder, _ticket: Path(sys.executable))
    ticket = Ticket(slug="greet", repository="tiny", title="Greet", kind="bug")
    return ticket, tickets_world.make_repository(ticket, tmp_path / "made")


def test_work_is_judged_by_the_hidden_tests(tiny: tuple[Ticket, Path]) -> None:
    ticket, repository = tiny
    before = tickets_world.judge(ticket, repository, "HEAD")
    assert (before.solved, before.passed, before.failed) == (False, 1, 1)
    assert before.failures == ("test_greets",)
    (repository / "greeting.py").write_text("def greet():\n    return 'Hello!'\n")
    git(repository, "commit", "-qam", "Greet louder")
    after = tickets_world.judge(ticket, repository, "HEAD")
    assert (after.solved, after.passed, after.failed) == (True, 2, 0)
    assert git(repository, "status", "--porcelain") == ""


def test_work_that_cannot_be_imported_is_not_solved(tiny: tuple[Ticket, Path]) -> None:
    ticket, repository = tiny
    (repository / "greeting.py").write_text("def greet(:\n")
    git(repository, "commit", "-qam", "Break it")
    judgement = tickets_world.judge(ticket, repository, "HEAD")
    assert (judgement.solved, judgement.passed) == (False, 0)
    assert judgement.failures


def test_own_tests_under_the_hidden_ones_name_do_not_count(tiny: tuple[Ticket, Path]) -> None:
    ticket, repository = tiny
    (repository / HIDDEN).mkdir()
    (repository / HIDDEN / "conftest.py").write_text("collect_ignore_glob = ['*']\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "Be clever")
    assert tickets_world.judge(ticket, repository, "HEAD").failed == 1


@pytest.mark.parametrize("stream", [False, True])
def test_meter_passes_on_and_counts(stream: bool) -> None:
    asked = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": stream,
        "stream_options": {"include_usage": True},
    }
    with ModelServer([say("Good morning")]) as model, Meter(model.url) as meter:
        answer = httpx.post(f"{meter.url}/chat/completions", json=asked)
        refused = httpx.post(f"{meter.url}/chat/completions", json=asked)
    assert answer.status_code == 200
    assert "morning" in answer.text.replace("\n", "") or stream
    assert refused.status_code == 400
    assert [call.status for call in meter.calls] == [200, 400]
    assert meter.calls[0].prompt_tokens > 0
    assert meter.calls[0].completion_tokens > 0
    assert meter.calls[0].seconds > 0


def test_meter_says_when_there_is_no_model() -> None:
    with Meter("http://127.0.0.1:9/v1") as meter:
        assert httpx.post(f"{meter.url}/chat/completions", json={}).status_code == 502
    assert [call.status for call in meter.calls] == [0]
    assert MeteredCall(status=0, seconds=0.0).prompt_tokens == 0


def row(slug: str, **fields: object) -> TicketFigures:
    values: dict[str, object] = {
        "ticket": slug,
        "solved": True,
        "hidden_passed": 3,
        "hidden_failed": 0,
        "hidden_failures": (),
        "outcome": "done",
        "verdict": "pass",
        "reason": "",
        "calls": 4,
        "failed_calls": 0,
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "cached_share": 0.5,
        "seconds": 20.0,
        "model_seconds": 10.0,
        "gate_seconds": 5.0,
        "step_seconds": 1.25,
        "gates_passed": 2,
        "gates": {"tests": "pass", "lint": "pass"},
    }
    return TicketFigures(**{**values, **fields})  # type: ignore[arg-type]


def test_sums_weigh_the_cached_share_by_tokens() -> None:
    rows = [row("a"), row("b", solved=False, prompt_tokens=3000, cached_share=0.9)]
    assert as_document(rows)["sum"] == {
        "tickets": 2,
        "solved": 1,
        "calls": 8,
        "prompt_tokens": 4000,
        "completion_tokens": 200,
        "cached_share": 0.8,
        "seconds": 40.0,
    }
    json.dumps(as_document(rows))


def test_table_shows_each_ticket_and_the_sum(capsys: pytest.CaptureFixture[str]) -> None:
    show([row("a"), row("b", solved=False)], Console(width=160))
    printed = capsys.readouterr().out
    assert "1 of 2 solved" in printed
    assert "2,000" in printed


def test_unknown_ticket_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model-url", "http://127.0.0.1:9/v1", "--only", "nothing"]) == 2
    assert capsys.readouterr().err == "there is no ticket 'nothing'\n"
