"""The tools: what each gives the model to read."""

from datetime import timedelta

import jsonschema
import pytest

from agent.domain.errors import ToolError
from agent.domain.evidence import Gate
from agent.domain.run import Stage
from agent.stacks.commands import Stack
from agent.tools.base import RESULT_LIMIT, Tool
from agent.tools.checks import RunChecks
from agent.tools.files import Edit, EditFiles, ListFiles, ReadFiles
from agent.tools.registry import TOOLS, tool_specs
from agent.tools.search import Search
from agent.tools.shell import RunCommand
from tests.fakes.bench import RESULT, Office, failed, junit, office, passed


def run(tool: Tool, at: Office | None = None) -> str:
    return tool.run((at or office()).bench()).text


def read(at: Office, *files: dict[str, object]) -> str:
    return run(ReadFiles.model_validate({"files": files}), at)


def test_files_are_read_with_line_numbers_under_their_names() -> None:
    assert read(office(), {"path": "app.py"}, {"path": "README.md"}) == (
        "== app.py (3 lines)\n    1  one\n    2  two\n    3  three\n\n"
        "== README.md (1 lines)\n    1  # Shop"
    )


def test_a_range_keeps_the_numbers_of_the_file() -> None:
    shown = read(office(), {"path": "app.py", "start": 2, "end": 3})
    assert shown == "== app.py (3 lines)\n    2  two\n    3  three"


def test_a_file_that_cannot_be_read_does_not_hide_the_others() -> None:
    shown = read(office(), {"path": "ap.py"}, {"path": "app.py"})
    assert shown.startswith("== ap.py\nap.py does not exist; app.py")
    assert "    1  one" in shown


def test_a_large_file_is_cut_and_a_small_one_beside_it_is_whole() -> None:
    large = "\n".join(f"x = {n}" for n in range(20_000))
    shown = read(
        office(files={"large.py": large, "small.py": "y = 1\n"}),
        {"path": "large.py"},
        {"path": "small.py"},
    )
    assert "lines left out; ask for fewer files or for a range" in shown
    assert shown.endswith("== small.py (1 lines)\n    1  y = 1")
    assert len(shown) < RESULT_LIMIT + 500


def test_two_large_files_share_the_room() -> None:
    large = "\n".join(f"x = {n}" for n in range(20_000))
    shown = read(office(files={"a.py": large, "b.py": large}), {"path": "a.py"}, {"path": "b.py"})
    first, second = shown.split("\n\n")
    assert abs(len(first) - len(second)) < 100


def test_folders_are_listed_one_path_a_line() -> None:
    at = office(files={"a/b/c.py": "", "a/d.py": "", "e.py": ""})
    assert run(ListFiles(depth=2), at) == "a/\na/b/\na/d.py\ne.py"


def test_a_listing_that_was_cut_says_how_much_is_missing() -> None:
    at = office(files={f"f{n:04}.py": "" for n in range(500)})
    assert run(ListFiles(), at).endswith("\n[100 more; list a folder below]")


def test_matches_are_grouped_under_their_files() -> None:
    at = office(files={"a.py": "x = 1\ny = 2\nx = 3\n", "b.py": "x = 4\n"})
    assert run(Search(pattern="^x"), at) == (
        "== a.py\n    1  x = 1\n    3  x = 3\n== b.py\n    1  x = 4"
    )


def test_a_search_may_be_narrowed_to_a_kind_of_file() -> None:
    at = office(files={"a.py": "x\n", "a.md": "x\n"})
    assert run(Search(pattern="x", glob="*.md"), at) == "== a.md\n    1  x"


def test_a_search_without_a_match_says_where_it_looked() -> None:
    assert run(Search(pattern="zzz")) == "No match for 'zzz' in .."


def test_a_search_with_too_many_matches_asks_for_a_narrower_one() -> None:
    at = office(files={"a.py": "x\n" * 150})
    assert run(Search(pattern="x"), at).endswith(
        "[50 more matches; search a narrower path or pattern]"
    )


def test_a_pattern_that_is_no_expression_is_an_error_for_the_model() -> None:
    with pytest.raises(ToolError, match="no regular expression"):
        run(Search(pattern="("))


def test_edits_are_made_together_and_named() -> None:
    at = office()
    bench = at.bench()
    edits = [
        {"path": "app.py", "old": "two", "new": "2"},
        {"path": "new.py", "content": "x = 1\n"},
        {"path": "README.md", "delete": True},
    ]
    outcome = EditFiles.model_validate({"edits": edits}).run(bench)
    assert outcome.text == "Changed: README.md, app.py, new.py"
    assert at.sandbox.trees[bench.worktree.path] == {
        "app.py": "one\n2\nthree\n",
        "new.py": "x = 1\n",
    }


