"""What GitHub remembers. Mutable records, touched on the office's loop only."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from office.github.accounts import Account, App
from office.github.commits import Commit
from office.github.diffs import Diff


@dataclass
class Site:
    """Where this GitHub is reached."""

    origin: str = "http://127.0.0.1"

    @property
    def api(self) -> str:
        """The root of the REST API, with the prefix that GitHub Enterprise Server has."""
        return f"{self.origin}/api/v3"


@dataclass
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str = ""


@dataclass
class Comment:
    """A comment in the conversation of a pull request."""

    id: int
    user: Account
    body: str
    created_at: datetime
    updated_at: datetime


@dataclass
class ReviewComment:
    """A comment at a line of the diff, or a reply to one."""

    id: int
    review_id: int
    user: Account
    body: str
    path: str
    side: str
    original_line: int
    line: int | None
    """Where that line is in the current head; None once it has changed ("outdated")."""
    original_position: int
    position: int | None
    diff_hunk: str
    commit_id: str
    original_commit_id: str
    created_at: datetime
    updated_at: datetime
    start_line: int | None = None
    in_reply_to: int | None = None

    @property
    def thread(self) -> int:
        """The id of the comment that began the thread."""
        return self.in_reply_to or self.id


@dataclass
class Review:
    """One submitted (or still pending) review."""

    id: int
    user: Account
    body: str
    state: str
    """`APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED` or `PENDING`."""
    commit_id: str
    submitted_at: datetime | None


@dataclass
class PullRequest:
    """A pull request between two branches of one repository."""

    repository: Repository
    id: int
    number: int
    title: str
    body: str | None
    user: Account
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool
    created_at: datetime
    updated_at: datetime
    diff: Diff
    state: str = "open"
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    labels: list[Label] = field(default_factory=list)
    requested: list[Account] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    review_comments: list[ReviewComment] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    resolved: set[int] = field(default_factory=set)
    """Threads that someone has resolved."""

    @property
    def open(self) -> bool:
        """Whether it is neither closed nor merged."""
        return self.state == "open"


@dataclass
class CheckSuite:
    """All check runs of one app on one commit."""

    id: int
    app: App
    head_sha: str
    head_branch: str | None
    before: str | None
    created_at: datetime
    updated_at: datetime
    status: str = "queued"
    conclusion: str | None = None


@dataclass
class CheckRun:
    """One check on one commit."""

    id: int
    suite: CheckSuite
    name: str
    details_url: str
    started_at: datetime
    external_id: str = ""
    status: str = "queued"
    conclusion: str | None = None
    completed_at: datetime | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, object]] = field(default_factory=list)


@dataclass
class Status:
    """A commit status."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: Account
    created_at: datetime


@dataclass
class Step:
    """One step of a job, as the run's page shows it."""

    number: int
    name: str
    status: str = "queued"
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass
class WorkflowRun:
    """One run of a workflow file on one commit."""

    id: int
    name: str
    path: str
    workflow_id: int
    number: int
    event: str
    head_branch: str
    head_sha: str
    title: str
    actor: Account
    suite: CheckSuite
    created_at: datetime
    updated_at: datetime
    status: str = "queued"
    conclusion: str | None = None
    jobs: list[Job] = field(default_factory=list)


@dataclass
class Job:
    """One job of a workflow run, with its log."""

    run: WorkflowRun
    check: CheckRun
    name: str
    labels: list[str]
    created_at: datetime
    steps: list[Step] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    secret: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def id(self) -> int:
        """The job's id; GitHub gives the job and its check run the same one."""
        return self.check.id

    @property
    def log_path(self) -> str:
        """Where the log can be fetched without a token; the secret part stands for a signature."""
        return f"/storage/logs/{self.id}/{self.secret}.txt"


@dataclass
class Repository:
    """A repository: a bare git repository and all that is said about it."""

    site: Site
    id: int
    full_name: str
    owner: Account
    path: Path
    private: bool
    created_at: datetime
    pushed_at: datetime
    default_branch: str = "main"
    refs: dict[str, str] = field(default_factory=dict)
    """Full ref name to object, as git had them last."""
    required_checks: tuple[str, ...] = ()
    """Names of the checks that the default branch asks for."""
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    suites: list[CheckSuite] = field(default_factory=list)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    runs: dict[int, WorkflowRun] = field(default_factory=dict)
    workflow_ids: dict[str, int] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    """Commits read so far; a commit never changes."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while refs change, so that each change is seen once."""

    @property
    def name(self) -> str:
        """The part of the name after the owner."""
        return self.full_name.partition("/")[2]

    @property
    def api(self) -> str:
        """The address of this repository in the REST API."""
        return f"{self.site.api}/repos/{self.full_name}"

    @property
    def html(self) -> str:
        """The address of this repository for people."""
        return f"{self.site.origin}/{self.full_name}"

    def branch(self, name: str) -> str | None:
        """Return the commit at the tip of a branch."""
        return self.refs.get(f"refs/heads/{name}")
