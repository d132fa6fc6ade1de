"""`backsmith work` on a tiny repository: a real process, a real sandbox, a scripted model."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.domain.conversation import Message
from agent.domain.errors import SettingsError
from agent.readiness import NO_TEXT
from tests.contract.git_remote import bubblewrap, git
from tests.fakes.chat_model import call, calls, say
from tests.fakes.model_server import ModelServer
from workflows.local import LocalTicket, read_ticket

ROOT = Path(__file__).parents[2]
TICKET = """---
key: SHOP-1
summary: Greet people by name
---
`greet()` takes a name.

- [ ] `greet("Tech Lead")` gives `Hello, Tech Lead!`
"""
CODE = 'def greet():\n    return "Hello!"\n'
BETTER = 'def greet(name):\n    return f"Hello, {name}!"\n'
CASE = """import unittest

from hello import greet


class Greeting(unittest.TestCase):
    def test_{name}(self):
        self.assertEqual(greet({given}), {expected!r})
"""
# The repository needs nothing to be installed: its `pytest` is a few lines over unittest.
RUNNER = """import pathlib, sys, unittest

suite = unittest.defaultTestLoader.discover(".", "test_*.py")
result = unittest.TextTestRunner().run(suite)
cases = ['<testcase name="%d"/>' % n for n in range(result.testsRun - len(result.failures))]
cases += ['<testcase name="f"><failure>%s</failure></testcase>' % n for n, _ in result.failures]
for argument in sys.argv:
    if argument.startswith("--junitxml="):
        report = pathlib.Path(argument.partition("=")[2])
        report.parent.mkdir(exist_ok=True)
        report.write_text("<testsuites><testsuite>%s</testsuite></testsuites>" % "".join(cases))
