"""The tools: what each gives the model to read."""

import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

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


def read(at: Office, *files: str) -> str:
    return run(ReadFiles.model_validate({"files": files}), at)


def test_files_are_read_with_line_numbers_under_their_names() -> None:
    assert read(office(), "app.py", "README.md") == (
        "== app.py (3 lines)\n1\tone\n2\ttwo\n3\tthree\n\n== README.md (1 lines)\n1\t# Shop"
    )


def test_a_range_keeps_the_numbers_of_the_file() -> None:
    assert read(office(), "app.py:2-3") == "== app.py (lines 2-3 of 3)\n2\ttwo\n3\tthree"


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("long.py:50", (30, 90)),
        ("long.py:5", (1, 45)),
        ("long.py:95-", (95, 100)),
        ("long.py:20-10", (10, 20)),
        ("long.py:0-2", (1, 2)),
        ("long.py#L3-L4", (3, 4)),
        (" long.py:7-9 ", (7, 9)),
    ],
)
def test_ranges_may_be_written_in_several_ways(file: str, shown: tuple[int, int]) -> None:
    at = office(files={"long.py": "x = 1\n" * 100})
    assert read(at, file).startswith(f"== long.py (lines {shown[0]}-{shown[1]} of 100)")


def test_one_file_may_be_asked_for_with_several_ranges() -> None:
    at = office(files={"long.py": "x = 1\n" * 100})
    heads = [line for line in read(at, "long.py:1-2,50-51").split("\n") if line[:2] == "=="]
    assert heads == ["== long.py (lines 1-2 of 100)", "== long.py (lines 50-51 of 100)"]


@pytest.mark.parametrize(
    "files",
    [
        "app.py",
        '["app.py"]',
        [{"path": "app.py"}],
        {"path": "app.py"},
        [{"path": "app.py", "start": None, "end": None}],
        ["app.py", "app.py"],
    ],
)
def test_other_forms_of_the_same_question_are_understood(files: object) -> None:
    asked = ReadFiles.model_validate({"files": files})
    assert run(asked) == read(office(), "app.py")


def test_the_object_form_may_have_a_range() -> None:
    asked = ReadFiles.model_validate({"files": [{"path": "app.py", "start": 2}]})
    assert run(asked) == read(office(), "app.py:2-")


def test_a_file_that_cannot_be_read_does_not_hide_the_others() -> None:
    shown = read(office(), "ap.py", "app.py")
    assert shown.startswith("== ap.py\nap.py does not exist; app.py")
    assert "1\tone" in shown


def test_a_large_file_is_cut_and_a_small_one_beside_it_is_whole() -> None:
    large = "\n".join(f"x = {n}" for n in range(20_000))
    shown = read(office(files={"large.txt": large, "small.py": "y = 1\n"}), "large.txt", "small.py")
    assert "lines left out; ask for fewer files or for a range" in shown
    assert shown.endswith("== small.py (1 lines)\n1\ty = 1")
    assert len(shown) < RESULT_LIMIT + 500


def test_two_large_files_share_the_room() -> None:
    large = "\n".join(f"x = {n}" for n in range(20_000))
    shown = read(office(files={"a.txt": large, "b.txt": large}), "a.txt", "b.txt")
    first, second = shown.split("\n\n")
    assert abs(len(first) - len(second)) < 100


def test_files_are_listed_by_folder() -> None:
    at = office(files={"a/b/c.py": "", "a/d.py": "", "e.py": "", "a/with space.py": ""})
    assert run(ListFiles(), at) == './: e.py\na/: d.py "with space.py"\na/b/: c.py'


def test_the_fullest_folder_of_a_large_repository_is_only_counted() -> None:
    files = {f"data/f{n:04}.json": "" for n in range(500)}
    assert run(ListFiles(), office(files={**files, "a/b.py": ""})) == (
        "./: data/ (500 files)\na/: b.py"
    )


def test_a_listing_that_was_cut_says_how_much_is_missing() -> None:
    at = office(files={f"f{n:04}.py": "" for n in range(500)})
    assert run(ListFiles(), at).endswith("\n[200 more; list a folder, or narrow `glob`]")


def test_files_are_found_by_name() -> None:
    at = office(files={"a/test_x.py": "", "b/c/test_y.py": "", "b/z.py": ""})
    assert run(ListFiles(glob="test_*.py"), at) == "a/: test_x.py\nb/c/: test_y.py"
    assert run(ListFiles(glob="*.rs"), at) == "There is no file that fits *.rs in .."


