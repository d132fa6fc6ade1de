"""Check suites, check runs and commit statuses as JSON."""

from __future__ import annotations

from typing import Any

from office.github.mergeability import check_states
from office.github.payloads.commits import simple_commit
from office.github.payloads.pulls import pulls_at
from office.github.payloads.repositories import minimal_repository
from office.github.payloads.users import app, node_id, stamp, user
from office.github.records import CheckRun, CheckSuite, Repository, Status


def _suite_core(known: Repository, suite: CheckSuite) -> dict[str, Any]:
    return {
        "id": suite.id,
        "node_id": node_id("CS", suite.id),
        "head_branch": suite.head_branch,
        "head_sha": suite.head_sha,
        "status": suite.status,
        "conclusion": suite.conclusion,
        "url": f"{known.api}/check-suites/{suite.id}",
        "before": suite.before,
        "after": suite.head_sha,
        "pull_requests": pulls_at(known, suite.head_sha),
        "app": app(known.site, suite.app),
        "created_at": stamp(suite.created_at),
        "updated_at": stamp(suite.updated_at),
    }


def hooked_suite(known: Repository, suite: CheckSuite) -> dict[str, Any]:
    """Return the form that the check_suite webhook carries."""
    runs = [run for run in known.check_runs.values() if run.suite is suite]
    return _suite_core(known, suite) | {
        "latest_check_runs_count": len(runs),
        "check_runs_url": f"{known.api}/check-suites/{suite.id}/check-runs",
        "head_commit": simple_commit(known.commits[suite.head_sha]),
    }


def check_suite(known: Repository, suite: CheckSuite) -> dict[str, Any]:
    """Return a check suite."""
    return hooked_suite(known, suite) | {"repository": minimal_repository(known)}


def check_run(known: Repository, run: CheckRun) -> dict[str, Any]:
    """Return a check run."""
    url = f"{known.api}/check-runs/{run.id}"
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("CR", run.id),
        "head_sha": run.suite.head_sha,
        "external_id": run.external_id,
        "url": url,
        "html_url": f"{known.html}/runs/{run.id}",
        "details_url": run.details_url,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": stamp(run.started_at),
        "completed_at": stamp(run.completed_at),
        "output": {
            "title": run.title,
            "summary": run.summary,
            "text": run.text,
            "annotations_count": len(run.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": run.suite.id},
        "app": app(known.site, run.suite.app),
        "pull_requests": pulls_at(known, run.suite.head_sha),
    }


def hooked_run(known: Repository, run: CheckRun) -> dict[str, Any]:
    """Return the form that the check_run webhook carries, with its suite."""
    return check_run(known, run) | {"check_suite": _suite_core(known, run.suite)}


def annotation(known: Repository, run: CheckRun, entry: dict[str, object]) -> dict[str, Any]:
    """Return one annotation of a check run."""
    defaults = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
    href = f"{known.html}/blob/{run.suite.head_sha}/{entry['path']}"
    return defaults | entry | {"blob_href": href}


def status(known: Repository, entry: Status) -> dict[str, Any]:
    """Return a commit status."""
    creator = user(known.site, entry.creator)
    return {
        "url": f"{known.api}/statuses/{entry.sha}",
        "avatar_url": creator["avatar_url"],
        "id": entry.id,
        "node_id": node_id("SC", entry.id),
        "state": entry.state,
        "description": entry.description,
        "target_url": entry.target_url,
        "context": entry.context,
        "created_at": stamp(entry.created_at),
        "updated_at": stamp(entry.created_at),
        "creator": creator,
    }


def combined_status(known: Repository, sha: str) -> dict[str, Any]:
    """Return the newest status per context and one word for all; check runs do not count."""
    newest = {entry.context: entry for entry in known.statuses if entry.sha == sha}
    states = {check_states(known, sha)[context] for context in newest}
    word = "failure" if "failure" in states else "pending"
    return {
        "state": "success" if states == {"success"} else word,
        "statuses": [status(known, entry) for entry in newest.values()],
        "sha": sha,
        "total_count": len(newest),
        "repository": minimal_repository(known),
        "commit_url": f"{known.api}/commits/{sha}",
        "url": f"{known.api}/commits/{sha}/status",
    }
