"""The gate against weakened tests: from the sandbox's answer to evidence and what people read."""

from dataclasses import replace

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.domain.ids import CommitSha
from agent.domain.repository import Worktree
from agent.evidence.gates import run_gate
from agent.ports import Command, CommandResult
from agent.proving import measure, prove
from tests.fakes.bench import LIFE, REPOSITORY, Office, office
from tests.fakes.sandbox import FakeSandbox, Files

TEST = "def test_total():\n    assert total([1, 2]) == 3\n"
WEAKER = "def test_total():\n    assert total([1, 2])\n"
BEFORE: Files = {"tests/test_orders.py": TEST, "app.py": "x = 1\n"}
AFTER: Files = {"tests/test_orders.py": WEAKER, "app.py": "x = 1\n"}


class Answering(FakeSandbox):
    """Answers every command with the same."""

    def __init__(self, result: CommandResult) -> None:
        super().__init__()
        self._result = result

    def run(self, worktree: Worktree, command: Command) -> CommandResult:
        return self._result


class Change:
    """A change of a repository, judged by the gate."""

    def __init__(self, before: Files, after: Files) -> None:
        self.at: Office = office(files=before)
        self.at.sandbox.before = dict(before)
        self.head: CommitSha = self.at.workspace.commit_on_remote(REPOSITORY, "change", after)

    def judged(self, answer: CommandResult | None = None) -> Evidence:
        """Return what the gate says about the change; `answer` is what the sandbox gives it."""
        bench = self.at.desk.bench(REPOSITORY, LIFE, self.head, self.at.base)
        sandbox = bench.sandbox if answer is None else Answering(answer)
        return run_gate(Gate.WEAKENING, replace(bench, sandbox=sandbox))


def test_a_weaker_assertion_fails_and_is_named() -> None:
    found = Change(BEFORE, AFTER).judged()
    assert (found.status, found.reason) == (GateStatus.FAIL, "1 weakening")
    assert found.output == (
        "tests/test_orders.py:2: test_total: `assert total([1, 2]) == 3` became "
        '`assert total([1, 2])`: from "equals" to "is true" [weaker-assertion]'
    )


def test_what_weakens_nothing_passes() -> None:
    found = Change(BEFORE, BEFORE | {"app.py": "x = 2\n"}).judged()
    assert found.status is GateStatus.PASS
    assert found.reason == "nothing is checked less than at the base"


def test_without_a_base_there_is_nothing_to_do() -> None:
    at = office(files=BEFORE)
    found = run_gate(Gate.WEAKENING, at.bench())
    assert found.status is GateStatus.NOT_APPLICABLE


def test_a_change_of_other_files_is_none_of_its_business() -> None:
    found = Change(BEFORE, BEFORE).judged()
    assert found.status is GateStatus.NOT_APPLICABLE


def test_tests_that_went_with_their_feature_are_named_and_pass() -> None:
    code = "def total(lines):\n    return sum(lines)\n"
    test = f"from shop import total\n\n{TEST}"
    before = {"shop.py": f"{code}\ndef tax():\n    return 19\n", "tests/test_shop.py": test}
    found = Change(before, {"shop.py": "def tax():\n    return 19\n"}).judged()
    assert found.status is GateStatus.PASS
    assert "test_total went with the removed `shop.total`" in found.reason


def test_the_same_weakening_has_the_same_key_wherever_it_stands() -> None:
    moved = {"tests/test_orders.py": f"import os\n\n\n{WEAKER}"}
    first, second = Change(BEFORE, AFTER).judged(), Change(BEFORE, AFTER | moved).judged()
    assert first.findings == second.findings


@pytest.mark.parametrize(
    "result",
    [
        {"exit_code": 1, "output": "fatal: bad object"},
        {"exit_code": 0, "output": ""},
        {"exit_code": 0, "output": '{"before": 7}'},
        {"exit_code": 0, "output": '{"before": {}, "after": {}}', "truncated_bytes": 9},
        {"exit_code": -9, "output": "", "timed_out": True},
    ],
)
def test_files_that_cannot_be_read_are_no_proof(result: dict[str, object]) -> None:
    change = Change(BEFORE, AFTER)
    found = change.judged(CommandResult.model_validate({"seconds": 0.1, **result}))
    assert found.status is GateStatus.NOT_RUN
    assert not found.is_passable()


def test_a_changed_file_that_was_not_read_fails() -> None:
    change = Change(BEFORE, AFTER)
    told = '{"before": {}, "after": {}, "unread": ["tests/test_huge.py"]}'
    found = change.judged(CommandResult(exit_code=0, output=told, seconds=0.1))
    assert found.status is GateStatus.FAIL
    assert "tests/test_huge.py: is too large to be compared, or no file" in found.output


def test_the_developer_hears_of_it_and_the_base_is_no_excuse() -> None:
    change = Change(BEFORE, AFTER)
    measure(change.at.desk, change.at.spec(), change.at.base, tuple(Gate))
    proof = prove(change.at.desk, change.at.spec(), 4, change.head)
    told = change.at.ledger.message(LIFE, 4)
    assert not proof.passed
    assert told is not None
    assert "[weaker-assertion]" in told.content


def test_nothing_of_the_repository_is_run() -> None:
    change = Change(BEFORE, AFTER)
    change.judged()
    commands: list[Command] = [command for _, command in change.at.sandbox.commands]
    assert [command.argv[:4] for command in commands] == [("python", "-I", "-S", "-c")]
