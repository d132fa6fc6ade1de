"""The local GitHub as one object: what people do in it, and its HTTP application."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from office.faults import Fault, FaultGate
from office.github import git_http, pages
from office.github.accounts import BACKSMITH, account_of, organization
from office.github.acts.comments import add_comment
from office.github.acts.merging import merge_pull
from office.github.acts.pulls import close_pull
from office.github.acts.reviews import reply, submit_review
from office.github.auth import INSTALLATION_ID, Keys
from office.github.ci.environments import Environments
from office.github.ci.runner import Runner
from office.github.ci.workflow import read_workflows_now, required_names
from office.github.faults import fault_body
from office.github.git import REFS, git_now, identity, parse_refs
from office.github.graphql import answer_query
from office.github.hub import Hub
from office.github.records import Comment, Repository, Review, ReviewComment
from office.github.rest.app import endpoint, routes
from office.github.rest.call import Limits
from office.github.view import view
from office.people import LEAD, Person
from office.world import Feed, Hook, Post, now


class GitHub:
    """A GitHub with repositories on disk and everything else in memory."""

    def __init__(self, feed: Feed, post: Post, root: Path, cache: Path) -> None:
        self._hub = Hub(feed, post, root, cache)
        self._keys = Keys()
        self._limits = Limits()
        self._runner = Runner(self._hub, Environments(cache))
        self._hub.start_workflows = self._runner.start
        self._hub.cancel_workflows = self._runner.cancel
        self.faults: list[Fault] = []
        self.app_id = BACKSMITH.id
        self.app_private_key_pem = self._keys.private_pem
        self.installation_id = INSTALLATION_ID

    @property
    def origin(self) -> str:
        """Scheme, host and port that all answers advertise."""
        return self._hub.site.origin

    @origin.setter
    def origin(self, origin: str) -> None:
        self._hub.site.origin = origin.rstrip("/")

    @property
    def hooks(self) -> list[Hook]:
        """The webhooks to send."""
        return self._hub.hooks

    @hooks.setter
    def hooks(self, hooks: list[Hook]) -> None:
        self._hub.hooks = hooks

    @property
    def repositories(self) -> Mapping[str, Repository]:
        """All repositories by lower-case full name."""
        return self._hub.repositories

    def add_repository(self, full_name: str, source: Path, *, public: bool = False) -> Repository:
        """Create a repository whose first commit, by the lead, is the content of a folder."""
        owner, _, name = full_name.partition("/")
        path = self._hub.root / owner / f"{name}.git"
        path.mkdir(parents=True)
        git_now(path, "init", "--quiet", "--bare", "--initial-branch=main")
        _configure(path)
        _first_commit(path, source)
        repository = Repository(
            site=self._hub.site,
            id=self._hub.new_id(),
            full_name=full_name,
            owner=organization(owner),
            path=path,
            private=not public,
            created_at=now(),
            pushed_at=now(),
            refs=parse_refs(git_now(path, *REFS)),
        )
        tip = repository.branch("main") or ""
        repository.required_checks = required_names(read_workflows_now(path, tip))
        self._hub.repositories[full_name.lower()] = repository
        return repository

    async def review(
        self,
        full_name: str,
        number: int,
        person: Person,
        event: str,
        body: str = "",
        comments: Sequence[Mapping[str, Any]] = (),
    ) -> Review:
        """Submit a review: `APPROVE`, `REQUEST_CHANGES` or `COMMENT`."""
        pull = self._hub.pull(full_name, number)
        return submit_review(
            self._hub, pull, account_of(person), event=event, body=body, comments=comments
        )

    async def merge(self, full_name: str, number: int, person: Person) -> str:
        """Merge a pull request and return the merge commit; the branch protection applies."""
        return await merge_pull(self._hub, self._hub.pull(full_name, number), account_of(person))

    async def close(self, full_name: str, number: int, person: Person) -> None:
        """Close a pull request without merging it."""
        close_pull(self._hub, self._hub.pull(full_name, number), account_of(person))

    async def comment(self, full_name: str, number: int, person: Person, body: str) -> Comment:
        """Comment in the conversation of a pull request."""
        return add_comment(self._hub, self._hub.pull(full_name, number), account_of(person), body)

    async def reply(
        self, full_name: str, number: int, comment_id: int, person: Person, body: str
    ) -> ReviewComment:
        """Answer a comment at a line."""
        pull = self._hub.pull(full_name, number)
        return reply(self._hub, pull, account_of(person), comment_id, body)

    def view(self) -> dict[str, Any]:
        """Return the whole state for the web page."""
        return view(self._hub)

    async def stop(self) -> None:
        """End all CI under way; the application does so when it shuts down."""
        await self._runner.close()

    def app(self) -> Starlette:
        """Return the HTTP application: REST, GraphQL, git, and a few pages for people."""
        repository = "/{owner}/{name}"
        graphql = endpoint(self._hub, self._keys, self._limits, answer_query)
        plain = [
            (f"{repository}/pull/{{number}}", pages.show_pull),
            (f"{repository}/actions/runs/{{run}}/job/{{job}}", pages.show_job),
            ("/storage/logs/{job}/{secret}.txt", pages.fetch_log),
        ]
        return Starlette(
            routes=[
                Route("/api/graphql", graphql, methods=["POST"]),
                *routes(self._hub, self._keys, self._limits),
                Route(f"{repository}.git/{{tail:path}}", self._git, methods=["GET", "POST"]),
                *(Route(path, functools.partial(page, self._hub)) for path, page in plain),
            ],
            middleware=[Middleware(FaultGate, faults=self.faults, body=fault_body)],
            lifespan=self._lifespan,
        )

    async def _git(self, request: Request) -> Response:
        return await git_http.serve(self._hub, self._keys, request)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        yield
        await self.stop()


def _configure(path: Path) -> None:
    for key, value in (
        ("http.receivepack", "true"),
        ("core.hooksPath", str(path / "hooks")),
        ("receive.denyDeleteCurrent", "refuse"),
        ("uploadpack.allowAnySHA1InWant", "true"),
        ("gc.auto", "0"),
    ):
        git_now(path, "config", key, value)
    hook = path / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(git_http.UPDATE_HOOK)
    hook.chmod(0o755)


def _first_commit(path: Path, source: Path) -> None:
    """Commit a copy of the folder, so that nothing is written into the folder itself."""
    with tempfile.TemporaryDirectory(prefix="office-seed-") as folder:
        tree = Path(folder) / "tree"
        ignore = shutil.ignore_patterns(".git", "__pycache__", "*.pyc")
        shutil.copytree(source, tree, ignore=ignore)
        where = (f"--git-dir={path}", f"--work-tree={tree}")
        git_now(tree, *where, "add", "--all")
        who = identity(LEAD.name, LEAD.email)
        git_now(tree, *where, "commit", "--quiet", "-m", "Initial commit", environment=who)
