"""A transcript made by the real tools and gates over the fakes, looked at after each step."""

from agent.acting import act
from agent.domain.conversation import Message
from agent.domain.evidence import Gate, GateStatus
from agent.domain.run import Stage
from agent.patterns import PatternKind
from agent.prompting import render
from agent.proving import prove
from agent.stuck import Pattern
from agent.unsticking import unstick
from tests.fakes.bench import LIFE, RESULT, evidence, junit, office
from tests.fakes.chat_model import call, calls, numbered, say

FILES = {
    "pyproject.toml": "[tool.pytest]\n[tool.ruff]\n",
    "app.py": "".join(f"x{n} = {n}\n" for n in range(1, 401)),
    "orders.py": "def cancel():\n    return 1\n",
}
CHECKS = call("run_checks", checks=["tests"])
LIST = call("list_files")
FINISH = call("finish", title="Cancel orders", summary="Orders can be cancelled now.")
PYTEST = call("run_command", command="pytest -q tests/test_orders.py")
ASSERTION = """def test_cancel():
        order = cancel()
>       assert order == 2
E       assert 1 == 2

tests/test_o.py:4: AssertionError"""


def read(path: str = "app.py", start: int | None = None, end: int | None = None) -> Message:
    wanted = {"path": path, "start": start, "end": end}
    return call("read_files", files=[{k: v for k, v in wanted.items() if v is not None}])


def edit(old: str, new: str, path: str = "orders.py") -> Message:
    return call("edit_files", edits=[{"path": path, "old": old, "new": new}])


def write(content: str, path: str = "notes.md") -> Message:
    return call("edit_files", edits=[{"path": path, "content": content}])


def command(line: str) -> Message:
    return call("run_command", command=line)


class Transcript:
    """A run over the real tools; after each step it is looked at as the loop would."""

    def __init__(self, stage: Stage = Stage.DEVELOP, files: dict[str, str] | None = None) -> None:
        self.at = office(files=FILES | (files or {}))
        self.spec = self.at.spec(stage)
        self.head = self.at.base
        self._edits = 0
        for gate in Gate:
            at_base = evidence(gate, GateStatus.PASS, commit=self.at.base)
            self.at.ledger.record(LIFE, at_base)
        self._write(Message(role="system", content=render("system/developer")))
        self._write(Message(role="user", content="Ticket PAY-1: Orders can be cancelled"))

    @property
    def messages(self) -> list[Message]:
        return self.at.ledger.read(LIFE, 10_000)

    @property
    def found(self) -> list[Pattern]:
        """Return the patterns that the loop itself has found so far."""
        kept = self.at.ledger.list(LIFE, "stuck")
        return [Pattern.model_validate(body["pattern"]) for body in kept]

    @property
    def kinds(self) -> list[PatternKind]:
        return [pattern.kind for pattern in self.found]

    def do(self, *turns: Message) -> "Transcript":
        """Carry out one answer with these calls."""
        position = self._write(numbered(calls(*turns), len(self.messages)))
        acted = act(self.at.desk, self.spec, position, self.head)
        self.head = acted.head
        return self

    def say(self, text: str = "I will look at it.") -> "Transcript":
        """Answer without a call."""
        self._write(say(text))
        told = render("observation/no_tool_call", was_cut=False, refused=False, stage="develop")
        end = self._write(Message(role="user", content=told))
        unstick(self.at.desk, self.spec, end)
        return self

    def tests(self, *cases: str, seconds: float = 1.0) -> "Transcript":
        """Let the tests end like this from now on."""
        exit_code = int(any("<failure" in case for case in cases))
        written = {RESULT: junit(*cases)}
        self.at.shell.on("pytest", written, exit_code=exit_code, seconds=seconds)
        return self

    def prints(
        self, part: str, output: str, exit_code: int = 1, seconds: float = 1.0
    ) -> "Transcript":
        """Let a command print this from now on."""
        self.at.shell.on(part, exit_code=exit_code, output=output, seconds=seconds)
        return self

    def edits(self) -> "Transcript":
        """Make an edit like no other."""
        self._edits += 1
        return self.do(edit(f"x{self._edits} = {self._edits}\n", "# gone\n", "app.py"))

    def finishes(self) -> "Transcript":
        """Call finish, and let the gates run."""
        self.do(FINISH)
        prove(self.at.desk, self.spec, len(self.messages), self.head)
        return self

    def told(self, message: Message) -> "Transcript":
        """Write a message of ours or of a person."""
        self._write(message)
        return self

    def _write(self, message: Message) -> int:
        position = len(self.messages)
        self.at.ledger.write(LIFE, position, [message])
        return position + 1
