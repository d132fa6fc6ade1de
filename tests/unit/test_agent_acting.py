"""Carrying out the calls of one step: results, records, snapshots and repetition."""

from typing import Any

import pytest

from agent.acting import act
from agent.domain.conversation import Message
from agent.domain.errors import NeedsHumanError
from agent.domain.ids import LifeId
from agent.domain.run import Signal, Stage
from agent.ports import CommandResult
from tests.fakes.bench import LIFE, Office, office, raw_call
from tests.fakes.chat_model import call, calls
from tests.fakes.ledger import FakeLedger

EDIT = call("edit_files", edits=[{"path": "app.py", "old": "two", "new": "2"}])
FINISH = call("finish", title="Cancel orders", summary="Orders can be cancelled now.")
PLAN = call("propose_plan", summary="Add a route.", files=["app.py"])
MISSING = call("edit_files", edits=[{"path": "none.py", "old": "a", "new": "b"}])


def test_results_stand_in_the_order_of_the_calls_and_name_them() -> None:
    at = office()
    acted = at.act(calls(call("search", pattern="two"), call("list_files")))
    assert acted.written == 2
    results = at.ledger.read(LIFE, 10)[1:]
    assert [each.tool_call_id for each in results] == ["call_0_0", "call_0_1"]
    assert "== app.py" in results[0].content
    assert "README.md" in results[1].content


def test_a_change_comes_back_as_a_new_snapshot() -> None:
    at = office()
    acted = at.act(EDIT)
    assert acted.head != at.base
    assert at.tree(acted.head)["app.py"] == "one\n2\nthree\n"


def test_reading_leaves_the_snapshot_where_it_was() -> None:
    at = office()
    assert at.act(call("list_files")).head == at.base


def test_repeating_a_finished_step_returns_what_it_gave_and_does_nothing() -> None:
    at = office()
    first = at.act(EDIT)
    assert at.act(EDIT) == first
    assert at.sandbox.prepared == [LIFE]


class CrashingLedger(FakeLedger):
    """Loses the connection when the step is to be marked as done."""

    def __init__(self) -> None:
        super().__init__()
        self.crashes = 1

    def keep(self, life: LifeId, kind: str, name: str, body: Any) -> Any:
        if kind == "acted" and self.crashes:
            self.crashes -= 1
            raise ConnectionError("the ledger is gone")
        return super().keep(life, kind, name, body)


def crashed(reply: Message) -> tuple[Office, FakeLedger]:
    """Return an office whose first attempt at a step crashed before it was marked as done."""
    at = office()
    ledger = CrashingLedger()
    ledger.write(LIFE, 0, [reply])
    at = Office(
        **{
            **vars(at),
            "ledger": ledger,
            "desk": type(at.desk)(**{**vars(at.desk), "ledger": ledger}),
        }
    )
    with pytest.raises(ConnectionError):
        act(at.desk, at.spec(), 1, at.base)
    return at, ledger


def test_a_step_that_crashed_before_its_end_is_not_applied_twice() -> None:
    at, _ledger = crashed(EDIT)
    acted = act(at.desk, at.spec(), 1, at.base)
    assert acted == office().act(EDIT)
    assert at.results() == ["app.py: changed"]


def test_a_step_that_crashed_keeps_one_result_for_each_call() -> None:
    at, ledger = crashed(calls(EDIT, call("list_files")))
    act(at.desk, at.spec(), 1, at.base)
    assert len(ledger.read(LIFE, 10)) == 3


REFUSED = {
    "an unknown tool": (call("delete_everything"), "There is no tool 'delete_everything'"),
    "broken JSON": (raw_call("search", '{"pattern": '), "The arguments of search are not JSON"),
    "a wrong type": (call("list_files", depth="deep"), "list_files: depth: Input should be"),
    "a missing argument": (call("search"), "search: pattern: Field required"),
    "an argument too many": (call("list_files", recursive=True), "recursive: Extra inputs"),
    "no object": (raw_call("search", "[1]"), "search: arguments: Input should be"),
    "a tool of another stage": (
        call("answer_review", comment=1, reply="Done."),
        "answer_review is not for the develop stage",
    ),
}


@pytest.mark.parametrize(("reply", "text"), REFUSED.values(), ids=REFUSED)
def test_a_call_that_cannot_be_understood_is_refused_with_a_reason(
    reply: Message, text: str
) -> None:
    at = office()
    acted = at.act(reply)
    [result] = at.results()
    assert result.startswith("This call was refused: ")
    assert text in result
    assert (acted.invalid, acted.signal) == (True, None)


def test_a_refused_call_of_another_stage_names_the_tools_of_this_one() -> None:
    at = office()
    at.act(EDIT, Stage.PLAN)
    [result] = at.results()
    assert result.endswith("There are: read_files, list_files, search, propose_plan, ask_human.")


def test_a_refused_change_leaves_the_worktree_alone() -> None:
    at = office()
    assert at.act(EDIT, Stage.PLAN).head == at.base


def test_one_usable_call_makes_an_answer_valid() -> None:
    at = office()
    assert not at.act(calls(call("nothing"), call("list_files"))).invalid


