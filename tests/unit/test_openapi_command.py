"""`backsmith openapi diff` as scripts use it: formats, exit codes, policies and wrong input."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MIB = 2**20
HEAVY = {"temporalio", "rich", "langgraph", "openai", "jira", "slack_bolt", "sqlalchemy", "jinja2"}
WHAT_IS_IMPORTED = """
import atexit, sys
atexit.register(lambda: print(*{name.split(".")[0] for name in sys.modules}, file=sys.stderr))
from workflows.cli import main
main()
"""
Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


def description(*, required: bool = False, paths: tuple[str, ...] = ("/items",)) -> str:
    """Return a description with one operation for each path and one parameter for each."""
    parameter = {"name": "q", "in": "query", "required": required, "schema": {"type": "string"}}
    operation = {
        "parameters": [parameter],
        "responses": {"200": {"description": "\u00e4\U0001f600"}},
    }
    items = {path: {"get": operation} for path in paths}
    return json.dumps(
        {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": items},
        ensure_ascii=False,
    )


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a git repository with a description, and a newer one that breaks clients."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "old.json").write_text(description(paths=("/items", "/gone")))
    identity = ("-c", "user.name=A Developer", "-c", "user.email=developer@example.com")
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "one")):
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)  # noqa: S607 - any git
    (folder / "new.json").write_text(description(required=True))
    return folder


@pytest.fixture
def run(here: Path) -> Run:
    """Return a function that runs `backsmith openapi diff` there, in 1 GB and 20 s at most."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1024 * MIB, 1024 * MIB))
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))

    def run_(
        *arguments: str,
        said: str = "",
        folder: Path = here,
        program: tuple[str, ...] = ("-m", "workflows"),
        **environment: str,
    ) -> Done:
        own = {"PATH": os.environ["PATH"], "HOME": str(here), "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [sys.executable, *program, "openapi", "diff", *arguments],
            cwd=folder,
            env=own | environment,
            input=said,
            preexec_fn=limit,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run_


def refusal(done: Done) -> str:
    """Return the one line that says what is wrong with the input."""
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("backsmith: ")
    return done.stderr.removeprefix("backsmith: ").strip()


def changes(done: Done) -> dict[str, Any]:
    """Return the changes of a diff as JSON, by id."""
    return {change["id"]: change for change in json.loads(done.stdout)["changes"]}


def test_a_breaking_change_is_told_and_exits_with_1(run: Run) -> None:
    done = run("old.json", "new.json", "--format", "json")
    assert (done.returncode, done.stderr) == (1, "")
    found = changes(done)
    assert found["request-parameter-became-required"]["level"] == "error"
    assert found["api-path-removed-without-deprecation"]["level"] == "error"
    assert json.loads(done.stdout)["breaking"] is True
    assert json.loads(done.stdout)["semver"] == "major"


def test_no_change_exits_with_0(run: Run) -> None:
    done = run("old.json", "old.json", "--format", "json", "--fail-on", "warning")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"breaking": False, "changes": [], "semver": "none"}


@pytest.mark.parametrize(
    ("fail_on", "levels", "code"),
    [
        ("breaking", "warning", 0),
        ("warning", "warning", 1),
        ("warning", "info", 0),
        ("never", "error", 0),
        ("breaking", "error", 1),
    ],
)
def test_the_team_says_what_fails(
    run: Run, here: Path, fail_on: str, levels: str, code: int
) -> None:
    rules = ("request-parameter-became-required", "api-path-removed-without-deprecation")
    lines = ["openapi:", "  levels:", *(f"    {rule}: {levels}" for rule in rules)]
    (here / ".backsmith.yml").write_text("\n".join(lines))
    (here / "sub").mkdir()
    done = run("../old.json", "../new.json", "--fail-on", fail_on, folder=here / "sub")
    assert done.returncode == code, done


@pytest.mark.parametrize("arguments", [(), ("--accept", "wanted.yml")])
def test_accepted_changes_do_not_fail(run: Run, here: Path, arguments: tuple[str, ...]) -> None:
    found = changes(run("old.json", "new.json", "--format", "json"))
    lines = ["accept:"]
    for change in found.values():
        lines += [f"  - fingerprint: {change['fingerprint']}", "    reason: all clients are ours"]
    (here / (arguments or (".openapi-accept.yml",))[-1]).write_text("\n".join(lines))
    done = run("old.json", "new.json", *arguments)
    assert done.returncode == 0, done
    assert "all clients are ours" in done.stdout


def test_an_entry_that_accepts_nothing_is_told_beside_the_json(run: Run, here: Path) -> None:
    (here / "wanted.yml").write_text("accept: [{fingerprint: 0123456789ab, reason: none}]")
    done = run("old.json", "old.json", "--format", "json", "--accept", "wanted.yml")
    assert done.returncode == 0
    assert json.loads(done.stdout)["changes"] == []
    assert "wanted.yml" in done.stderr
    assert "0123456789ab" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["missing.yml", "bad.yml", "."])
