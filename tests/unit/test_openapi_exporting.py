"""From attempts to a description: what is filled in, what gives way, what is fallen back on."""

import json
from typing import Any

import pytest

from agent.domain.errors import NeedsHumanError, TransientError
from agent.ports import Command, CommandResult
from agent.stacks.openapi.asking import ANSWER
from agent.stacks.openapi.attempting import MOST_ABSENT, ROUNDS
from agent.stacks.openapi.exporting import export_openapi
from agent.stacks.openapi.value import NO_FRAMEWORK, Export
from tests.fakes.bench import office
from tests.fakes.sandbox import Files

APP = "from fastapi import FastAPI\napp = FastAPI()\n"
DESCRIPTION = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/a": {}}}
KEPT = json.dumps(DESCRIPTION)


def told(document: dict[str, Any], label: str = "main:app", **more: Any) -> dict[str, Any]:
    return {"documents": [{"prefix": "", "label": label, "document": document}], **more}


class Script:
    """Stands for the script in the sandbox: gives one answer after the other, keeps the jobs."""

    def __init__(self, *answers: dict[str, Any] | Exception | CommandResult) -> None:
        self.answers = list(answers)
        self.jobs: list[dict[str, Any]] = []
        self.commands: list[Command] = []

    def __call__(self, files: Files, command: Command) -> CommandResult:
        self.jobs.append(json.loads(command.stdin))
        self.commands.append(command)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, CommandResult):
            files.pop(ANSWER, None)
            return answer
        files[ANSWER] = json.dumps(answer)
        return CommandResult(exit_code=0, output="", seconds=0.1)


def export(script: Script, files: Files, **options: Any) -> Export:
    desk = office(files=files)
    desk.sandbox.answer = script
    return export_openapi(desk.bench(), **options)


def test_a_description_that_the_code_gives_is_live() -> None:
    found = export(Script(told(DESCRIPTION, framework="FastAPI 1")), {"main.py": APP})
    assert (found.is_live, found.source, found.framework) == (True, "main:app", "FastAPI 1")
    assert json.loads(found.content or b"") == DESCRIPTION


def test_without_a_framework_nothing_is_run() -> None:
    script = Script(told(DESCRIPTION))
    found = export(script, {"app.py": "print()\n"})
    assert (found.content, found.reason, script.jobs) == (None, NO_FRAMEWORK, [])


def test_settings_are_filled_in_until_it_works() -> None:
    script = Script(
        {"reason": "no A", "missing": {"A": "1"}, "turns": {"A": 0}},
        {"reason": "no B", "missing": {"B": "2"}, "turns": {"B": 0}},
        told(DESCRIPTION),
    )
    files = {"main.py": f"import os\n{APP}x = os.environ['A']\n", ".env.example": "A='7' # seven\n"}
    found = export(script, files)
    assert (found.is_live, found.dummies) == (True, ("A", "B"))
    assert [job["settings"] for job in script.jobs] == [{}, {"A": "1"}, {"A": "1", "B": "2"}]
    assert script.jobs[0]["example"] == {"A": "7"}
    assert script.jobs[0]["known"] == ["A"]


def test_there_is_an_end_to_filling_in() -> None:
    script = Script({"reason": "ValueError: A", "missing": {"A": "1"}, "turns": {"A": 0}})
    found = export(script, {"main.py": APP})
    assert len(script.jobs) == ROUNDS + MOST_ABSENT
    assert found.reason == "main:app cannot be imported: ValueError: A"


def test_a_package_is_added_once() -> None:
    script = Script({"reason": "no X", "need": "setuptools<70"})
    export(script, {"main.py": APP})
    needs = [command.needs for command in script.commands]
    assert [need.also for need in needs if need] == [(), ("setuptools<70",)]


def test_a_module_that_is_missing_may_be_of_an_extra() -> None:
    script = Script({"reason": "no x", "lacks": "x"}, NeedsHumanError("at odds"), told(DESCRIPTION))
    found = export(script, {"main.py": APP})
    needs = [command.needs for command in script.commands]
    assert [need.extras for need in needs if need] == [False, True, False]
    assert [job["is_full"] for job in script.jobs] == [False, True, True]
    assert found.is_live


@pytest.mark.parametrize("need", ["evil", "setuptools<70 @ https://example.com/x.whl"])
def test_what_the_script_asks_for_is_installed_only_if_we_know_it(need: str) -> None:
    script = Script({"reason": "no x", "need": need})
    export(script, {"main.py": APP})
    assert [command.needs.also for command in script.commands if command.needs] == [()]


@pytest.mark.parametrize(
    "answer",
    [
        {"documents": "all"},
        {"documents": [{"prefix": "", "label": "x", "document": 7}]},
        {"reason": 7},
        [],
    ],
)
def test_an_answer_that_is_none_is_a_reason(answer: Any) -> None:
    found = export(Script(answer), {"main.py": APP})
    assert found.content is None
    assert "the process ended before it answered" in found.reason


def test_what_strangers_say_is_short_and_in_one_line() -> None:
    found = export(Script({"reason": "a\n\x1b[1mb\n" + "c" * 1000}), {"main.py": APP})
    assert found.reason.startswith("main:app cannot be imported: a b ccc")
    assert len(found.reason) < 500


