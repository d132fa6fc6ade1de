"""`backsmith openapi export` as scripts use it: files, revisions, exit codes, one line each."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from agent.domain.errors import SettingsError
from tests.contract.git_remote import bubblewrap, git
from workflows.openapi_export import run_export

ROOT = Path(__file__).parents[2]
# The repository needs nothing to be installed: its `fastapi` is a few lines of its own.
FASTAPI = """
class FastAPI:
    def __init__(self, *paths):
        self.paths, self.routes = paths, []

    def openapi(self):
        paths = {path: {} for path in self.paths}
        return {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": paths}
"""
FILES = {
    "fastapi.py": FASTAPI,
    "main.py": "import os, pathlib\nfrom fastapi import FastAPI\n"
    "app = FastAPI('/old', '/env/' + str(pathlib.Path('.env').exists()))\n"
    "pathlib.Path('left-over').touch()\n",
    ".gitignore": ".env\n",
}
Export = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "shop"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    for name, text in FILES.items():
        (path / name).write_text(text)
    git(path, "add", "-A")
    git(path, "commit", "-q", "-m", "begin")
    (path / ".env").write_text("SECRET=1\n")
    return path


@pytest.fixture
def export(tmp_path: Path) -> Export:
    bubblewrap(tmp_path / "probe")
    (tmp_path / "backsmith.toml").touch()

    def export_(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workflows", "openapi", "export", *arguments],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "PYTHONPATH": str(ROOT),
                "BACKSMITH_HOME": str(tmp_path / "home"),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return export_


def paths(done: "subprocess.CompletedProcess[str]") -> list[str]:
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["paths"])


def test_the_files_as_they_are_now_and_the_folder_stays_as_it_is(
    repository: Path, export: Export, tmp_path: Path
) -> None:
    (repository / "main.py").write_text(FILES["main.py"].replace("/old", "/new"))
    done = export("shop")
    assert paths(done) == ["/new", "/env/False"]
    said = done.stderr.splitlines()
    assert said[0] == "backsmith: importing main:app"
    assert said[1].startswith("backsmith: main:app, ")
    assert git(repository, "status", "--porcelain") == "M main.py"
    assert list((tmp_path / "home" / "worktrees").iterdir()) == []


def test_a_revision_is_taken_as_it_was(repository: Path, export: Export, tmp_path: Path) -> None:
    (repository / "main.py").write_text("broken(")
    git(repository, "commit", "-qam", "break")
    assert paths(export("shop", "--rev", "main~1")) == ["/old", "/env/False"]
    assert list((tmp_path / "home" / "worktrees").iterdir()) == []


def test_a_file_gets_the_form_of_its_name(repository: Path, export: Export, tmp_path: Path) -> None:
    done = export("shop", "-o", "api.yaml")
    assert (done.returncode, done.stdout) == (0, "")
    assert next(iter(yaml.safe_load((tmp_path / "api.yaml").read_text())["paths"])) == "/old"


def test_a_folder_that_is_no_repository_will_do(export: Export, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    (folder / ".venv").mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / ".env").write_text("SECRET=1\n")
    (folder / ".venv" / "app.py").write_text("from fastapi import FastAPI\napp = FastAPI()\n")
    assert paths(export("plain")) == ["/old", "/env/False"]


def test_a_committed_description_is_said_to_be_one(repository: Path, export: Export) -> None:
    (repository / "main.py").write_text("from fastapi import FastAPI\napp = FastAPI()\nbroken\n")
    kept = "openapi: 3.0.3\ninfo: {title: x, version: '1'}\npaths: {/kept: {}}\n"
    (repository / "openapi.yaml").write_text(kept)
    done = export("shop")
    assert paths(done) == ["/kept"]
    assert "because main:app cannot be imported: NameError" in done.stderr


def test_no_description_exits_with_1_and_the_reason(export: Export, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = export("empty")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "backsmith: no spec: no FastAPI, Django REST framework or Django Ninja application "
        "was found\n"
    )


@pytest.mark.parametrize(
    ("path", "rev", "output", "said"),
    [
        ("nowhere", None, None, r"nowhere is no folder \(PATH\)"),
        ("shop", "gone", None, r"shop has no revision gone \(--rev\)"),
        ("plain", "main", None, r"is no git repository \(PATH\)"),
        ("shop", None, "gone/api.json", r"gone is no folder \(--output\)"),
    ],
)
def test_what_cannot_be_used_is_named(
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    rev: str | None,
    output: str | None,
    said: str,
) -> None:
    bubblewrap(tmp_path / "probe")
    (tmp_path / "plain").mkdir()
    (tmp_path / "backsmith.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKSMITH_HOME", str(tmp_path / "home"))
    with pytest.raises(SettingsError, match=said):
        run_export(Path(path), rev, Path(output) if output else None, None)


def test_the_command_says_wrong_usage_in_one_line(export: Export) -> None:
    done = export("nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("backsmith: nowhere is no folder (PATH)")
    assert len(done.stderr.splitlines()) == 1
