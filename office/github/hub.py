"""The heart of the local GitHub: who and what exists, and how the world hears of changes."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from office.github.accounts import ROLES, Account
from office.github.errors import Refused, not_found
from office.github.payloads.repositories import repository as repository_payload
from office.github.payloads.users import user
from office.github.records import PullRequest, Repository, Site
from office.world import Feed, Hook, Post, now, signature


@dataclass
class Trigger:
    """A reason to run the workflows: a new head."""

    repository: Repository
    event: str
    """`push` or `pull_request`."""
    branch: str
    sha: str
    actor: Account
    title: str
    before: str | None = None
    pull: int | None = None


@dataclass
class Hub:
    """Shared by all parts of the local GitHub."""

    feed: Feed
    post: Post
    root: Path
    cache: Path
    site: Site = field(default_factory=Site)
    hooks: list[Hook] = field(default_factory=list)
    repositories: dict[str, Repository] = field(default_factory=dict)
    start_workflows: Callable[[Trigger], None] = lambda _trigger: None
    cancel_workflows: Callable[[Repository, int], None] = lambda _repository, _pull: None
    _ids: Any = field(default_factory=lambda: itertools.count(1_700_000_001))

    def new_id(self) -> int:
        """Return a number that nothing else has."""
        number: int = next(self._ids)
        return number

    def repository(self, full_name: str) -> Repository:
        """Return a repository by name, in any case.

        Raises:
            Refused: there is none (404).
        """
        found = self.repositories.get(full_name.lower())
        if found is None:
            raise not_found()
        return found

    def pull(self, full_name: str, number: int) -> PullRequest:
        """Return a pull request.

        Raises:
            Refused: there is none (404).
        """
        found = self.repository(full_name).pulls.get(number)
        if found is None:
            raise not_found()
        return found

    def emit(
        self, event: str, repository: Repository, sender: Account, payload: dict[str, Any]
    ) -> None:
        """Send a webhook to everyone who asked. GitHub never retries by itself."""
        body = json.dumps(
            payload
            | {
                "repository": repository_payload(repository),
                "sender": user(self.site, sender),
            }
        ).encode()
        for number, hook in enumerate(self.hooks, start=1):
            headers = _headers(event, hook, number, repository.id, body)
            self.post.send(hook.url, body, _always(headers))

    def publish(self, kind: str, repository: Repository, **data: Any) -> None:
        """Tell the office's page and the scripted lead."""
        self.feed.publish("github", kind, repository=repository.full_name, **data)


def _headers(event: str, hook: Hook, number: int, target: int, body: bytes) -> dict[str, str]:
    """Return the headers of one delivery.

    Source: GitHub webhooks documentation, "Delivery headers".
    """
    delivery = str(uuid.uuid4())
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": f"GitHub-Hookshot/{delivery[:7]}",
        "X-GitHub-Delivery": delivery,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(number),
        "X-GitHub-Hook-Installation-Target-ID": str(target),
        "X-GitHub-Hook-Installation-Target-Type": "repository",
        "X-Hub-Signature-256": signature(hook.secret, body),
    }


def _always(headers: Mapping[str, str]) -> Callable[[int], Mapping[str, str]]:
    """Return the same headers for each attempt; a repeated delivery keeps its id."""
    return lambda _attempt: headers


def role(repository: Repository, account: Account | None) -> str:
    """Return what an account may do: `admin`, `write`, `read` or `none`."""
    known = ROLES.get(account.login) if account else None
    return known or ("none" if repository.private else "read")


def require_write(repository: Repository, account: Account) -> None:
    """Refuse an account that may only read (403), or that may not even know (404)."""
    held = role(repository, account)
    if held == "none":
        raise not_found()
    if held == "read":
        raise Refused(403, "Resource not accessible by personal access token")


def touch(pull: PullRequest) -> None:
    """Note that a pull request has just changed."""
    pull.updated_at = now()
