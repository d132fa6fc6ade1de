"""Workflow runs and jobs as JSON."""

from __future__ import annotations

from typing import Any

from office.github.payloads.commits import simple_commit
from office.github.payloads.pulls import pulls_at
from office.github.payloads.repositories import minimal_repository
from office.github.payloads.users import EPOCH, node_id, stamp, user
from office.github.records import Job, Repository, Step, WorkflowRun


def workflow(known: Repository, path: str, name: str) -> dict[str, Any]:
    """Return a workflow file."""
    number = known.workflow_ids[path]
    return {
        "id": number,
        "node_id": node_id("W", number),
        "name": name,
        "path": path,
        "state": "active",
        "created_at": EPOCH,
        "updated_at": EPOCH,
        "url": f"{known.api}/actions/workflows/{number}",
        "html_url": f"{known.html}/blob/{known.default_branch}/{path}",
        "badge_url": f"{known.html}/workflows/{name}/badge.svg",
    }


def _addresses(known: Repository, run: WorkflowRun) -> dict[str, Any]:
    url = f"{known.api}/actions/runs/{run.id}"
    return {
        "url": url,
        "html_url": f"{known.html}/actions/runs/{run.id}",
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": f"{known.api}/check-suites/{run.suite.id}",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": None,
        "workflow_url": f"{known.api}/actions/workflows/{run.workflow_id}",
    }


def workflow_run(known: Repository, run: WorkflowRun) -> dict[str, Any]:
    """Return a workflow run."""
    actor = user(known.site, run.actor)
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WFR", run.id),
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": run.path,
        "display_title": run.title,
        "run_number": run.number,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": run.workflow_id,
        "check_suite_id": run.suite.id,
        "check_suite_node_id": node_id("CS", run.suite.id),
        "pull_requests": pulls_at(known, run.head_sha),
        "created_at": stamp(run.created_at),
        "updated_at": stamp(run.updated_at),
        "run_started_at": stamp(run.created_at),
        "actor": actor,
        "triggering_actor": actor,
        "run_attempt": 1,
        "referenced_workflows": [],
        "head_commit": simple_commit(known.commits[run.head_sha]),
        "repository": minimal_repository(known),
        "head_repository": minimal_repository(known),
    } | _addresses(known, run)


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "status": step.status,
        "conclusion": step.conclusion,
        "number": step.number,
        "started_at": stamp(step.started_at),
        "completed_at": stamp(step.completed_at),
    }


def job(known: Repository, entry: Job) -> dict[str, Any]:
    """Return a job of a workflow run."""
    run_url = f"{known.api}/actions/runs/{entry.run.id}"
    return {
        "id": entry.id,
        "run_id": entry.run.id,
        "workflow_name": entry.run.name,
        "head_branch": entry.run.head_branch,
        "run_url": run_url,
        "run_attempt": 1,
        "node_id": node_id("CR", entry.id),
        "head_sha": entry.run.head_sha,
        "url": f"{known.api}/actions/jobs/{entry.id}",
        "html_url": entry.check.details_url,
        "status": entry.check.status,
        "conclusion": entry.check.conclusion,
        "created_at": stamp(entry.created_at),
        "started_at": stamp(entry.check.started_at),
        "completed_at": stamp(entry.check.completed_at),
        "name": entry.name,
        "steps": [_step(step) for step in entry.steps],
        "check_run_url": f"{known.api}/check-runs/{entry.id}",
        "labels": entry.labels,
        "runner_id": 1,
        "runner_name": "office-1",
        "runner_group_id": 1,
        "runner_group_name": "Default",
    }
