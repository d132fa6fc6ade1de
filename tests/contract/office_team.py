"""An office with one tiny repository, and the hands of the bot in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from office.building import Office
from office.people import BOT, LEAD

GIT = shutil.which("git") or "git"
REPOSITORY = "acme/tiny"
WORKFLOW = """
name: CI
on:
  pull_request:
jobs:
  checks:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - name: Look
        run: test ! -e broken
      - name: Wait
        run: if [ -e slow ]; then sleep 60; fi
"""


@dataclass
class Team:
    """An office with one tiny repository, a lead at work, and the bot's hands."""

    office: Office
    folder: Path

    def git(self, *arguments: str) -> None:
        who = {"GIT_AUTHOR_NAME": BOT.name, "GIT_COMMITTER_NAME": BOT.name}
        mail = {"GIT_AUTHOR_EMAIL": BOT.email, "GIT_COMMITTER_EMAIL": BOT.email}
        quiet = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
        subprocess.run(
            [GIT, "-C", str(self.folder), *arguments],
            check=True,
            capture_output=True,
            env={**os.environ, **who, **mail, **quiet},
        )

    def api(self, method: str, path: str, **body: Any) -> Any:
        url = f"{self.office.origins['github']}/api/v3/repos/{REPOSITORY}/{path}"
        headers = {"Authorization": f"Bearer {BOT.github_token}"}
        answer = httpx.request(method, url, json=body, headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def push(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "-m", "Change")
        self.git("push", "origin", "HEAD:backsmith/TINY-1-change")

    def open_pull(self) -> None:
        self.api("POST", "pulls", title="Change", head="backsmith/TINY-1-change", base="main")
        self.api("POST", "pulls/1/requested_reviewers", reviewers=[LEAD.login])

    def pull(self) -> Any:
        view = self.office.call(self.office.github.view)
        return view["repositories"][0]["pulls"][0]

    def until(self, condition: Callable[[], object], seconds: float = 30) -> None:
        """Wait for what the feed brings; each change is a reason to look again."""
        end = time.monotonic() + seconds
        seen = -1
        while time.monotonic() < end:
            if condition():
                return
            seen = self.office.call(self._next(seen))
        raise AssertionError("the condition did not come true")

    async def _next(self, number: int) -> int:
        async for change in self.office.feed.follow(number + 1):
            return change.number
        raise AssertionError("the feed has ended")


@contextmanager
def tiny_team(folder: Path) -> Iterator[Team]:
    """Run an office whose repository has the file `app.py` and one quick check."""
    source = folder / "source"
    workflow = source / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(WORKFLOW)
    (source / "app.py").write_text("def one() -> int:\n    return 1\n")
    with Office(folder / "repositories", folder / "cache") as office:
        office.call(lambda: office.github.add_repository(REPOSITORY, source))
        made = Team(office, folder / "clone")
        made.folder.mkdir()
        origin = office.origins["github"].replace("://", f"://bot:{BOT.github_token}@")
        made.git("clone", f"{origin}/{REPOSITORY}.git", ".")
        yield made
