"""What every sandbox promises about files and commands; the fake keeps the promises about files."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.domain.errors import ToolError
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.ports import Command, CommandResult, Sandbox
from integrations.sandbox.environments import Environments
from integrations.sandbox.limits import Limits
from integrations.sandbox.unsandboxed import UnsandboxedSandbox
from tests.contract.git_remote import bubblewrap
from tests.fakes.sandbox import FakeSandbox

APP = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
FILES = {"app/main.py": APP, "app/empty.py": "", "README.md": "# Shop\n", "docs/a/b/c.md": "deep\n"}
Do = Callable[..., Any]


def worktree_at(path: Path) -> Worktree:
    repository = Repository(name="acme/shop", git_url="/nowhere")
    return Worktree(path=path, repository=repository, head=CommitSha("0" * 40))


def real_worktree(home: Path) -> Worktree:
    path = home / "worktrees" / "PAY-1-abcdefgh"
    for name, text in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return worktree_at(path)


def real_sandbox(kind: str, home: Path) -> Sandbox:
    if kind == "unsandboxed":
        return UnsandboxedSandbox(home, environments=Environments(home))
    return bubblewrap(home)


@pytest.fixture(params=["fake", "unsandboxed", "bubblewrap"])
def do(request: pytest.FixtureRequest, tmp_path: Path) -> Do:
    """Run one file operation on FILES."""
    sandbox: Sandbox
    if request.param == "fake":
        worktree = worktree_at(Path("/fake/worktrees/PAY-1-abcdefgh"))
        sandbox = FakeSandbox({worktree.path: dict(FILES)})
    else:
        worktree = real_worktree(tmp_path)
        sandbox = real_sandbox(request.param, tmp_path)
    return lambda operation, **arguments: sandbox.file_operation(worktree, operation, arguments)


def read(do: Do, path: str) -> str:
    lines: list[str] = do("read", path=path)["lines"]
    return "\n".join(lines)


def test_read_gives_numbered_lines_and_the_size(do: Do) -> None:
    answer = do("read", path="app/main.py", start=2, end=5)
    assert answer == {
        "path": "app/main.py",
        "lines": ["    return 1", "", "", "def two():"],
        "start": 2,
        "total_lines": 6,
        "size": len(APP),
    }


def test_an_empty_file_has_no_lines(do: Do) -> None:
    assert do("read", path="app/empty.py")["lines"] == []


def test_reading_a_missing_file_names_one_that_is_similar(do: Do) -> None:
    with pytest.raises(ToolError, match=r"app/man\.py does not exist.*main\.py"):
        do("read", path="app/man.py")


def test_reading_a_folder_says_what_is_in_it(do: Do) -> None:
    with pytest.raises(ToolError, match=r"folder; it has .*main\.py"):
        do("read", path="app")


def test_many_files_are_read_at_once_and_an_error_stays_with_its_file(do: Do) -> None:
    asked = [{"path": "app/main.py", "start": 5, "end": 9}, {"path": "none.py"}]
    first, second = do("read_many", files=asked)["files"]
    assert (first["lines"], first["start"]) == (["def two():", "    return 2"], 5)
    assert second["path"] == "none.py"
    assert "does not exist" in second["error"]


def test_a_pattern_stands_for_all_files_that_fit_it(do: Do) -> None:
    answer = do("read_many", files=[{"path": "app/*.py"}, {"path": "lib/*.py"}])
    assert [file["path"] for file in answer["files"]] == ["app/main.py"]
    assert answer["notes"] == ["no file fits lib/*.py"]


def test_list_finds_files_by_name_at_any_depth(do: Do) -> None:
    assert do("list", glob="*.md")["entries"] == ["README.md", "docs/a/b/c.md"]
    assert do("list", path="docs", glob="a/**/*.md")["entries"] == ["docs/a/b/c.md"]


def test_list_counts_what_is_in_folders_that_it_does_not_open(do: Do) -> None:
    assert do("list", depth=1)["counts"] == {"app/": 2, "docs/": 1}


def test_what_is_kept_can_be_read_and_searched_but_is_not_come_across(do: Do) -> None:
    first, second = do("keep", text="whole\n")["path"], do("keep", text="other\n")["path"]
    assert (first, second) == (
        ".backsmith-results/output-1.txt",
        ".backsmith-results/output-2.txt",
    )
    assert read(do, first) == "whole"
    assert do("search", pattern="other", path=second)["files"] == 1


def test_reading_past_the_end_says_how_long_the_file_is(do: Do) -> None:
    with pytest.raises(ToolError, match="has 6 lines"):
        do("read", path="app/main.py", start=100)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "app/../../x"])
@pytest.mark.parametrize("operation", ["read", "edit"])
def test_paths_out_of_the_repository_are_refused(do: Do, path: str, operation: str) -> None:
    arguments = (
        {"path": path} if operation == "read" else {"edits": [{"path": path, "content": ""}]}
    )
    with pytest.raises(ToolError, match="outside of the repository"):
        do(operation, **arguments)


@pytest.mark.parametrize("path", [".git", ".git/config", "app/.git/hooks/x"])
def test_what_belongs_to_git_cannot_be_edited(do: Do, path: str) -> None:
    with pytest.raises(ToolError, match="belongs to git"):
        do("edit", edits=[{"path": path, "content": "x"}])


def test_list_shows_folders_with_a_slash_down_to_the_depth(do: Do) -> None:
    answer = do("list", depth=2)
    assert sorted(answer["entries"]) == [
        "README.md", "app/", "app/empty.py", "app/main.py", "docs/", "docs/a/",
    ]  # fmt: skip
    assert answer["more"] == 0


def test_list_counts_what_it_leaves_out(do: Do) -> None:
    answer = do("list", depth=1, limit=1)
    assert (len(answer["entries"]), answer["more"]) == (1, 2)


def test_search_finds_lines_by_regular_expression(do: Do) -> None:
    answer = do("search", pattern=r"return \d")
    assert answer["matches"] == [
        {"path": "app/main.py", "line": 2, "text": "    return 1"},
        {"path": "app/main.py", "line": 6, "text": "    return 2"},
    ]
    assert (answer["files"], answer["more"]) == (1, 0)


def test_search_keeps_to_the_glob_and_the_limit(do: Do) -> None:
    assert do("search", pattern="e", glob="*.md")["files"] == 1
    limited = do("search", pattern="return", limit=1)
    assert (len(limited["matches"]), limited["more"]) == (1, 1)


def test_a_broken_pattern_is_taken_literally_and_that_is_said(do: Do) -> None:
    answer = do("search", pattern="one(")
    assert answer["matches"][0]["text"] == "def one():"
    assert "no regular expression" in answer["note"]


def test_edit_replaces_the_one_place(do: Do) -> None:
    answer = do("edit", edits=[{"path": "app/main.py", "old": "return 1", "new": "return 11"}])
    assert answer["changed"] == ["app/main.py"]
    assert answer["report"][0].startswith("app/main.py: changed")
    assert "return 11\n" in read(do, "app/main.py")


def test_edits_build_on_each_other(do: Do) -> None:
    do("edit", edits=[
        {"path": "new.py", "content": "a = 1\n"},
        {"path": "new.py", "old": "a", "new": "b"},
        {"path": "new.py", "move_to": "app/moved.py"},
        {"path": "README.md", "delete": True},
    ])  # fmt: skip
    assert read(do, "app/moved.py") == "b = 1"
    files = do("stat", paths=["new.py", "README.md", "app"])["files"]
    assert [(item["exists"], item["kind"]) for item in files] == [
        (False, "missing"),
        (False, "missing"),
        (True, "folder"),
    ]


def test_a_missing_text_shows_the_nearest_with_its_line(do: Do) -> None:
    with pytest.raises(ToolError, match=r"the nearest text is\n5\tdef two\(\)"):
        do("edit", edits=[{"path": "app/main.py", "old": "def twoo():", "new": "x"}])


def test_an_ambiguous_text_shows_its_lines(do: Do) -> None:
    with pytest.raises(ToolError, match=r"stands 2 times, at lines 2, 6;"):
        do("edit", edits=[{"path": "app/main.py", "old": "return", "new": "yield"}])


def test_one_bad_edit_stops_all(do: Do) -> None:
    edits = [{"path": "a.py", "content": "x"}, {"path": "b.py", "old": "1", "new": "2"}]
    with pytest.raises(ToolError, match=r"edit 2 of 2 \(b\.py\): .*\nNothing was changed"):
        do("edit", edits=edits)
    assert not do("stat", paths=["a.py"])["files"][0]["exists"]


def test_a_result_is_given_as_text_up_to_its_cap(do: Do) -> None:
    assert do("result", path="README.md", cap=100)["text"] == "# Shop\n"
    with pytest.raises(ToolError, match="more than the 3"):
        do("result", path="README.md", cap=3)


def test_unknown_operations_are_refused(do: Do) -> None:
    with pytest.raises(ToolError, match="no file operation"):
        do("format", path="x")


def test_wrong_arguments_are_refused(do: Do) -> None:
    with pytest.raises(ToolError, match="check its arguments"):
        do("read", name="x")


@pytest.fixture(params=["unsandboxed", "bubblewrap"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Sandbox, Worktree]:
    return real_sandbox(request.param, tmp_path), real_worktree(tmp_path)


def run(
    place: tuple[Sandbox, Worktree], script: str, seconds: float = 20, **options: Any
) -> CommandResult:
    argv = ("/bin/sh", "-c", script)
    command = Command(argv=argv, timeout=timedelta(seconds=seconds), **options)
    return place[0].run(place[1], command)


def test_a_command_runs_in_the_worktree_and_reports_its_end(place: Any) -> None:
    done = run(place, "ls; echo problem >&2; exit 3")
    assert (done.exit_code, done.output) == (3, "README.md\napp\ndocs\nproblem\n")


def test_a_signal_is_a_negative_exit_code(place: Any) -> None:
    assert run(place, "kill -TERM $$").exit_code == -15


def test_an_unknown_program_is_the_commands_failure(place: Any) -> None:
    done = run(place, "no-such-program")
    assert done.exit_code == 127


@pytest.mark.parametrize("text", ["a\0b", "x" * 200_000])
def test_a_command_that_cannot_be_started_is_explained(place: Any, text: str) -> None:
    with pytest.raises(ToolError, match="to a file"):
        run(place, f"echo {text}")


def test_a_variable_cannot_smuggle_in_more(place: Any) -> None:
    with pytest.raises(ToolError, match="NUL"):
        run(place, "true", environment=(("A", "b\0--share-net"),))


def test_input_and_variables_reach_the_command(place: Any) -> None:
    done = run(place, 'cat; echo "$COLOUR"', stdin=b"in\n", environment=(("COLOUR", "red"),))
    assert done.output == "in\nred\n"


def test_output_is_cut_and_a_flood_is_ended(place: Any) -> None:
    done = run(place, "yes", output_cap_bytes=1000)
    assert len(done.output) == 1000
    assert done.truncated_bytes > 0
    assert (done.exit_code, done.timed_out) == (-9, False)


def test_a_time_out_ends_the_command(place: Any) -> None:
    done = run(place, 'trap "" TERM; echo started; sleep 60', seconds=0.7)
    assert (done.timed_out, done.output, done.exit_code) == (True, "started\n", -9)
    assert done.seconds < 10


def test_a_child_left_behind_does_not_hold_up_the_result(place: Any) -> None:
    done = run(place, "sleep 60 & echo done")
    assert (done.output, done.timed_out) == ("done\n", False)
    assert done.seconds < 10


def test_nothing_of_our_environment_is_inherited(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-secret")
    assert "canary-secret" not in run(place, "env").output


def test_limits_are_set(place: Any) -> None:
    done = run(place, "ulimit -c; ulimit -n; ulimit -f; ulimit -d; ulimit -t", seconds=10)
    core, files, blocks, kilobytes, seconds = map(int, done.output.split())
    assert (core, files, blocks, kilobytes) == (0, 1024, 524288, 2097152)
    assert seconds >= 10


def test_a_runaway_file_is_stopped(place: Any) -> None:
    sandbox, worktree = place
    sandbox._limits = Limits(file_bytes=1 << 20)
    assert run(place, "head -c 9000000 /dev/zero > big").exit_code != 0
    assert (worktree.path / "big").stat().st_size <= 1 << 20


def test_python_is_the_one_we_run_under(place: Any) -> None:
    assert run(place, "python -c 'print(1 + 1)'").output == "2\n"


def test_crlf_files_stay_crlf(place: Any) -> None:
    sandbox, worktree = place
    (worktree.path / "dos.txt").write_bytes(b"one\r\ntwo\r\n")
    edits = [{"path": "dos.txt", "old": "one\ntwo", "new": "three\nfour"}]
    sandbox.file_operation(worktree, "edit", {"edits": edits})
    assert (worktree.path / "dos.txt").read_bytes() == b"three\r\nfour\r\n"


def test_an_edited_file_keeps_its_mode(place: Any) -> None:
    sandbox, worktree = place
    (worktree.path / "run.sh").write_text("echo 1\n")
    (worktree.path / "run.sh").chmod(0o755)
    edits = [{"path": "run.sh", "old": "1", "new": "2"}]
    sandbox.file_operation(worktree, "edit", {"edits": edits})
    assert (worktree.path / "run.sh").stat().st_mode & 0o777 == 0o755


def test_symlinks_are_no_way_out(place: Any, tmp_path: Path) -> None:
    sandbox, worktree = place
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "target").write_text("original")
    (worktree.path / "link").symlink_to(outside / "target")
    (worktree.path / "folder").symlink_to(outside)
    for path in ("link", "folder/target"):
        with pytest.raises(ToolError, match="symlink"):
            sandbox.file_operation(worktree, "edit", {"edits": [{"path": path, "content": "x"}]})
        with pytest.raises(ToolError, match="symlink that leads out"):
            sandbox.file_operation(worktree, "read", {"path": path})
    assert (outside / "target").read_text() == "original"


def test_results_that_are_links_or_pipes_are_refused(place: Any) -> None:
    sandbox, worktree = place
    run(place, "ln README.md hard; ln -s README.md soft; mkfifo pipe")
    for path in ("hard", "soft", "pipe"):
        with pytest.raises(ToolError, match=r"plain file|regular file"):
            sandbox.file_operation(worktree, "result", {"path": path})


def test_binary_files_are_not_read_and_of_large_ones_the_beginning(place: Any) -> None:
    sandbox, worktree = place
    (worktree.path / "image").write_bytes(b"\x89PNG\0\0")
    (worktree.path / "large").write_bytes(b"0123456789\n" * 200_000)
    with pytest.raises(ToolError, match="binary"):
        sandbox.file_operation(worktree, "read", {"path": "image"})
    found = sandbox.file_operation(worktree, "read", {"path": "large"})
    assert (len(found["lines"]), found["total_lines"]) == (200, 200_000)
