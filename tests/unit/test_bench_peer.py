"""How the bench's peer is started, and what is read from the record that it leaves."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench.peer import BRANCH, command_line, commit_all, main
from tests.bench.peer_mini import (
    Endpoint,
    Errand,
    Flavour,
    Mini,
    environment_of,
    options_of,
    run_mini,
    task_of,
)
from tests.bench.peer_trajectory import read_trajectory
from tests.bench.tickets_world import ROOT, git

STAND_IN = """#!/bin/sh
echo "at $(pwd), $OPENAI_API_KEY, $(tool)"
for word in "$@"; do last=$word; done
printf %s "$last" > told.txt
cat
exit 3
"""


@pytest.fixture
def errand(tmp_path: Path) -> Errand:
    repository, bin_folder = tmp_path / "run" / "repository", tmp_path / "environment" / "bin"
    repository.mkdir(parents=True)
    bin_folder.mkdir(parents=True)
    endpoint = Endpoint("http://127.0.0.1:9/v1", "some-model")
    python = bin_folder / "python"
    return Errand(repository, tmp_path / "run", python, endpoint, Flavour.DEFAULT)


def _program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path


def _with_flavour(errand: Errand, flavour: Flavour) -> Errand:
    return Errand(errand.repository, errand.record, errand.python, errand.endpoint, flavour)


def test_the_flavours_differ_in_the_time_limit_only(errand: Errand) -> None:
    default = options_of(_with_flavour(errand, Flavour.DEFAULT))
    tuned = options_of(_with_flavour(errand, Flavour.TUNED))
    assert tuned == [*default, "-c", "environment.timeout=600"]


def test_its_own_defaults_come_before_what_is_set(errand: Errand) -> None:
    options = options_of(errand)
    assert options[options.index("-c") + 1] == "mini.yaml"
    assert "model.model_kwargs.api_base=http://127.0.0.1:9/v1" in options


def test_nobody_is_asked_during_a_run(errand: Errand) -> None:
    assert {"--yolo", "--exit-immediately"} <= set(options_of(errand))
    assert environment_of(errand, {"PATH": "/bin"})["MSWEA_CONFIGURED"] == "true"


def test_the_programs_of_the_repository_are_first_on_the_path(errand: Errand) -> None:
    path = environment_of(errand, {"PATH": "/bin"})["PATH"]
    assert path.split(":") == [str(errand.python.parent), "/bin"]


def test_what_belongs_to_the_bench_does_not_reach_its_commands(errand: Errand) -> None:
    inherited = {"PATH": "/bin", "PYTHONPATH": ".", "BACKSMITH_MODEL": "m", "LANG": "C.UTF-8"}
    environment = environment_of(errand, inherited)
    assert not {"PYTHONPATH", "BACKSMITH_MODEL"} & environment.keys()
    assert environment["LANG"] == "C.UTF-8"


def test_a_key_of_the_user_is_used(errand: Errand) -> None:
    assert environment_of(errand, {"PATH": "", "OPENAI_API_KEY": "k"})["OPENAI_API_KEY"] == "k"


def test_the_task_is_the_ticket_and_a_users_sentence() -> None:
    task = task_of("# PAY-1: Say hello\n\nText.\n")
    assert task.startswith("# PAY-1: Say hello\n\nText.\n\nWork in this repository")
    assert "Run the tests" in task


def test_a_run_happens_in_the_repository_and_leaves_its_log(errand: Errand, tmp_path: Path) -> None:
    _program(errand.python.parent / "tool", "#!/bin/sh\necho the right tool\n")
    program = _program(tmp_path / "mini" / "bin" / "mini", STAND_IN)
    code, seconds = run_mini(Mini(program.parents[1]), errand, "Do 'it'.\n\nNow.\n")
    assert (code, seconds > 0) == (3, True)
    log = (errand.record / "mini.log").read_text("utf-8")
    assert f"at {errand.repository}" in log
    assert "the right tool" in log
    assert (errand.repository / "told.txt").read_text("utf-8") == "Do 'it'.\n\nNow.\n"
    assert (errand.record / "task.md").read_text("utf-8") == "Do 'it'.\n\nNow.\n"


def test_the_command_line_is_one_that_a_person_could_type(errand: Errand, tmp_path: Path) -> None:
    line = command_line(Mini(tmp_path / "mini"), errand)
    assert line.startswith(f"{tmp_path}/mini/bin/mini --model openai/some-model --yolo ")
    assert line.endswith(f'--task "$(cat {errand.record}/task.md)"')


@pytest.fixture
def repository(errand: Errand) -> Path:
    git(errand.repository, "init", "-q", "-b", "main")
    (errand.repository / "a.txt").write_text("a\n", "utf-8")
    git(errand.repository, "add", "-A")
    git(errand.repository, "commit", "-q", "-m", "first")
    return errand.repository


def test_what_was_left_in_the_working_tree_is_committed(repository: Path) -> None:
    (repository / "a.txt").unlink()
    (repository / "new.txt").write_text("n\n", "utf-8")
    head = commit_all(repository)
    assert git(repository, "show", "--format=", "--name-status", head) == "D\ta.txt\nA\tnew.txt"
    assert git(repository, "branch", "--show-current") == BRANCH


def test_a_commit_of_its_own_stays(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "own")
    git(repository, "commit", "-q", "--allow-empty", "-m", "by itself")
    head = commit_all(repository)
    assert "by itself" in git(repository, "log", "--format=%s", head)


def test_a_lock_left_by_a_killed_git_is_no_hindrance(repository: Path) -> None:
    (repository / ".git" / "index.lock").touch()
    (repository / "new.txt").touch()
    assert "new.txt" in git(repository, "ls-tree", "--name-only", commit_all(repository))


def _answer(at: float, usage: dict[str, Any] | None, *commands: str) -> dict[str, Any]:
    actions = [{"command": command} for command in commands]
    extra = {"actions": actions, "response": {"usage": usage}, "timestamp": at}
    return {"role": "assistant", "extra": extra}


def _usage(prompt: int, completion: int, cached: int | None = None) -> dict[str, Any]:
    details = None if cached is None else {"cached_tokens": cached}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "prompt_tokens_details": details,
    }


def _result(at: float) -> dict[str, Any]:
    return {"role": "tool", "content": "{}", "extra": {"timestamp": at, "returncode": 0}}


def _saved(folder: Path, *messages: dict[str, Any], calls: int = 2) -> Path:
    config = {"agent": {"mode": "yolo", "instance_template": "x"}, "environment": {"timeout": 30}}
    info = {
        "exit_status": "Submitted",
        "model_stats": {"api_calls": calls, "instance_cost": 0.0},
        "config": config,
    }
    opening = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    path = folder / "trajectory.json"
    path.write_text(json.dumps({"info": info, "messages": [*opening, *messages]}), "utf-8")
    return path


def test_tokens_are_the_endpoints_own_counts(tmp_path: Path) -> None:
    first = _answer(10, _usage(900, 50, 0), "ls", "pytest")
    second = _answer(50, _usage(1100, 20, 600), "echo done")
    path = _saved(tmp_path, first, _result(41), _result(41.5), second, _result(50))
    spent = read_trajectory(path)
    assert (spent.calls, spent.prompt_tokens, spent.completion_tokens) == (2, 2000, 70)
    assert (spent.cached_tokens, spent.cached_share) == (600, 0.3)
    assert (spent.commands, spent.command_seconds) == (3, 31.5)


def test_an_answer_that_could_not_be_parsed_is_paid_for_too(tmp_path: Path) -> None:
    extra = {"interrupt_type": "FormatError", "response": {"usage": _usage(900, 50)}}
    bad = {"role": "user", "content": "Tool call error", "extra": extra}
    spent = read_trajectory(_saved(tmp_path, bad, _answer(2, _usage(1000, 10), "ls"), _result(3)))
    assert (spent.prompt_tokens, spent.completion_tokens) == (1900, 60)


@pytest.mark.parametrize("usage", [None, _usage(0, 0)])
def test_tokens_are_unknown_as_soon_as_one_answer_does_not_tell(
    tmp_path: Path, usage: dict[str, Any] | None
) -> None:
    path = _saved(tmp_path, _answer(1, _usage(900, 50), "ls"), _result(2), _answer(3, usage, "ls"))
    spent = read_trajectory(path)
    assert spent.prompt_tokens is None
    assert spent.completion_tokens is None


def test_the_cached_share_is_unknown_where_no_answer_tells(tmp_path: Path) -> None:
    spent = read_trajectory(_saved(tmp_path, _answer(1, _usage(900, 50), "ls"), calls=1))
    assert spent.cached_share is None


def test_the_settings_are_kept_without_the_prompts(tmp_path: Path) -> None:
    spent = read_trajectory(_saved(tmp_path))
    assert spent.config == {"agent": {"mode": "yolo"}, "environment": {"timeout": 30}}


def test_a_run_beside_the_hidden_tests_is_refused() -> None:
    words = ["--model-url", "http://127.0.0.1:9/v1", "--model", "m", "--out", str(ROOT / "out")]
    with pytest.raises(SystemExit, match="hidden tests"):
        main(words)
