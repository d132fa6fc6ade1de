"""The contract gate over fakes: who asks for it, and what is held against a change."""

import json
from typing import Any

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.evidence.contract.asking import ANSWER
from agent.evidence.contract.gate import NOT_ASKED
from agent.evidence.gates import run_gate
from agent.ports import Command, CommandResult
from agent.proving import measure
from tests.fakes.bench import LIFE, REPOSITORY, office
from tests.fakes.sandbox import Files

APP = "from fastapi import FastAPI\napp = FastAPI()\n"
ON = "contract: true\n"
FAULT = {"check": "not_a_server_error", "status": 500, "sent": "curl -X GET http://testserver/a"}


def tried(name: str, *faults: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "sent": 3, "faults": list(faults), **more}


def service(*operations: dict[str, Any], team: str = ON) -> Files:
    told = {
        "documents": [{"prefix": "", "label": "main:app", "document": {}}],
        "digests": {item["name"]: "d" for item in operations},
        "operations": list(operations),
    }
    return {"main.py": f"{APP}# told:{json.dumps(told)}", ".backsmith.yml": team}


def trying(files: Files, command: Command) -> CommandResult:
    """Stands for the script in the sandbox: its answer is in the application's file."""
    if command.stdin:
        told = json.loads(str(files["main.py"]).partition("# told:")[2])
        token = json.loads(command.stdin)["contract"]["token"]
        files[ANSWER] = json.dumps({"token": token, **told})
    return CommandResult(exit_code=0, output="", seconds=0.1)


def judged(before: Files, after: Files) -> Evidence:
    at = office(files=before)
    at.sandbox.answer = trying
    head = at.workspace.commit_on_remote(REPOSITORY, "change", after)
    measure(at.desk, at.spec(), at.base, (Gate.CONTRACT,))
    return run_gate(Gate.CONTRACT, at.desk.bench(REPOSITORY, LIFE, head, at.base))


@pytest.mark.parametrize("team", ["", "contract: false\n", "coverage: {total: 5}\n"])
def test_without_the_teams_wish_at_the_base_it_does_not_apply(team: str) -> None:
    found = judged(service(team=team), service(tried("GET /a", FAULT)))
    assert (found.status, found.reason) == (GateStatus.NOT_APPLICABLE, NOT_ASKED)


def test_a_new_fault_fails_and_tells_what_was_sent() -> None:
    found = judged(service(tried("GET /a")), service(tried("GET /a", FAULT)))
    assert found.status is GateStatus.FAIL
    assert "sent: curl -X GET /a" in found.output


def test_a_change_cannot_switch_it_off() -> None:
    after = service(tried("GET /a", FAULT), team="contract: false\n")
    assert judged(service(tried("GET /a")), after).status is GateStatus.FAIL


def test_a_fault_of_the_base_is_held_against_nobody() -> None:
    files = service(tried("GET /a", FAULT))
    found = judged(files, files | {"more.py": ""})
    assert (found.status, found.as_at_base) == (GateStatus.PASS, True)


def test_time_that_is_over_is_not_run_and_no_fault_of_the_change() -> None:
    found = judged(service(tried("GET /a")), service(tried("GET /b", state="untried")))
    assert (found.status, found.reason) == (GateStatus.NOT_RUN, "GET /b: time was over")
    assert found.is_passable()


def test_what_the_base_does_not_tell_is_no_failure() -> None:
    before = service(tried("GET /a", state="over"))
    found = judged(before, service(tried("GET /a", FAULT)))
    assert found.status is GateStatus.NOT_RUN
    assert "what the base does is not known" in found.reason


def test_settings_that_cannot_be_read_are_named() -> None:
    found = judged(service(team="contract: {exampels: 3}\n"), service())
    assert found.status is GateStatus.NOT_RUN
    assert "exampels" in found.reason
