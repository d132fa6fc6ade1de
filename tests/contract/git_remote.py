"""A bare repository on disk that stands for the code host, and what the sandbox tests need."""

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

from agent.domain.errors import SandboxUnavailableError
from agent.domain.ids import CommitSha
from integrations.sandbox.bubblewrap import BubblewrapSandbox
from integrations.sandbox.environments import Environments

GIT = shutil.which("git") or "git"
_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Engineer",
    "GIT_AUTHOR_EMAIL": "engineer@example.com",
    "GIT_COMMITTER_NAME": "Engineer",
    "GIT_COMMITTER_EMAIL": "engineer@example.com",
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [GIT, *arguments], cwd=folder, env=_ENVIRONMENT, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


class GitRemote:
    """A bare repository with a clone to make commits in."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "remote.git"
        self._clone = folder / "clone"
        self.path.mkdir(parents=True)
        git(self.path, "init", "-q", "--bare", "-b", "main")
        git(folder, "clone", "-q", str(self.path), str(self._clone))

    def commit(self, branch: str, files: dict[str, str], message: str = "change") -> CommitSha:
        """Add a commit with these files on top of what the branch has, as a person would."""
        has_branch = git(self.path, "branch", "--list", branch)
        git(self._clone, "fetch", "-q")
        start = [f"origin/{branch}"] if has_branch else []
        git(self._clone, "checkout", "-q", "-B", branch, *start)
        for name, text in files.items():
            (self._clone / name).parent.mkdir(parents=True, exist_ok=True)
            (self._clone / name).write_text(text)
        git(self._clone, "add", "-A")
        git(self._clone, "commit", "-q", "-m", message)
        git(self._clone, "push", "-q", "origin", branch)
        return CommitSha(git(self._clone, "rev-parse", "HEAD"))

    def head(self, branch: str) -> str:
        return git(self.path, "rev-parse", branch)


def bubblewrap(home: Path) -> BubblewrapSandbox:
    """Return a working sandbox; where none can be, fail in CI and skip elsewhere."""
    home.mkdir(parents=True, exist_ok=True)
    sandbox = BubblewrapSandbox(home, environments=Environments(home))
    fault = _fault()
    if fault and os.environ.get("CI") == "true":
        pytest.fail(f"in CI the sandbox must work: {fault}")
    if fault:
        pytest.skip(fault)
    return sandbox


@cache
def _fault() -> str:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        try:
            BubblewrapSandbox(home, environments=Environments(home)).check()
        except SandboxUnavailableError as error:
            return str(error)
    return ""