def test_a_depth_is_still_understood_but_not_offered() -> None:
    at = office(files={"a/b/c.py": "", "e.py": ""})
    assert run(ListFiles.model_validate({"depth": 1}), at) == "./: a/ (1 files) e.py"
    assert "depth" not in ListFiles.spec().parameters["properties"]


def test_matches_are_grouped_under_their_files() -> None:
    at = office(files={"a.py": "x = 1\ny = 2\nx = 3\n", "b.py": "x = 4\n"})
    assert run(Search(pattern="^x"), at) == ("== a.py\n1\tx = 1\n3\tx = 3\n== b.py\n1\tx = 4")


def test_a_search_may_be_narrowed_to_a_kind_of_file() -> None:
    at = office(files={"a.py": "x\n", "a.md": "x\n"})
    assert run(Search(pattern="x", glob="*.md"), at) == "== a.md\n1\tx"


def test_a_search_without_a_match_says_where_it_looked() -> None:
    assert run(Search(pattern="zzz")).startswith("No match for zzz in .")


def test_a_search_with_too_many_matches_says_how_many_are_left_out() -> None:
    at = office(files={"a.py": "x\n" * 150})
    assert run(Search(pattern="x"), at).endswith("\n[50 more matches in this file]")


def test_a_search_with_matches_in_too_many_files_names_and_counts_the_files() -> None:
    at = office(files={f"f{n:03}.py": "x\n" * 5 for n in range(40)})
    shown = run(Search(pattern="x"), at)
    assert shown.startswith("200 matches in 40 files, too many to show; by file:\nf000.py (5)\n")


def test_a_pattern_that_is_no_expression_is_searched_as_it_stands() -> None:
    shown = run(Search(pattern="one("), office(files={"a.py": "def one():\n"}))
    assert shown.startswith("[no regular expression (")
    assert shown.endswith("== a.py\n1\tdef one():")


def test_edits_are_made_together_and_named() -> None:
    at = office()
    bench = at.bench()
    edits = [
        {"path": "app.py", "old": "two", "new": "2"},
        {"path": "new.py", "content": "x = 1\n"},
        {"path": "README.md", "delete": True},
    ]
    outcome = EditFiles.model_validate({"edits": edits}).run(bench)
    assert outcome.text == "app.py: changed\nnew.py: created, 1 lines\nREADME.md: deleted"
    assert at.sandbox.trees[bench.worktree.path] == {
        "app.py": "one\n2\nthree\n",
        "new.py": "x = 1\n",
    }


def test_when_one_edit_fails_none_is_made() -> None:
    at = office()
    bench = at.bench()
    edits = [{"path": "app.py", "old": "two", "new": "2"}, {"path": "none.py", "delete": True}]
    with pytest.raises(ToolError, match=r"edit 2 of 2 .*\nNothing was changed\. The other 1 fit"):
        EditFiles.model_validate({"edits": edits}).run(bench)
    assert at.sandbox.trees[bench.worktree.path]["app.py"] == "one\ntwo\nthree\n"


@pytest.mark.parametrize("is_text", [False, True])
def test_one_edit_alone_is_taken_as_a_list_of_one(is_text: bool) -> None:
    edit: dict[str, object] = {"path": "app.py", "old": "two", "new": "2"}
    asked = EditFiles.model_validate({"edits": json.dumps([edit]) if is_text else edit})
    assert run(asked) == "app.py: changed"


