"""How a run begins, and how people are heard while it goes on."""

import pytest

from agent.domain.conversation import Message
from agent.domain.ids import LifeId, RunId
from agent.domain.run import Stage
from agent.hearing import hear
from agent.opening import open_run
from agent.prompting import render
from tests.fakes.bench import LIFE, Office, office
from tests.fakes.chat_model import call

FILES = {"app.py": "x = 1\n", "AGENTS.md": "Money is in cents.\n", "pytest.ini": "[pytest]\n"}


def opened(at: Office, stage: Stage = Stage.PLAN, position: int = 0) -> list[Message]:
    spec = at.spec(stage, position=position)
    at.ledger.write(LIFE, 0, [Message(role="system", content="rules")] * position)
    return at.ledger.read(LIFE, open_run(at.desk, spec))[position:]


def test_a_first_run_opens_with_rules_repository_and_task() -> None:
    messages = opened(office(files=FILES))
    assert [message.role for message in messages] == ["system", "user", "user"]
    assert messages[0].content == render("system/developer")
    assert "The repository is acme/shop." in messages[1].content
    assert messages[2].content.startswith("Ticket PAY-1: Orders can be cancelled")


def test_the_repository_is_told_with_files_checks_and_the_rules_of_the_team() -> None:
    told = opened(office(files=FILES))[1].content
    assert "\n./ AGENTS.md app.py pytest.ini\n" in told
    assert "\nGates: pytest -q\n" in told
    assert "from AGENTS.md:\n<file>\nMoney is in cents.\n</file>" in told


def test_a_repository_without_rules_or_checks_says_so() -> None:
    told = opened(office(files={"app.py": ""}))[1].content
    assert "Gates: no commands were found" in told
    assert "Rules of the team" not in told


def test_what_is_near_the_ticket_is_told_first() -> None:
    texts = {f"app/f{n:04}.py": "" for n in range(900)}
    texts["app/z.py"] = "def cancel_order(): ...\n"
    told = opened(office(files=texts))[1].content
    assert "z.py[cancel_order]" in told
    assert " more files, by folder: app/ " in told


def test_a_second_ticket_on_the_same_commit_needs_no_second_look() -> None:
    at = office(files=FILES)
    first = opened(at)
    at.sandbox.trees.clear()
    spec = at.spec(life=LifeId("PAY-2-abcdefgh"), run=RunId("PAY-2-abcdefgh/1-plan"))
    at.ledger.replace(spec.life, "ticket", "current", at.ledger.find(LIFE, "ticket", "current"))
    assert at.ledger.read(spec.life, open_run(at.desk, spec))[:2] == first[:2]


def test_opening_again_writes_the_same() -> None:
    at = office(files=FILES)
    assert opened(at) == opened(at)
    assert len(at.ledger.read(LIFE, 100)) == 3


def test_opening_again_after_the_ticket_changed_keeps_what_was_told() -> None:
    at = office(files=FILES)
    first = opened(at)
    ticket = at.ledger.find(LIFE, "ticket", "current") or {}
    at.ledger.replace(LIFE, "ticket", "current", {**ticket, "description": "Something else."})
    assert opened(at) == first


@pytest.mark.parametrize("stage", [Stage.PLAN, Stage.DEVELOP])
def test_a_later_run_opens_with_its_task_alone(stage: Stage) -> None:
    at = office(files=FILES)
    messages = opened(at, stage, position=5)
    assert [message.role for message in messages] == ["user"]
    assert at.sandbox.prepared == []


def test_development_after_planning_does_not_repeat_the_ticket() -> None:
    at = office(files=FILES)
    assert "Ticket PAY-1" not in opened(at, Stage.DEVELOP, position=5)[0].content


def test_development_without_planning_tells_the_ticket() -> None:
    at = office(files=FILES)
    assert "Ticket PAY-1" in opened(at, Stage.DEVELOP)[-1].content


def test_planning_again_tells_the_ticket_and_the_remark() -> None:
    at = office(files=FILES)
    spec = at.spec(Stage.PLAN, position=5)
    at.ledger.replace(LIFE, "brief", spec.run, {"change": "Use one endpoint."})
    [task] = opened(at, Stage.PLAN, position=5)
    assert "Ticket PAY-1" in task.content
    assert "<said>\nUse one endpoint.\n</said>" in task.content


def test_a_plan_that_was_approved_is_told_as_such() -> None:
    at = office(files=FILES)
    spec = at.spec(position=5)
    at.ledger.replace(LIFE, "plan", "current", {"summary": "s", "files": []})
    at.ledger.replace(LIFE, "brief", spec.run, {"approved_by": "the Tech Lead"})
    [task] = opened(at, Stage.DEVELOP, position=5)
    assert task.content.startswith("The plan stands, approved by a person.")


def test_the_brief_of_another_run_is_not_told() -> None:
    at = office(files=FILES)
    at.ledger.replace(LIFE, "remark", "PAY-1-abcdefgh/9-develop", "Use blue.")
    assert "blue" not in opened(at, Stage.DEVELOP, position=5)[0].content


def test_a_repair_is_told_the_failed_checks_with_their_logs() -> None:
    at = office(files=FILES)
    spec = at.spec(Stage.REPAIR, position=5)
    check = {"name": "test", "conclusion": "failure", "log": "assert 1 == 2"}
    at.ledger.replace(LIFE, "brief", spec.run, {"checks": [check]})
    [task] = opened(at, Stage.REPAIR, position=5)
    assert "test: failure\n<log>\nassert 1 == 2\n</log>" in task.content


def test_a_run_begins_behind_what_an_earlier_one_left_and_answers_its_open_calls() -> None:
    at = office(files=FILES)
    said = Message(role="user", content="The checks failed.")
    at.ledger.write(LIFE, 2, [said, call("read_files", files=[{"path": "app.py"}])])
    answer, task = opened(at, Stage.DEVELOP, position=2)[2:]
    assert (answer.role, answer.content[:15]) == ("tool", "Not carried out")
    assert "Carry the ticket out now." in task.content


def test_a_remark_is_told_to_the_run_that_it_was_kept_for() -> None:
    at = office(files=FILES)
    spec = at.spec(Stage.REPAIR, position=5)
    at.ledger.replace(LIFE, "brief", spec.run, {"checks": []})
    at.ledger.replace(LIFE, "remark", spec.run, "The fixture is wrong.")
    [task] = opened(at, Stage.REPAIR, position=5)
    assert "<said>\nThe fixture is wrong.\n</said>" in task.content


def test_what_people_say_is_written_with_who_said_it() -> None:
    at = office()
    assert hear(at.desk, at.spec(), 4, [("the Tech Lead", "Use UTC."), ("QA", "And cents.")]) == 2
    first, second = at.ledger.read(LIFE, 10)
    assert first.role == "user"
    assert first.content.startswith(
        "the Tech Lead says, while you work:\n<said>\nUse UTC.\n</said>"
    )
    assert "And cents." in second.content


def test_hearing_the_same_again_writes_it_once() -> None:
    at = office()
    for _ in range(2):
        hear(at.desk, at.spec(), 4, [("the Tech Lead", "Use UTC.")])
    assert len(at.ledger.read(LIFE, 10)) == 1
