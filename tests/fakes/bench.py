"""A developer's desk over the fakes, and a shell whose answers a test writes down."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from agent.acting import act
from agent.desk import Desk
from agent.domain.conversation import Message, Price
from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.domain.ids import CommitSha, LifeId, RunId, TicketKey
from agent.domain.repository import Repository
from agent.domain.run import Acted, RunSpec, Stage
from agent.ports import Command, CommandResult
from agent.stacks.commands import Stack
from agent.tools.base import Bench
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.chat_model import Script, ScriptedChatModel
from tests.fakes.ledger import FakeLedger
from tests.fakes.sandbox import FakeSandbox, Files
from tests.fakes.workspace import FakeWorkspace

KEY = TicketKey("PAY-1")
TODAY = date(2026, 11, 23)
LIFE = LifeId("PAY-1-abcdefgh")
REPOSITORY = Repository(name="acme/shop", git_url="https://code.example/acme/shop.git")
RESULT = ".backsmith-results/junit.xml"
PRICES = {"m": Price(prompt=Decimal(1), cached=Decimal(0), completion=Decimal(2))}
FILES: Files = {"app.py": "one\ntwo\nthree\n", "README.md": "# Shop\n"}
TICKET = {
    "key": KEY,
    "summary": "Orders can be cancelled",
    "description": "As a customer I want to cancel an order.",
    "url": "https://jira.example/browse/PAY-1",
    "labels": [],
    "clarifications": [],
}


def junit(*cases: str) -> str:
    """Return a JUnit file with these test cases."""
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


def passed(name: str = "test_a") -> str:
    """Return a test case that passed."""
    return f'<testcase classname="tests.test_app" name="{name}"/>'


def failed(name: str = "test_b", text: str = "assert 1 == 2") -> str:
    """Return a test case that failed."""
    return f'<testcase name="{name}"><failure message="m">{text}</failure></testcase>'


class ScriptedShell:
    """Answers a command by the first entry that occurs in its command line, else with success."""

    def __init__(self) -> None:
        self._answers: list[tuple[str, CommandResult, Files]] = []

    def on(self, part: str, writes: Files | None = None, **result: Any) -> None:
        """Answer command lines that contain `part`; newer entries go first."""
        known = {"exit_code": 0, "output": "", "seconds": 0.5} | result
        self._answers.insert(0, (part, CommandResult(**known), writes or {}))

    def __call__(self, files: Files, command: Command) -> CommandResult:
        line = " ".join(command.argv)
        for part, result, writes in self._answers:
            if part in line:
                files.update(writes)
                return result
        return CommandResult(exit_code=0, output="", seconds=0.0)


@dataclass(frozen=True)
class Office:
    """A desk and the fakes that it is made of; the repository's first commit is `base`."""

    desk: Desk
    ledger: FakeLedger
    workspace: FakeWorkspace
    sandbox: FakeSandbox
    model: ScriptedChatModel
    shell: ScriptedShell
    base: CommitSha

    def spec(self, stage: Stage = Stage.DEVELOP, **changes: Any) -> RunSpec:
        """Return what a run on the repository's first commit is given."""
        known: dict[str, Any] = {
            "life": LIFE,
            "run": RunId(f"{LIFE}/1-{stage}"),
            "ticket": KEY,
            "stage": stage,
            "repository": REPOSITORY,
            "base": self.base,
            "head": self.base,
            "position": 0,
            "model": "m",
            "budget_usd": Decimal(5),
        }
        return RunSpec(**(known | changes))

    def bench(self, stack: Stack | None = None) -> Bench:
        """Return the worktree at the first commit."""
        worktree = self.workspace.open(REPOSITORY, LIFE, self.base)
        return Bench(self.sandbox, worktree, stack or Stack(), FakeArtifacts(), TODAY)

    def act(self, reply: Message, stage: Stage = Stage.DEVELOP) -> Acted:
        """Carry out a reply that stands at the transcript's beginning."""
        self.ledger.write(LIFE, 0, [reply])
        return act(self.desk, self.spec(stage), 1, self.base)

    def results(self) -> list[str]:
        """Return the texts of all tool results, in their order."""
        return [m.content for m in self.ledger.read(LIFE, 1000) if m.role == "tool"]

    def tree(self, commit: str) -> Files:
        """Return the files of a commit."""
        return self.workspace.commits[CommitSha(commit)].tree


def office(*script: Script, files: Files | None = None) -> Office:
    """Return a desk before a repository with these files, and a model with this script."""
    workspace, ledger, shell = FakeWorkspace(), FakeLedger(), ScriptedShell()
    base = workspace.commit_on_remote(REPOSITORY, "main", FILES if files is None else files)
    sandbox, model = FakeSandbox(workspace.trees, shell), ScriptedChatModel(*script)
    ledger.replace(LIFE, "ticket", "current", TICKET)
    desk = Desk(ledger, FakeArtifacts(), workspace, sandbox, model, PRICES)
    return Office(desk, ledger, workspace, sandbox, model, shell, base)


def evidence(
    gate: Gate = Gate.TESTS, status: GateStatus = GateStatus.PASS, **changes: Any
) -> Evidence:
    """Return a gate's result at a commit."""
    known = {"commit": CommitSha("c" * 40), "reason": f"{gate} {status}"}
    return Evidence(gate=gate, status=status, **(known | changes))


def raw_call(name: str, arguments: str) -> Message:
    """Return a turn with one call whose arguments are any text."""
    made = {"id": "call_0", "name": name, "arguments": arguments}
    return Message.model_validate_json(json.dumps({"role": "assistant", "tool_calls": [made]}))