sys.exit(not result.wasSuccessful())
"""
CI = "jobs:\n  test:\n    steps:\n      - run: python -m pytest -q\n"
FILES = {
    "hello.py": CODE,
    "pytest.py": RUNNER,
    "test_hello.py": CASE.format(name="hello", given="", expected="Hello!"),
    ".github/workflows/ci.yml": CI,
    ".gitignore": "__pycache__/\n",
}
PLAN = call(
    "propose_plan",
    summary="greet() gets a name.",
    files=["hello.py", "test_hello.py"],
    tests=["A person is greeted by name."],
)
GREETED = CASE.format(name="hello", given='"Tech Lead"', expected="Hello, Tech Lead!")
EDIT = call(
    "edit_files",
    edits=[
        {"path": "hello.py", "content": BETTER},
        {"path": "test_hello.py", "content": GREETED},
        {
            "path": "test_more.py",
            "content": CASE.format(name="more", given='"Engineer"', expected="Hello, Engineer!"),
        },
    ],
)
CHECKS = call("run_checks")
FINISH = call("finish", title="Greet people by name", summary="`greet()` takes a name now.")
NO_FAULT = call("report_findings", findings=[])
KEYS = {
    "ticket",
    "outcome",
    "branch",
    "base",
    "head",
    "commits",
    "verdict",
    "tests",
    "questions",
    "reason",
    "model",
    "self_review",
    "seconds",
}


@dataclass
class Town:
    """A repository, a home, and `backsmith work` between them."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    timeout_seconds: float = 120

    def __post_init__(self) -> None:
        self.repository = self.folder / "shop"
        self.repository.mkdir()
        git(self.repository, "init", "-q", "-b", "main")
        for name, text in FILES.items():
            (self.repository / name).parent.mkdir(parents=True, exist_ok=True)
            (self.repository / name).write_text(text)
        git(self.repository, "add", "-A")
        git(self.repository, "commit", "-q", "-m", "begin")
        self.base = git(self.repository, "rev-parse", "HEAD")
        (self.folder / "ticket.md").write_text(TICKET)
        (self.folder / "backsmith.toml").touch()

    def work(self, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run `backsmith work`."""
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "BACKSMITH_HOME": str(self.folder / "home"),
            "BACKSMITH_MODEL": "recorded",
            "UV_OFFLINE": "1",  # coverage.py is not there, and nothing can be installed
        }
        return subprocess.run(
            [sys.executable, "-m", "workflows", "work", *arguments],
            cwd=self.folder,
            env=own | self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=self.timeout_seconds,
            check=False,
        )

    def work_on_ticket(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run `backsmith work` on the ticket; return the exit code and the JSON document."""
        done = self.work("shop", "--ticket", "ticket.md", "--json", *arguments)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def branches(self) -> list[str]:
        return git(self.repository, "branch", "--format=%(refname:short)").split("\n")


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def model_for(town: Town, *script: Message) -> ModelServer:
    """Return a model that says this; to be entered where it is used."""
    bubblewrap(town.folder)  # skips the test on a machine without a sandbox
    return ModelServer(script)


def test_a_ticket_becomes_a_branch_with_proof(town: Town) -> None:
    with model_for(town, PLAN, EDIT, FINISH, NO_FAULT) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        code, result = town.work_on_ticket()
    assert code == 0, result
    branch = "backsmith/SHOP-1-greet-people-by-name"
    assert set(result) == KEYS
    assert (result["ticket"], result["outcome"], result["verdict"]) == (
        "SHOP-1",
        "done",
        "incomplete",
    )
    assert (result["branch"], result["base"]) == (branch, town.base)
    assert result["tests"] == {"before": 1, "after": 2}
    assert (result["questions"], result["reason"]) == ([], None)
    assert (result["model"]["calls"], result["self_review"]["calls"]) == (4, 1)
    assert result["model"]["cost_usd"] == 0.0
    head = git(town.repository, "rev-parse", branch)
    assert (result["head"], result["commits"]) == (head, [head])
    assert git(town.repository, "rev-parse", f"{head}^") == town.base
    assert git(town.repository, "show", f"{head}:hello.py") == BETTER.strip()


def test_a_small_ticket_takes_one_answer_and_the_self_review(town: Town) -> None:
    with model_for(town, calls(PLAN, EDIT, CHECKS, FINISH), NO_FAULT) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        code, result = town.work_on_ticket()
    assert (code, result["verdict"], result["model"]["calls"]) == (0, "incomplete", 2)


def test_findings_of_the_self_review_go_back_once(town: Town) -> None:
    fault = call("report_findings", findings=[{"path": "hello.py:2", "problem": "No shout."}])
    louder = call("edit_files", edits=[{"path": "NEWS.md", "content": "Louder.\n"}])
    answers = (calls(PLAN, EDIT, FINISH), fault, calls(louder, FINISH))
    with model_for(town, *answers) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        code, result = town.work_on_ticket()
    assert (code, result["model"]["calls"]) == (0, 3)
    assert "No shout." in json.dumps(model.requests[2].body)
    assert git(town.repository, "show", f"{result['head']}:NEWS.md") == "Louder."


def test_the_self_review_can_be_switched_off(town: Town) -> None:
    with model_for(town, calls(PLAN, EDIT, FINISH)) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        code, result = town.work_on_ticket("--no-self-review")
    assert (code, result["model"]["calls"], result["self_review"]["calls"]) == (0, 1, 0)


def test_a_dry_run_shows_the_first_request_and_calls_nothing(town: Town) -> None:
    bubblewrap(town.folder)
    done = town.work("shop", "--ticket", "ticket.md", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["fixed_tokens"] == shown["system"] + shown["tools"] + shown["survey"]
    assert 0 < shown["fixed_tokens"] <= 3_000
    assert "`greet()` takes a name." in shown["request"]["messages"][2]["content"]
    assert town.branches() == ["main"]
    assert not (town.folder / "home" / "ledger.db").exists()


def test_a_dry_run_can_be_read_by_people(town: Town) -> None:
    bubblewrap(town.folder)
    done = town.work("shop", "--ticket", "ticket.md", "--dry-run")
    assert "fixed (without the ticket)" in done.stdout
    assert "`greet()` takes a name." in done.stdout


@dataclass
class Finished:
    """A ticket that was carried out, and the model that was asked."""

    town: Town
    result: dict[str, Any]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    town = Town(tmp_path_factory.mktemp("finished"))
    with model_for(town, PLAN, EDIT, FINISH, NO_FAULT) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        _code, result = town.work_on_ticket()
    return Finished(town, result)


def test_the_commit_says_what_changed_and_where_it_comes_from(finished: Finished) -> None:
    message = git(finished.town.repository, "show", "-s", "--format=%B", finished.result["head"])
    assert message.startswith("SHOP-1: Greet people by name\n\n`greet()` takes a name now.\n\n")
    trailers = dict(line.split(": ") for line in message.split("\n\n")[-1].split("\n"))
    assert set(trailers) == {"Ticket", "Run-Id", "Step"}
    assert trailers["Ticket"] == "SHOP-1"
    assert trailers["Run-Id"].startswith("SHOP-1-")
    assert trailers["Step"] == "3"


def test_nothing_but_the_branch_is_left_in_the_repository(finished: Finished) -> None:
    town = finished.town
    assert town.branches() == [finished.result["branch"], "main"]
    assert git(town.repository, "status", "--porcelain") == ""
    assert git(town.repository, "rev-parse", "main") == town.base


def test_the_pull_request_text_is_kept(finished: Finished) -> None:
    (text,) = finished.town.folder.glob("home/work/SHOP-1-*/pull_request.md")
    assert text.read_text().startswith("# SHOP-1: Greet people by name\n")
    assert "2 passed" in text.read_text()


def test_a_second_start_shows_the_same_and_asks_no_model(finished: Finished) -> None:
    with ModelServer([]) as silent:
        finished.town.environment = {"OPENAI_BASE_URL": silent.url}
        code, again = finished.town.work_on_ticket()
    assert code == 0
    assert silent.requests == []
    assert again | {"seconds": 0} == finished.result | {"seconds": 0}


def test_a_start_after_a_stop_in_the_middle_pays_nothing_twice(town: Town) -> None:
    with model_for(town, PLAN, EDIT) as first:  # the third call is answered with 400
        town.environment = {"OPENAI_BASE_URL": first.url}
        stopped = town.work("shop", "--ticket", "ticket.md", "--json")
    assert stopped.returncode == 3
    assert stopped.stdout == ""
    assert "the script is over" in stopped.stderr
    assert len(stopped.stderr.splitlines()) == 1
    with ModelServer([FINISH, NO_FAULT]) as second:
        town.environment = {"OPENAI_BASE_URL": second.url}
        code, result = town.work_on_ticket()
    assert (code, result["verdict"], result["model"]["calls"]) == (0, "incomplete", 4)
    assert len(second.requests) == 2


def test_a_question_blocks_and_its_answer_goes_on(town: Town) -> None:
    question = "Is it `Hello` or `Hi`?"
    with model_for(town, call("ask_human", questions=[question])) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        code, result = town.work_on_ticket()
    assert code == 1
    assert (result["outcome"], result["questions"]) == ("blocked", [question])
    assert (result["branch"], result["head"], result["commits"]) == (None, None, [])
    assert result["verdict"] == "incomplete"
    assert town.branches() == ["main"]
    (town.folder / "answer.md").write_text("It is Hello.")
    with ModelServer([PLAN, EDIT, FINISH, NO_FAULT]) as answered:
        town.environment = {"OPENAI_BASE_URL": answered.url}
        code, result = town.work_on_ticket("--answer", "answer.md")
    assert (code, result["outcome"]) == (0, "done")
    assert "It is Hello." in json.dumps(answered.requests[0].body)


def test_a_model_that_does_nothing_blocks_with_the_reason(town: Town) -> None:
    with model_for(town, *[say("I would rather not.")] * 3) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        done = town.work("shop", "--ticket", "ticket.md")
    assert done.returncode == 1
    reason = "the model answered 3 times in a row without a usable tool call"
    assert done.stdout.startswith(f"Blocked: {reason}\n3 model calls, ")


def test_work_that_changed_nothing_blocks_with_the_reason(town: Town) -> None:
    with model_for(town, PLAN, FINISH) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        code, result = town.work_on_ticket()
    assert code == 1
    assert result["reason"] == "the work ended without any change"


def test_a_ticket_without_text_blocks_with_a_question_and_no_model_call(town: Town) -> None:
    bubblewrap(town.folder)
    with ModelServer([]) as silent:
        town.environment = {"OPENAI_BASE_URL": silent.url}
        done = town.work("shop", "--ticket", "-", "--json", stdin=" \n")
    result = json.loads(done.stdout)
    assert done.returncode == 1
    assert result["reason"] == "the ticket has no text"
    assert result["questions"] == [NO_TEXT]
    assert silent.requests == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("home", "--ticket", "ticket.md"), "home is no git repository (PATH); give the folder"),
        (("shop", "--ticket", "no.md"), "no.md cannot be read: "),
        (("shop", "--ticket", "shop"), "shop cannot be read: "),
        (("shop", "--ticket", "ticket.md", "--answer", "no.md"), "no.md cannot be read: "),
        (("shop", "--ticket", "ticket.md"), "OPENAI_API_KEY is not set: a key of your model"),
    ],
)
def test_wrong_usage_exits_with_2_and_one_line(
    town: Town, arguments: tuple[str, ...], said: str
) -> None:
    done = town.work(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"backsmith: {said}")


