"""GitHub's webhooks as events: bytes in, values out.

Source: docs.github.com, "Webhook events and payloads" and "Validating webhook deliveries"; shapes
from npm @octokit/webhooks-examples 7.6.1.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from agent.domain.errors import PermanentError
from agent.domain.event import ChecksChanged, Event, Happening, PullRequestChanged
from agent.domain.ids import BRANCH_PREFIX, ActorId

Json = Mapping[str, Any]


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Tell whether the delivery was signed with our secret; an empty secret verifies nothing."""
    given = _header(headers, "x-hub-signature-256")
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(given.encode(), expected.encode())


def parse(headers: Mapping[str, str], body: bytes) -> Event | None:
    """Return what a delivery says, or None when it is of no concern to us.

    Raises:
        PermanentError: The body is not JSON.
    """
    try:
        payload = _object(json.loads(body))
    except ValueError as error:
        raise PermanentError("A GitHub webhook's body is not JSON.") from error
    read = _READERS.get(_header(headers, "x-github-event"))
    actor, repository = _at(payload, "sender", "id"), _at(payload, "repository", "full_name")
    if read is None or not isinstance(actor, int) or not isinstance(repository, str):
        return None
    happening = read(payload, repository, ActorId(f"github:{actor}"))
    delivery = _header(headers, "x-github-delivery") or hashlib.sha256(body).hexdigest()
    return Event(id=f"github:{delivery}", happening=happening) if happening else None


def _pull_request(payload: Json, repository: str, actor: ActorId) -> Happening | None:
    """Read an event about a pull request, unless it comes from a fork: then it is not ours."""
    pull = _object(payload.get("pull_request"))
    branch, number = _at(pull, "head", "ref"), pull.get("number")
    if not isinstance(branch, str) or not isinstance(number, int):
        return None
    if _at(pull, "head", "repo", "full_name") != repository:
        return None
    action = str(payload.get("action"))
    if action == "closed" and (pull.get("merged") or pull.get("merged_at")):
        action = "merged"
    return PullRequestChanged(
        repository=repository, branch=branch, number=number, action=action, actor=actor
    )


def _named(action: str) -> Callable[[Json, str, ActorId], Happening | None]:
    """Return a reader of events about a pull request that all mean the same to us."""

    def read(payload: Json, repository: str, actor: ActorId) -> Happening | None:
        return _pull_request({**payload, "action": action}, repository, actor)

    return read


def _issue_comment(payload: Json, repository: str, actor: ActorId) -> Happening | None:
    issue = _object(payload.get("issue"))
    number = issue.get("number")
    if "pull_request" not in issue or not isinstance(number, int):
        return None
    return PullRequestChanged(
        repository=repository, branch="", number=number, action="commented", actor=actor
    )


def _push(payload: Json, repository: str, actor: ActorId) -> Happening | None:
    branch = str(payload.get("ref")).removeprefix("refs/heads/")
    if not branch.startswith(BRANCH_PREFIX):
        return None
    return PullRequestChanged(
        repository=repository, branch=branch, number=None, action="pushed", actor=actor
    )


def _checks(*path: str) -> Callable[[Json, str, ActorId], Happening | None]:
    """Return a reader of events about checks, whose branch stands at a path."""

    def read(payload: Json, repository: str, actor: ActorId) -> Happening | None:
        branch = _at(payload, *path)
        if payload.get("action") not in ("created", "completed") or not isinstance(branch, str):
            return None
        return ChecksChanged(repository=repository, branch=branch, actor=actor)

    return read


def _status(payload: Json, repository: str, actor: ActorId) -> Happening | None:
    branches = payload.get("branches")
    records = branches if isinstance(branches, list) else []
    names = [name for record in records if isinstance(name := _object(record).get("name"), str)]
    # A commit can be on several branches; ours is the one that matters.
    names.sort(key=lambda name: not name.startswith(BRANCH_PREFIX))
    if not names:
        return None
    return ChecksChanged(repository=repository, branch=names[0], actor=actor)


def _at(value: object, *path: str) -> object:
    for name in path:
        value = _object(value).get(name)
    return value


def _object(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


_READERS: dict[str, Callable[[Json, str, ActorId], Happening | None]] = {
    "pull_request": _pull_request,
    "pull_request_review": _named("reviewed"),
    "pull_request_review_comment": _named("commented"),
    "issue_comment": _issue_comment,
    "push": _push,
    "check_run": _checks("check_run", "check_suite", "head_branch"),
    "check_suite": _checks("check_suite", "head_branch"),
    "workflow_run": _checks("workflow_run", "head_branch"),
    "status": _status,
}