@pytest.mark.parametrize(
    "change",
    [
        {"old": "a", "new": "b"},
        {"old": "a", "new": ""},
        {"old": "a", "new": "b", "all": True},
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


def test_a_command_out_of_time_says_what_ran_how_long_and_what_to_do() -> None:
    at = office()
    at.shell.on("pytest", exit_code=-9, output="tick", seconds=900.2, timed_out=True)
    assert run(RunCommand(command="pytest -x\necho"), at) == (
        "[stopped after 900 s, its time was up: pytest -x; give a longer timeout_seconds or run a "
        "smaller part; its last output is below]\ntick"
    )
    longest = run(RunCommand(command="pytest -x", timeout_seconds=3600), at)
    assert "longer timeout_seconds" not in longest


def test_a_command_runs_in_bash_for_as_long_as_was_asked() -> None:
    at = office()
    run(RunCommand(command="pip list | wc -l", timeout_seconds=20), at)
    run(RunCommand(command="true"), at)
    first, second = (command for _, command in at.sandbox.commands)
    assert first.argv == ("bash", "-c", "pip list | wc -l")
    assert (first.timeout, second.timeout) == (timedelta(seconds=20), timedelta(seconds=900))
    assert first.stdin == b""


def test_long_output_keeps_its_end_and_is_kept_whole() -> None:
    at = office()
    output = "\n".join(f"{n} {'ab'[n % 2]} row" for n in range(5_000)) + "\nthe end"
    at.shell.on("log", output=output)
    bench = at.bench()
    shown = RunCommand(command="log").run(bench).text
    assert len(shown) < 13_500
    assert shown.split("\n")[-2:] == [
        "the end",
        "[cut; all 5001 lines are in .backsmith-results/output-1.txt: search it, or read_files "
        ".backsmith-results/output-1.txt:1-200]",
    ]
    assert at.sandbox.trees[bench.worktree.path][".backsmith-results/output-1.txt"] == output


@pytest.mark.parametrize(
    ("command", "result", "remark"),
    [
        ("make", {"exit_code": -11}, "ended by signal 11"),
        ("yes", {"exit_code": -9, "truncated_bytes": 1 << 30}, "it wrote far too much"),
        ("yes", {"truncated_bytes": 77}, "only the first 8 MiB were kept, 77 bytes are lost"),
        ("pip install x", {"output": "Could not resolve host: x"}, "there is no network here"),
        ("uvicorn app:app &", {}, "start, use and stop a server in one command"),
    ],
)
def test_a_special_end_comes_with_what_to_do(
    command: str, result: dict[str, Any], remark: str
) -> None:
    at = office()
    at.shell.on(command, **result)
    assert remark in run(RunCommand(command=command), at)


@pytest.mark.parametrize("command", ["a && b", "a 2>&1", "a &> b", "serve & x; kill %1", "a | b"])
def test_an_ordinary_command_has_no_remark(command: str) -> None:
    assert run(RunCommand(command=command)) == "[exit code 0, 0.0 s]"


def test_checks_that_failed_come_first_and_those_that_passed_are_one_line_each() -> None:
    at = office()
    at.shell.on("pytest", {RESULT: junit(passed(), failed("test_b", "assert 0"))}, exit_code=1)
    stack = Stack(tests=("pytest",), lint=("ruff check .",))
    outcome = RunChecks().run(at.bench(stack))
    failed_part, passed_part = outcome.text.split("\n\n")
    assert failed_part.startswith("tests: FAILED: 1 passed, 1 failed\n$ pytest  [")
    assert [line.split(":")[:2] for line in passed_part.splitlines()] == [
        ["red_to_green", " not applicable"],
        ["coverage", " passed"],
        ["lint", " passed"],
        ["types", " not applicable"],
        ["openapi", " not applicable"],
        ["migrations", " not applicable"],
        ["weakening", " not applicable"],
        ["secrets", " not applicable"],
        ["dependencies", " not applicable"],
        ["protected", " not applicable"],
        ["docs", " not applicable"],
        ["contract", " not applicable"],
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
    assert spec.parameters["type"] == "object"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
@pytest.mark.parametrize("noise", ['title": "', "anyOf", "$ref", "$defs", "null", "minItems"])
def test_a_tool_is_offered_without_noise(tool: type[Tool], noise: str) -> None:
    assert f'"{noise}' not in json.dumps(tool.spec().model_dump())


def test_the_tools_for_files_and_commands_cost_few_characters() -> None:
    mine = (ReadFiles, ListFiles, Search, EditFiles, RunCommand)
    assert sum(len(json.dumps(tool.spec().model_dump())) for tool in mine) < 2_250


def test_what_only_looks_is_marked_so() -> None:
    assert {tool.name for tool in TOOLS if tool.is_read_only} == {
        "read_files",
        "list_files",
        "search",
    }


def test_text_that_cannot_be_written_down_is_refused_with_the_call() -> None:
    with pytest.raises(ValidationError):
        Search.model_validate({"pattern": "\ud800"})


def test_the_names_of_the_tools_stay_as_they_are() -> None:
    assert [spec.name for spec in tool_specs()] == [
        "read_files",
        "list_files",
        "search",
        "edit_files",
        "run_command",
        "run_checks",
        "diff_api",
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
