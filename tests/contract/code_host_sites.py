"""The places where code hosts are tested: the fake, and GitHub as the office plays it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

from agent.domain.evidence import Verdict
from agent.domain.ids import BranchName, CommitSha
from agent.domain.pull_request import EVIDENCE_CHECK, PullRequest, ReviewState
from agent.domain.repository import Repository
from agent.ports import CodeHost, PullRequestDraft
from integrations.github.connection import GitHubConnection
from integrations.github.host import GitHubHost
from office.faults import Fault
from office.github.state import GitHub
from office.people import BOT, LEAD, Person
from office.world import Feed, Post
from tests.fakes.code_host import LEAD as FAKE_LEAD
from tests.fakes.code_host import FakeCodeHost
from tests.fakes.loop_thread import LoopThread

REPOSITORY = "acme/shop"
BRANCH = BranchName("backsmith/PAY-1-refund")
WORKFLOW = """\
name: CI
on: [pull_request]
jobs:
  checks:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: if [ -e broken ]; then cat broken; exit 1; fi
"""
EVENTS = {
    ReviewState.APPROVED: "APPROVE",
    ReviewState.CHANGES_REQUESTED: "REQUEST_CHANGES",
    ReviewState.COMMENTED: "COMMENT",
}
_STATES = {Verdict.PASS: "success", Verdict.FAIL: "failure", Verdict.INCOMPLETE: "error"}
Lines = tuple[tuple[str, int, str], ...]


class Site(Protocol):
    """A code host, and the people and the CI who use it with us."""

    host: CodeHost
    lead: str

    def push(self, branch: str, **files: str) -> CommitSha: ...
    def wait_for_checks(self, commit: CommitSha) -> None: ...
    def status(self, commit: CommitSha, name: str, state: str, description: str) -> None: ...
    def verdicts(self, commit: CommitSha) -> list[tuple[str, str]]: ...
    def review(self, number: int, state: ReviewState, body: str, lines: Lines = ()) -> None: ...
    def say(self, number: int, text: str) -> None: ...
    def answer(self, number: int, comment: str, text: str) -> None: ...
    def merge(self, number: int) -> None: ...
    def our_texts(self, number: int) -> list[str]: ...
    def requested(self, number: int) -> list[str]: ...


class FakeSite:
    lead: str = FAKE_LEAD

    def __init__(self) -> None:
        self.fake = FakeCodeHost()
        self.host: CodeHost = self.fake
        self.fake.required[REPOSITORY, "main"] = frozenset({"checks"})
        self.files: dict[str, dict[str, str]] = {}

    def push(self, branch: str, **files: str) -> CommitSha:
        commit = CommitSha(f"{len(self.files):040x}")
        self.files[commit] = files
        self.fake.push(REPOSITORY, branch, commit)
        return commit

    def wait_for_checks(self, commit: CommitSha) -> None:
        broken = self.files[commit].get("broken")
        conclusion = "failure" if broken else "success"
        self.fake.report(REPOSITORY, commit, "checks", conclusion, broken or "")

    def status(self, commit: CommitSha, name: str, state: str, description: str) -> None:
        conclusion = None if state == "pending" else state
        self.fake.report(REPOSITORY, commit, name, conclusion, description)

    def verdicts(self, commit: CommitSha) -> list[tuple[str, str]]:
        shown = self.fake.verdicts.get((REPOSITORY, commit), [])
        return [(_STATES[verdict], text) for verdict, text, _ in shown]

    def review(self, number: int, state: ReviewState, body: str, lines: Lines = ()) -> None:
        self.fake.review(REPOSITORY, number, state, body, lines)

    def say(self, number: int, text: str) -> None:
        self.fake.say(REPOSITORY, number, text)

    def answer(self, number: int, comment: str, text: str) -> None:
        self.fake.answer(REPOSITORY, number, comment, text)

    def merge(self, number: int) -> None:
        self.fake.merge(REPOSITORY, number)

    def our_texts(self, number: int) -> list[str]:
        pull = self.fake.pulls[REPOSITORY, number]
        return [*pull.answers.values(), *([pull.reason] if pull.reason else [])]

    def requested(self, number: int) -> list[str]:
        return self.fake.pulls[REPOSITORY, number].requested


class OfficeSite:
    lead: str = f"github:{LEAD.github_id}"

    def __init__(self, thread: LoopThread, folder: Path) -> None:
        self.thread = thread
        self.folder = folder
        source = folder / "source"
        (source / ".github/workflows").mkdir(parents=True)
        (source / ".github/workflows/ci.yml").write_text(WORKFLOW)
        (source / "README.md").write_text("# Shop\n")
        listener, self.origin = thread.bind()
        self.feed = thread.call(Feed)
        self.post = thread.call(Post)
        self.github: GitHub = thread.call(
            lambda: GitHub(self.feed, self.post, folder / "root", folder / "cache")
        )
        self.github.origin = self.origin
        self.github.add_repository(REPOSITORY, source, public=True)
        thread.serve(self.github.app(), listener)
        self.host: CodeHost = self.connect()

    def connection(self, **settings: Any) -> GitHubConnection:
        known: dict[str, Any] = {
            "api_url": f"{self.origin}/api/v3",
            "git_url": self.origin,
            "token": BOT.github_token,
            "request_spacing_seconds": 0,
        }
        return GitHubConnection(**(known | settings))

    def connect(self, **settings: Any) -> GitHubHost:
        return GitHubHost(self.connection(**settings))

    def push(self, branch: str, **files: str) -> CommitSha:
        clone = self.folder / "clone"
        if not clone.exists():
            self.git(self.folder, "clone", "--quiet", f"{self.origin}/{REPOSITORY}.git", "clone")
        self.git(clone, "checkout", "--quiet", "-B", branch)
        for name, text in files.items():
            (clone / name).write_text(text)
        self.git(clone, "add", "--all")
        self.git(clone, "commit", "--quiet", "--allow-empty", "-m", "Change")
        self.git(clone, "push", "--quiet", "origin", branch)
        return CommitSha(self.git(clone, "rev-parse", "HEAD").strip())

    def git(self, folder: Path, *words: str, host: GitHubHost | None = None) -> str:
        repository = Repository(name=REPOSITORY, git_url=f"{self.origin}/{REPOSITORY}.git")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            **{f"GIT_{role}_NAME": BOT.name for role in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{role}_EMAIL": BOT.email for role in ("AUTHOR", "COMMITTER")},
            **(host or self.connect()).git_credentials(repository),
        }
        done = subprocess.run(
            ["git", *words],  # noqa: S607
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def wait_for_checks(self, commit: CommitSha) -> None:
        async def completed() -> None:
            async for change in self.feed.follow():
                is_check = change.kind == "check_run" and change.data["action"] == "completed"
                if is_check and change.data["head_sha"] == commit:
                    return

        self.thread.call(completed)

    def status(self, commit: CommitSha, name: str, state: str, description: str) -> None:
        self.rest(
            LEAD.github_token,
            f"statuses/{commit}",
            {"context": name, "state": state, "description": description},
        )

    def verdicts(self, commit: CommitSha) -> list[tuple[str, str]]:
        answer = httpx.get(
            f"{self.origin}/api/v3/repos/{REPOSITORY}/commits/{commit}/statuses",
            headers={"Authorization": f"Bearer {LEAD.github_token}"},
        )
        shown = [row for row in answer.json()[::-1] if row["context"] == EVIDENCE_CHECK]
        return [(row["state"], row["description"]) for row in shown]

    def rest(self, token: str, path: str, body: dict[str, Any]) -> Any:
        answer = httpx.post(
            f"{self.origin}/api/v3/repos/{REPOSITORY}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        answer.raise_for_status()
        return answer.json()

    def review(self, number: int, state: ReviewState, body: str, lines: Lines = ()) -> None:
        self.review_by(LEAD, number, state, body, lines)

    def review_by(
        self, person: Person, number: int, state: ReviewState, body: str, lines: Lines = ()
    ) -> None:
        comments = [{"path": path, "line": line, "body": text} for path, line, text in lines]
        self.thread.call(
            self.github.review, REPOSITORY, number, person, EVENTS[state], body, comments
        )

    def say(self, number: int, text: str) -> None:
        self.thread.call(self.github.comment, REPOSITORY, number, LEAD, text)

    def answer(self, number: int, comment: str, text: str) -> None:
        first = int(comment.removeprefix("line:"))
        self.thread.call(self.github.reply, REPOSITORY, number, first, LEAD, text)

    def merge(self, number: int) -> None:
        self.thread.call(self.github.merge, REPOSITORY, number, LEAD)

    def our_texts(self, number: int) -> list[str]:
        pull = self.github.repositories[REPOSITORY].pulls[number]
        lines = [each.body for each in pull.review_comments if each.user.login == BOT.login]
        return lines + [each.body for each in pull.comments if each.user.login == BOT.login]

    def requested(self, number: int) -> list[str]:
        pull = self.github.repositories[REPOSITORY].pulls[number]
        return [account.login for account in pull.requested]

    def fault(self, fault: Fault) -> None:
        self.github.faults.append(fault)


@contextmanager
def open_office(folder: Path) -> Iterator[OfficeSite]:
    """Serve a GitHub with one repository until the context is left."""
    with LoopThread() as thread:
        site = OfficeSite(thread, folder)
        yield site
        thread.call(site.github.stop)
        thread.call(site.post.close)


def opened(site: Site, title: str = "Refund orders", body: str = "Because.") -> PullRequest:
    return site.host.open_pull_request(
        PullRequestDraft(repository=REPOSITORY, branch=BRANCH, base="main", title=title, body=body)
    )


def pushed_and_opened(site: Site) -> PullRequest:
    site.push(BRANCH, notes="one\ntwo\nthree\n")
    return opened(site)


def waiting(site: Site, number: int) -> list[tuple[str, str]]:
    found = site.host.read_feedback(REPOSITORY, number).unanswered
    return [(comment.id.partition(":")[0], comment.text) for comment in found]