def test_a_document_that_is_no_description_is_a_reason() -> None:
    odd = {"openapi": "3.1.0", "paths": {"/a": 7}}
    answer = told(odd)
    answer["documents"] *= 2
    found = export(Script(answer), {"main.py": APP})
    assert found.content is None
    assert "is no description" in found.reason


def test_a_package_that_cannot_be_installed_gets_a_stand_in() -> None:
    lacking = {"reason": "no x", "lacks": "x.y"}
    script = Script(lacking, lacking, told(DESCRIPTION))
    found = export(script, {"main.py": APP})
    assert [job["absent"] for job in script.jobs] == [[], [], ["x"]]
    assert (found.absent, found.is_low_quality, found.is_live) == (("x",), True, True)


@pytest.mark.parametrize("module", ["fastapi", "shop.gone"])
def test_what_makes_the_description_and_what_is_the_projects_own_has_no_stand_in(
    module: str,
) -> None:
    script = Script({"reason": "no x", "lacks": module})
    found = export(script, {"main.py": APP, "shop/__init__.py": ""})
    assert len(script.jobs) == 2
    assert found.content is None


def test_what_is_only_seen_in_the_code_gives_way_to_the_next() -> None:
    script = Script({"reason": "broken"}, told(DESCRIPTION, "web:app"))
    found = export(script, {"main.py": APP, "web.py": APP})
    assert [job["targets"][0]["module"] for job in script.jobs] == ["main", "web"]
    assert found.is_live


def test_a_declared_application_that_fails_does_not_give_way_to_another_service() -> None:
    files = {"Procfile": "web: uvicorn main:app\n", "main.py": APP, "other/app.py": APP}
    script = Script({"reason": "broken"}, told(DESCRIPTION))
    found = export(script, files)
    assert (found.content, found.reason) == (None, "main:app cannot be imported: broken")


def test_other_services_are_named() -> None:
    files = {"Procfile": "web: uvicorn main:app\n", "main.py": APP, "other/app.py": APP}
    assert export(Script(told(DESCRIPTION)), files).others == ("other/app:app",)


def test_a_folder_may_be_named() -> None:
    script = Script(told(DESCRIPTION))
    export(script, {"main.py": APP, "svc/requirements.txt": "", "svc/app.py": APP}, folder="svc")
    assert script.jobs[0]["targets"][0]["module"] == "app"
    assert script.jobs[0]["project"] == "svc"
    assert script.commands[0].needs is not None
    assert script.commands[0].needs.folder == "svc"


def test_an_application_without_paths_is_less_than_one_with() -> None:
    empty = {**DESCRIPTION, "paths": {}}
    files = {"a/main.py": APP, "b/main.py": APP}
    found = export(Script(told(empty, "empty"), told(DESCRIPTION, "full")), files)
    assert found.source == "full"
    assert export(Script(told(empty, "empty")), files).source == "empty"


def test_several_applications_become_one_description() -> None:
    answer = told(DESCRIPTION)
    answer["documents"] += [{"prefix": "/v1", "label": "main:api", "document": DESCRIPTION}]
    found = export(Script(answer), {"main.py": APP})
    assert list(json.loads(found.content or b"")["paths"]) == ["/a", "/v1/a"]
    assert found.source == "main:app, main:api"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (
            CommandResult(exit_code=-9, output="", seconds=90, timed_out=True),
            "it took longer than 90 s",
        ),
        (
            CommandResult(exit_code=3, output="\x1b[1mx\nbad luck\n", seconds=1),
            "the process ended before it answered (exit code 3): bad luck",
        ),
        (
            NeedsHumanError("the repository's dependencies cannot be installed:\nno x"),
            "the repository's dependencies cannot be installed: no x",
        ),
    ],
)
def test_what_ends_an_attempt_is_the_reason(result: CommandResult | Exception, reason: str) -> None:
    found = export(Script(result), {"main.py": APP})
    assert found.reason == f"main:app cannot be imported: {reason}"


def test_an_index_that_cannot_be_reached_is_no_reason_but_an_error() -> None:
    with pytest.raises(TransientError):
        export(Script(TransientError("index")), {"main.py": APP})


def test_a_process_that_ends_without_an_answer_has_no_description() -> None:
    silent = CommandResult(exit_code=0, output="", seconds=1)
    found = export(Script(silent), {"main.py": APP})
    assert found.content is None
    assert "the process ended before it answered" in found.reason


def test_a_committed_description_is_fallen_back_on() -> None:
    files = {
        "main.py": APP,
        "docs/openapi.yaml": "swagger: '2.0'\n",
        "contrib/openapi.json": KEPT,
        "tests/openapi.json": KEPT,
    }
    found = export(Script({"reason": "broken"}), files)
    assert found.source == "committed contrib/openapi.json"
    assert found.reason == "main:app cannot be imported: broken"
    assert (found.content, found.is_live) == (KEPT.encode(), False)


@pytest.mark.parametrize(
    ("path", "is_taken"),
    [
        ("openapi.json", True),
        ("docs/openapi.v1.json", True),
        ("schema.yml", True),
        ("api/swagger.yaml", True),
        ("package.json", False),
        ("tests/data/openapi.json", False),
        ("examples/openapi.json", False),
    ],
)
def test_descriptions_are_known_by_their_names(path: str, is_taken: bool) -> None:
    found = export(Script({"reason": "broken"}), {"main.py": APP, path: KEPT})
    assert (found.source == f"committed {path}") is is_taken
