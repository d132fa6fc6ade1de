"""The OpenAPI gate and the tool: what a change does to the API, held against the base."""

import json
from typing import Any

import pytest

from agent.domain.evidence import Evidence, Gate, GateStatus
from agent.domain.ids import CommitSha
from agent.evidence.gates import run_gate
from agent.evidence.openapi import comparison_in
from agent.ports import Command, CommandResult
from agent.proving import measure, prove
from agent.report import pull_request_body
from agent.stacks.openapi.asking import ANSWER
from agent.tools.api import DiffApi
from tests.fakes.bench import LIFE, REPOSITORY, TICKET, Office, office
from tests.fakes.sandbox import Files

APP = "from fastapi import FastAPI\napp = FastAPI()\n"
GET = {"get": {"responses": {"200": {"description": "Found"}}}}
LIST, ONE = {"/orders": GET}, {"/orders": GET, "/orders/{id}": GET}
KEPT = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": LIST}
BREAKING = "api-path-removed-without-deprecation"
ACCEPTED = f"accept:\n  - id: {BREAKING}\n    operation: GET /orders/{{id}}\n    reason: unused\n"


class Importing:
    """Stands for the script in the sandbox: the application's paths are in its file."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []

    def __call__(self, files: Files, command: Command) -> CommandResult:
        if not command.stdin:
            return CommandResult(exit_code=0, output="", seconds=0.0)
        self.jobs.append(json.loads(command.stdin))
        text = str(files["main.py"])
        told: dict[str, Any] = {"reason": "ImportError: no such module"}
        if "# paths:" in text:
            paths = json.loads(text.partition("# paths:")[2])
            document = {**KEPT, "paths": paths}
            told = {"documents": [{"prefix": "", "label": "main:app", "document": document}]}
        files[ANSWER] = json.dumps(told)
        return CommandResult(exit_code=0, output="", seconds=0.1)


def service(paths: dict[str, Any] | None, **files: str) -> Files:
    """Return a repository with an application of these paths, or with one that is broken."""
    main = APP if paths is None else f"{APP}# paths:{json.dumps(paths)}"
    return {"main.py": main, **files}


class Change:
    """A change of a repository, judged by the gate."""

    def __init__(self, before: Files, after: Files) -> None:
        self.at: Office = office(files=before)
        self.importing = Importing()
        self.at.sandbox.answer = self.importing
        self.head: CommitSha = self.at.workspace.commit_on_remote(REPOSITORY, "change", after)

    def judged(self) -> Evidence:
        """Return what the gate says about the change."""
        spec = self.at.spec()
        measure(self.at.desk, spec, self.at.base, (Gate.OPENAPI,))
        bench = self.at.desk.bench(REPOSITORY, LIFE, self.head, self.at.base)
        return run_gate(Gate.OPENAPI, bench)

    def at_base(self) -> Evidence:
        """Return what the gate says about the base alone."""
        measure(self.at.desk, self.at.spec(), self.at.base, (Gate.OPENAPI,))
        return self.at.ledger.evidence(LIFE, self.at.base)[0]


def test_the_base_is_exported_and_counted() -> None:
    found = Change(service(ONE), service(ONE)).at_base()
    assert (found.status, found.reason) == (GateStatus.PASS, "2 operations, from main:app")


def test_what_is_added_passes() -> None:
    found = Change(service(LIST), service(ONE)).judged()
    assert (found.status, found.reason) == (GateStatus.PASS, "1 addition (suggests minor)")


def test_what_breaks_clients_fails_and_is_named() -> None:
    found = Change(service(ONE), service(LIST)).judged()
    assert found.status is GateStatus.FAIL
    assert found.reason == "1 breaking change (suggests major)"
    assert f"GET /orders/{{id}}: the endpoint is gone [{BREAKING}]" in found.output


def test_the_label_allows_what_breaks_clients_and_is_named() -> None:
    change = Change(service(ONE), service(LIST))
    change.at.ledger.replace(LIFE, "ticket", "current", {**TICKET, "labels": ["api-break"]})
    found = change.judged()
    assert found.status is GateStatus.PASS
    assert found.reason.endswith("allowed by the label api-break of PAY-1")


def test_whoever_approved_a_plan_that_breaks_clients_is_named() -> None:
    change = Change(service(ONE), service(LIST))
    plan = {"summary": "s", "files": [], "breaking_changes": ["GET /orders/{id} goes"]}
    change.at.ledger.replace(LIFE, "plan", "current", plan)
    assert change.judged().status is GateStatus.FAIL
    change.at.ledger.replace(LIFE, "brief", "run-2", {"approved_by": "slack:U1"})
    found = change.judged()
    assert found.status is GateStatus.PASS
    assert found.reason.endswith("allowed by slack:U1, who approved the plan")


def test_the_approval_of_a_plan_that_breaks_nothing_allows_nothing() -> None:
    change = Change(service(ONE), service(LIST))
    change.at.ledger.replace(LIFE, "plan", "current", {"summary": "s", "files": []})
    change.at.ledger.replace(LIFE, "brief", "run-2", {"approved_by": "slack:U1"})
    assert change.judged().status is GateStatus.FAIL


def test_what_the_team_accepted_beforehand_passes() -> None:
    accepted = {".openapi-accept.yml": ACCEPTED}
    found = Change(service(ONE, **accepted), service(LIST, **accepted)).judged()
    assert found.status is GateStatus.PASS


def test_a_change_cannot_accept_itself() -> None:
    found = Change(service(ONE), service(LIST, **{".openapi-accept.yml": ACCEPTED})).judged()
    assert found.status is GateStatus.FAIL


def test_an_accept_file_that_cannot_be_read_stops_nobody_and_is_said() -> None:
    bad = {".openapi-accept.yml": "accept:\n  - id: no-such-rule\n    reason: x\n"}
    found = Change(service(ONE, **bad), service(LIST, **bad)).judged()
    assert found.status is GateStatus.NOT_RUN
    assert found.is_passable()
    assert ".openapi-accept.yml, line 2" in found.reason


def test_an_application_that_the_change_broke_must_be_mended() -> None:
    found = Change(service(ONE), service(None)).judged()
    assert found.status is GateStatus.NOT_RUN
    assert not found.is_passable()
    assert "ImportError: no such module" in found.reason


def test_an_application_that_was_broken_before_is_not_held_against_the_change() -> None:
    found = Change(service(None), service(None, **{"b.py": ""})).judged()
    assert found.status is GateStatus.NOT_RUN
    assert found.is_passable()


def test_a_committed_file_does_not_hide_that_the_application_broke() -> None:
    kept = {"openapi.json": json.dumps(KEPT)}
    found = Change(service(LIST, **kept), service(None, **kept)).judged()
    assert not found.is_passable()
    assert "the code gives no description any more" in found.reason


def test_committed_files_are_compared_where_the_code_gives_nothing() -> None:
    before = service(None, **{"openapi.json": json.dumps({**KEPT, "paths": ONE})})
    after = service(None, **{"openapi.json": json.dumps(KEPT)})
    found = Change(before, after).judged()
    assert (found.status, found.reason) == (
        GateStatus.FAIL,
        "1 breaking change (suggests major)",
    )


def test_without_an_api_there_is_nothing_to_check() -> None:
    found = Change({"a.py": "x = 1\n"}, {"a.py": "x = 2\n"}).judged()
    assert found.status is GateStatus.NOT_APPLICABLE


def test_a_first_api_has_nothing_to_be_compared_with() -> None:
    found = Change({"a.py": "x = 1\n"}, service(LIST)).judged()
    assert found.status is GateStatus.PASS
    assert found.reason == (
        "1 operations, from main:app; there is none at the base to compare with"
    )


def test_an_application_that_the_team_names_is_the_one() -> None:
    team = {".backsmith.yml": "openapi:\n  apps: main:build\n"}
    change = Change(service(LIST, **team), service(LIST, **team))
    change.judged()
    named = [[target["name"] for target in job["targets"]] for job in change.importing.jobs]
    assert named == [["build"], ["build"]]


def test_the_developer_hears_what_breaks_clients() -> None:
    change = Change(service(ONE), service(LIST))
    proof = prove(change.at.desk, change.at.spec(), 4, change.head)
    told = change.at.ledger.message(LIFE, 4)
    assert not proof.passed
    assert told is not None
    assert f"the endpoint is gone [{BREAKING}]" in told.content
    assert "propose_plan with breaking_changes: a person decides" in told.content


def tool_says(change: Change) -> tuple[str, bool, list[str]]:
    measure(change.at.desk, change.at.spec(), change.at.base, (Gate.OPENAPI,))
    bench = change.at.desk.bench(REPOSITORY, LIFE, change.head, change.at.base)
    outcome = DiffApi().run(bench)
    return outcome.text, outcome.failed, [item.reason for item in outcome.evidence]


def test_the_tool_tells_what_the_work_does_to_the_api() -> None:
    text, failed, evidence = tool_says(Change(service(LIST), service(ONE)))
    assert "API: 1 addition (suggests minor)" in text
    assert "GET /orders/{id}: the endpoint is new [endpoint-added]" in text
    assert not failed
    assert evidence == ["1 addition (suggests minor)"]


def test_the_tool_fails_where_the_gate_would() -> None:
    text, failed, evidence = tool_says(Change(service(ONE), service(LIST)))
    assert "BREAKING" in text
    assert BREAKING in text
    assert failed
    assert evidence == []


@pytest.mark.parametrize("after", [service(None), {"a.py": "x = 1\n"}])
def test_the_tool_says_why_there_is_no_description(after: Files) -> None:
    text, failed, evidence = tool_says(Change(service(LIST), after))
    assert text.startswith("openapi: COULD NOT RUN: ")
    assert failed
    assert evidence == []


def test_the_pull_request_carries_what_clients_will_feel() -> None:
    change = Change(service(LIST), service(ONE))
    evidence = (change.judged(),)
    api = comparison_in(change.at.desk.artifacts, evidence)
    body = pull_request_body(TICKET, {}, None, (), evidence, api=api)
    assert "### API: 1 addition" in body
    assert "`GET /orders/{id}`" in body
