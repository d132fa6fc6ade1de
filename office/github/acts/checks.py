"""Check suites, check runs and commit statuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from office.github.accounts import Account, App
from office.github.commits import log, resolve
from office.github.errors import Refused
from office.github.hub import Hub, require_write
from office.github.payloads.checks import hooked_run, hooked_suite
from office.github.payloads.checks import status as status_payload
from office.github.payloads.commits import commit as commit_payload
from office.github.payloads.repositories import short_branch
from office.github.records import CheckRun, CheckSuite, Repository, Status
from office.world import now

_BAD = ("failure", "timed_out", "action_required")


@dataclass
class CheckChange:
    """What a client wants to say about a check run; None leaves a field as it is."""

    status: str | None = None
    conclusion: str | None = None
    details_url: str | None = None
    external_id: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, object]] = field(default_factory=list)


async def known_commit(repository: Repository, sha: str) -> str:
    """Return the full hash of a commit of this repository.

    Raises:
        Refused: there is no such commit (422).
    """
    full = await resolve(repository.path, sha)
    if full is None or not full.startswith(sha):
        raise Refused(422, f"No commit found for SHA: {sha}")
    if full not in repository.commits:
        repository.commits[full] = (await log(repository.path, "--max-count=1", full))[0]
    return full


def new_suite(
    hub: Hub, repository: Repository, app: App, sha: str, branch: str | None
) -> CheckSuite:
    """Begin a check suite; the commit must be in `repository.commits`."""
    suite = CheckSuite(hub.new_id(), app, sha, branch, None, now(), now())
    repository.suites.append(suite)
    return suite


def suite_of(hub: Hub, repository: Repository, app: App, sha: str) -> CheckSuite:
    """Return the suite that an app has on a commit, and begin it if it is the first check."""
    for suite in repository.suites:
        if suite.app is app and suite.head_sha == sha:
            return suite
    names = [name for name, tip in repository.refs.items() if tip == sha]
    branches = [name.removeprefix("refs/heads/") for name in names if "refs/heads/" in name]
    return new_suite(hub, repository, app, sha, branches[0] if branches else None)


def start_check(
    hub: Hub,
    repository: Repository,
    suite: CheckSuite,
    name: str,
    change: CheckChange,
    *,
    number: int | None = None,
) -> CheckRun:
    """Create a check run in a suite and tell everyone; `number` is its id when known before."""
    number = number or hub.new_id()
    run = CheckRun(number, suite, name, f"{repository.html}/runs/{number}", now())
    repository.check_runs[number] = run
    _apply(run, change)
    _settle_suite(repository, suite)
    _announce(hub, repository, run, "created")
    if run.conclusion:
        _completed(hub, repository, run)
    return run


def update_check(hub: Hub, repository: Repository, run: CheckRun, change: CheckChange) -> None:
    """Change a check run; everyone hears when it completes."""
    was_done = run.conclusion is not None
    _apply(run, change)
    _settle_suite(repository, run.suite)
    if run.conclusion and not was_done:
        _completed(hub, repository, run)
    else:
        _publish(hub, repository, run, run.status)


def _apply(run: CheckRun, change: CheckChange) -> None:
    plain = ("details_url", "external_id", "started_at", "title", "summary", "text")
    for name in plain:
        value = getattr(change, name)
        if value is not None:
            setattr(run, name, value)
    run.annotations += change.annotations
    run.status = change.status or run.status
    if change.conclusion or change.completed_at:
        run.status, run.conclusion = "completed", change.conclusion or "success"
        run.completed_at = change.completed_at or now()


def _settle_suite(repository: Repository, suite: CheckSuite) -> None:
    words = [run.conclusion for run in repository.check_runs.values() if run.suite is suite]
    suite.updated_at = now()
    if None in words:
        suite.status, suite.conclusion = "in_progress", None
        return
    bad = next((word for word in words if word in _BAD), None)
    cancelled = "cancelled" if "cancelled" in words else "success"
    suite.status, suite.conclusion = "completed", bad or cancelled


def _completed(hub: Hub, repository: Repository, run: CheckRun) -> None:
    _announce(hub, repository, run, "completed")
    if run.suite.conclusion:
        payload = {"action": "completed", "check_suite": hooked_suite(repository, run.suite)}
        hub.emit("check_suite", repository, run.suite.app.bot, payload)


def _announce(hub: Hub, repository: Repository, run: CheckRun, action: str) -> None:
    payload = {"action": action, "check_run": hooked_run(repository, run)}
    hub.emit("check_run", repository, run.suite.app.bot, payload)
    _publish(hub, repository, run, action)


def _publish(hub: Hub, repository: Repository, run: CheckRun, action: str) -> None:
    hub.publish(
        "check_run",
        repository,
        action=action,
        id=run.id,
        name=run.name,
        status=run.status,
        conclusion=run.conclusion,
        head_sha=run.suite.head_sha,
    )


async def add_status(
    hub: Hub, repository: Repository, creator: Account, sha: str, fields: dict[str, Any]
) -> Status:
    """Put a status on a commit."""
    require_write(repository, creator)
    full = await known_commit(repository, sha)
    entry = Status(
        id=hub.new_id(),
        sha=full,
        state=fields["state"],
        context=fields.get("context") or "default",
        description=fields.get("description"),
        target_url=fields.get("target_url"),
        creator=creator,
        created_at=now(),
    )
    repository.statuses.append(entry)
    hub.emit("status", repository, creator, _status_event(repository, entry))
    hub.publish("check_run", repository, action="status", name=entry.context, state=entry.state)
    return entry


def _status_event(repository: Repository, entry: Status) -> dict[str, Any]:
    shown = status_payload(repository, entry)
    heads = {
        name.removeprefix("refs/heads/"): sha
        for name, sha in repository.refs.items()
        if name.startswith("refs/heads/") and sha == entry.sha
    }
    keys = ("id", "sha", "state", "context", "description", "target_url", "avatar_url")
    return {key: shown[key] for key in keys if key in shown} | {
        "sha": entry.sha,
        "name": repository.full_name,
        "commit": commit_payload(repository, repository.commits[entry.sha], verified_at=False),
        "branches": [short_branch(repository, name, sha) for name, sha in heads.items()],
        "created_at": shown["created_at"],
        "updated_at": shown["updated_at"],
    }