def test_a_call_that_fails_is_an_error_for_the_model_but_not_invalid() -> None:
    at = office()
    acted = at.act(MISSING)
    [result] = at.results()
    assert result.startswith("Error: edit 1 of 1 (none.py): none.py does not exist")
    assert not acted.invalid


def test_the_calls_after_a_failed_one_are_carried_out() -> None:
    at = office()
    acted = at.act(calls(MISSING, EDIT))
    assert at.tree(acted.head)["app.py"] == "one\n2\nthree\n"


@pytest.mark.parametrize("earlier", [MISSING, call("nothing")], ids=["failed", "refused"])
def test_finish_is_not_counted_after_a_call_that_did_not_succeed(earlier: Message) -> None:
    at = office()
    acted = at.act(calls(earlier, FINISH))
    assert acted.signal is None
    assert at.results()[1].startswith("Not counted: an earlier call of this answer failed")
    assert at.ledger.find(LIFE, "summary", "current") is None


def test_finish_after_calls_that_succeeded_is_counted() -> None:
    at = office()
    assert at.act(calls(EDIT, FINISH)).signal is Signal.FINISH


def test_a_command_that_ends_with_an_error_is_no_failed_call() -> None:
    at = office()
    at.shell.on("make", exit_code=2)
    assert at.act(calls(call("run_command", command="make"), FINISH)).signal is Signal.FINISH


def test_finish_keeps_the_summary() -> None:
    at = office()
    at.act(FINISH)
    assert at.ledger.find(LIFE, "summary", "current") == {
        "title": "Cancel orders",
        "summary": "Orders can be cancelled now.",
        "assumptions": [],
    }


def test_a_plan_is_kept_and_signalled() -> None:
    at = office()
    assert at.act(PLAN, Stage.PLAN).signal is Signal.PLAN
    kept = at.ledger.find(LIFE, "plan", "current")
    assert kept is not None
    assert (kept["summary"], kept["files"]) == ("Add a route.", ["app.py"])


def test_a_question_is_kept_and_given_as_the_reason() -> None:
    at = office()
    acted = at.act(call("ask_human", questions=["Cents?", "Refunds?"]))
    assert (acted.signal, acted.reason) == (Signal.ASK, "Cents? Refunds?")
    assert at.ledger.find(LIFE, "question", "current") == {"questions": ["Cents?", "Refunds?"]}


def test_a_question_comes_with_its_choices_lettered() -> None:
    at = office()
    asked = {"question": "Criteria 2 and 5 differ. Which one holds?", "choices": ["409", "422"]}
    at.act(call("ask_human", questions=[asked]))
    assert at.ledger.find(LIFE, "question", "current") == {
        "questions": ["Criteria 2 and 5 differ. Which one holds? (a) 409 (b) 422"]
    }


def test_more_than_three_questions_at_once_are_refused() -> None:
    at = office()
    acted = at.act(call("ask_human", questions=["1?", "2?", "3?", "4?"]))
    assert (acted.signal, acted.invalid) == (None, True)


def test_answers_to_a_review_are_kept_under_their_run() -> None:
    at = office()
    at.act(
        calls(
            call("answer_review", comment=1, reply="Renamed."),
            call("answer_review", comment=2, reply="Kept, because it is public."),
        ),
        Stage.RESPOND,
    )
    run = at.spec(Stage.RESPOND).run
    assert at.ledger.find(LIFE, "reply", f"{run}/1") == {"reply": "Renamed."}
    assert at.ledger.find(LIFE, "reply", f"{run}/2") == {"reply": "Kept, because it is public."}


def test_the_live_view_names_the_tools_at_work() -> None:
    at = office()
    at.act(calls(EDIT, FINISH))
    assert at.ledger.find(LIFE, "doing", "current") == "edit_files, finish"


def test_the_repository_is_made_ready_before_anything_runs() -> None:
    at = office()
    at.act(call("list_files"))
    assert at.sandbox.prepared == [LIFE]


def test_what_only_a_person_can_mend_leaves_the_step() -> None:
    at = office()
    at.sandbox.broken = NeedsHumanError("the dependencies cannot be installed")
    with pytest.raises(NeedsHumanError):
        at.act(call("list_files"))
    assert at.results() == []


def test_each_step_begins_at_the_snapshot_that_it_is_given() -> None:
    at = office()
    first = at.act(EDIT)
    at.ledger.write(LIFE, 2, [call("read_files", files=[{"path": "app.py"}])])
    act(at.desk, at.spec(), 3, first.head)
    assert "2\t2" in at.results()[1]


def test_what_a_command_leaves_behind_is_in_the_snapshot() -> None:
    at = office()
    at.shell.on("alembic", writes={"versions/0001.py": "# new\n"})
    acted = at.act(call("run_command", command="alembic revision"))
    assert at.tree(acted.head)["versions/0001.py"] == "# new\n"


def test_time_is_told_of_a_command_that_was_stopped() -> None:
    at = office()
    at.sandbox.answer = lambda files, command: CommandResult(
        exit_code=-9, output="working\n", seconds=command.timeout.total_seconds(), timed_out=True
    )
    at.act(call("run_command", command="sleep 99", timeout_seconds=7))
    [shown] = at.results()
    assert shown.startswith("[stopped after 7 s, its time was up: sleep 99;")
    assert shown.endswith("\nworking")