def test_running_without_a_sandbox_must_be_said_twice(town: Town) -> None:
    town.environment = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "SANDBOX_MODE": "none"}
    done = town.work("shop", "--ticket", "ticket.md")
    assert done.returncode == 1
    assert "also set I_ACCEPT_UNSANDBOXED_EXECUTION=yes (environment)" in done.stderr


def read(text: str, name: str = "ticket.md") -> LocalTicket:
    return read_ticket(text, name)


def test_front_matter_names_key_and_summary() -> None:
    assert read(TICKET) == LocalTicket(
        key="SHOP-1",
        summary="Greet people by name",
        description=TICKET.split("---\n")[2].strip(),
    )


def test_the_first_heading_is_the_summary() -> None:
    assert read("# Greet people\n\nBy name.\n").summary == "Greet people"


def test_without_a_heading_the_first_line_is_the_summary() -> None:
    assert read("\nGreet people.\nBy name.\n").summary == "Greet people."


def test_the_files_name_can_be_the_key() -> None:
    assert read("Greet people.", "tickets/SHOP-7.md").key == "SHOP-7"


def test_without_a_key_the_text_makes_one() -> None:
    first, second = read("Greet people.").key, read("Greet dogs.").key
    assert first == read("Greet people.", "other.md").key
    assert first != second
    assert first.startswith("WORK-")


def test_front_matter_that_is_no_yaml_is_said() -> None:
    with pytest.raises(SettingsError, match="front matter is not YAML"):
        read("---\nkey: [\n---\ntext")