def test_a_wrong_accept_file_is_refused(run: Run, here: Path, name: str) -> None:
    (here / "bad.yml").write_text("acept: []")
    assert refusal(run("old.json", "new.json", "--accept", name)).startswith(name)


@pytest.mark.parametrize(
    ("form", "start"),
    [("text", "Breaking"), ("markdown", "#"), ("sarif", "{"), ("github", "::error ")],
)
def test_each_format_tells_the_changes(run: Run, form: str, start: str) -> None:
    done = run("old.json", "new.json", "--format", form, LC_ALL="C", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(start)
    assert "request-parameter-became-required" in done.stdout


def test_sarif_names_the_file_in_the_repository(run: Run, here: Path) -> None:
    for head in ("new.json", str(here / "new.json")):
        assert '"uri": "new.json"' in run("main:old.json", head, "--format", "sarif").stdout
    assert '"uri": "old.json"' in run("new.json", "main:old.json", "--format", "sarif").stdout


def test_stdin_and_a_revision_are_read(run: Run) -> None:
    done = run("main:old.json", "-", said=description(required=True))
    assert done.returncode == 1
    assert run("-", "main:old.json", said=description(paths=("/items", "/gone"))).returncode == 0


def test_a_team_file_that_is_a_folder_is_refused(run: Run, here: Path) -> None:
    (here / ".backsmith.yml").mkdir()
    assert refusal(run("old.json", "new.json")).endswith("is a folder; name the file in it")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-", "-"), "BASE and HEAD are both stdin; give a file for one of them"),
        (("-", "new.json"), "stdin: is empty; give an OpenAPI description"),
        (("missing.json", "new.json"), "missing.json cannot be read: No such file or directory"),
        (("old.json", "."), ". is a folder; name the file in it"),
        (("old.json", "pipe"), "pipe is a pipe and not a file; give - and feed stdin instead"),
        (("/dev/zero", "old.json"), "/dev/zero is a device and not a file; give - and feed stdin"),
        (("large", "old.json"), "large is larger than 64 MiB, the most that is read; split it"),
        (("main:gone.json", "old.json"), "main has no file 'gone.json'; give its path from"),
        (("dev:old.json", "old.json"), "dev:old.json is no file, and 'dev' is no revision"),
        (("https://example.com/a.json", "old.json"), "https://example.com/a.json is an address"),
        (("old.json", "swagger.yaml"), "swagger.yaml: Swagger '2.0' is not read; convert it"),
        (("old.json", "broken.json"), "broken.json: line 1, column 2: no valid JSON"),
        (("old.json", "circle.yaml"), "circle.yaml: $ref '#/components/parameters/A' goes round"),
        (("old.json", "far.yaml"), "far.yaml: $ref './b.yaml' at '/paths/~1a' leaves the document"),
    ],
)
def test_wrong_input_is_one_line_soon_and_in_little_memory(
    run: Run, here: Path, arguments: tuple[str, ...], said: str
) -> None:
    os.mkfifo(here / "pipe")
    with (here / "large").open("wb") as large:
        large.truncate(200 * MIB)
    (here / "swagger.yaml").write_text("swagger: '2.0'")
    (here / "broken.json").write_text('{"')
    parameter = "{$ref: '#/components/parameters/A'}"
    (here / "circle.yaml").write_text(
        f"{{openapi: 3.1.0, paths: {{/items: {{get: {{parameters: [{parameter}]}}}}}}, "
        f"components: {{parameters: {{A: {parameter}}}}}}}"
    )
    (here / "far.yaml").write_text("openapi: 3.1.0\npaths: {/a: {$ref: ./b.yaml}}")
    assert refusal(run(*arguments)).startswith(said)


def test_stdin_without_an_end_is_refused(here: Path) -> None:
    with Path("/dev/zero").open("rb") as zeros:
        done = subprocess.run(
            [sys.executable, "-m", "workflows", "openapi", "diff", "-", "old.json"],
            cwd=here,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdin=zeros,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert refusal(done) == "stdin is larger than 64 MiB, the most that is read; split it"


def test_a_full_disk_is_one_line(here: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "workflows", "openapi", "diff", "old.json", "old.json"],
            cwd=here,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    said = "backsmith: the report cannot be written to stdout: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_wrong_usage_exits_with_2_and_explains(run: Run) -> None:
    for arguments in (("old.json",), ("old.json", "new.json", "--format", "html")):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Usage:" in done.stderr


def test_help_teaches_with_examples_and_imports_nothing_heavy(run: Run) -> None:
    done = run("--help", program=("-c", WHAT_IS_IMPORTED))
    assert "backsmith openapi diff main:openapi.json openapi.json" in done.stdout
    assert not set(done.stderr.split()) & {*HEAVY, "yaml"}


def test_a_diff_as_text_imports_nothing_heavy(run: Run) -> None:
    done = run("old.json", "new.json", program=("-c", WHAT_IS_IMPORTED))
    imported = set(done.stderr.split())
    assert "pydantic" in imported
    assert not imported & HEAVY