def test_when_one_edit_fails_none_is_made() -> None:
    at = office()
    bench = at.bench()
    edits = [{"path": "app.py", "old": "two", "new": "2"}, {"path": "none.py", "delete": True}]
    with pytest.raises(ToolError, match=r"edit 2 of 2: .*\nNothing was changed"):
        EditFiles.model_validate({"edits": edits}).run(bench)
    assert at.sandbox.trees[bench.worktree.path]["app.py"] == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    "change",
    [
        {"old": "a", "new": "b"},
        {"old": "a", "new": ""},
        {"content": ""},
        {"delete": True},
        {"move_to": "other.py"},
    ],
)
def test_an_edit_of_one_form_is_passed_on_as_it_is(change: dict[str, object]) -> None:
    asked = {"path": "app.py"} | change
    assert Edit.model_validate(asked).request() == asked


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"old": "a"},
        {"new": "b"},
        {"old": "a", "new": "b", "content": "c"},
        {"content": "c", "delete": True},
        {"delete": True, "move_to": "other.py"},
    ],
)
def test_an_edit_without_one_clear_form_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ToolError, match=r"app\.py: give exactly one of"):
        Edit.model_validate({"path": "app.py"} | change).request()


def test_a_command_gives_its_exit_code_its_time_and_its_output() -> None:
    at = office()
    at.shell.on("make", exit_code=2, output="\x1b[1mNo rule\x1b[0m\r\n", seconds=1.25)
    assert run(RunCommand(command="make all"), at) == "[exit code 2, 1.2 s]\nNo rule"


def test_a_silent_command_gives_one_line() -> None:
    assert run(RunCommand(command="true")) == "[exit code 0, 0.0 s]"


def test_a_command_out_of_time_says_so() -> None:
    at = office()
    at.shell.on("sleep", exit_code=-9, output="tick", seconds=300.0, timed_out=True)
    assert run(RunCommand(command="sleep 999"), at) == "[stopped: time is up, 300.0 s]\ntick"


def test_a_command_runs_in_bash_for_as_long_as_was_asked() -> None:
    at = office()
    run(RunCommand(command="pip list | wc -l", timeout_seconds=20), at)
    [(_, command)] = at.sandbox.commands
    assert command.argv == ("bash", "-c", "pip list | wc -l")
    assert command.timeout == timedelta(seconds=20)


def test_long_output_keeps_its_end() -> None:
    at = office()
    at.shell.on("log", output="start" + "x" * 50_000 + "the end")
    shown = run(RunCommand(command="log"), at)
    assert len(shown) < 12_200
    assert shown.endswith("the end")


def test_checks_that_failed_come_first_and_those_that_passed_are_one_line_each() -> None:
    at = office()
    at.shell.on("pytest", {RESULT: junit(passed(), failed("test_b", "assert 0"))}, exit_code=1)
    stack = Stack(tests=("pytest",), lint=("ruff check .",))
    outcome = RunChecks().run(at.bench(stack))
    failed_part, passed_part = outcome.text.split("\n\n")
    assert failed_part.startswith("tests: FAILED: 1 passed, 1 failed\n$ pytest  [")
    assert [line.split(":")[:2] for line in passed_part.splitlines()] == [
        ["lint", " passed"],
        ["types", " not applicable"],
    ]
    assert outcome.failed


def test_only_the_checks_that_were_asked_for_run() -> None:
    at = office()
    stack = Stack(tests=("pytest",), lint=("ruff check .",))
    RunChecks(checks=[Gate.LINT]).run(at.bench(stack))
    assert [command.argv[2] for _, command in at.sandbox.commands] == ["ruff check ."]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_is_offered_with_a_description_and_a_valid_schema(tool: type[Tool]) -> None:
    spec = tool.spec()
    jsonschema.Draft202012Validator.check_schema(spec.parameters)
    assert spec.description.endswith(".")
    assert (spec.parameters["type"], spec.parameters["additionalProperties"]) == ("object", False)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_required_argument_is_described_or_a_list_of_described_ones(tool: type[Tool]) -> None:
    parameters = tool.spec().parameters
    for name in parameters.get("required", []):
        field = parameters["properties"][name]
        assert "description" in field or "$ref" in field["items"]


def test_the_names_of_the_tools_stay_as_they_are() -> None:
    assert [spec.name for spec in tool_specs()] == [
        "read_files",
        "list_files",
        "search",
        "edit_files",
        "run_command",
        "run_checks",
        "propose_plan",
        "ask_human",
        "answer_review",
        "finish",
    ]


def test_planning_can_change_nothing_and_run_nothing() -> None:
    assert {tool.name for tool in TOOLS if Stage.PLAN in tool.stages} == {
        "read_files",
        "list_files",
        "search",
        "propose_plan",
        "ask_human",
    }
