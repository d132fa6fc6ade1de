"""REST: check runs and check suites. Only apps write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from office.github.acts.checks import (
    CheckChange,
    known_commit,
    start_check,
    suite_of,
    update_check,
)
from office.github.errors import Refused, invalid, not_found
from office.github.payloads.checks import annotation, check_run, check_suite
from office.github.records import CheckRun, CheckSuite
from office.github.rest.call import Answer, Call, Table, page

table = Table()
_REPO = "/repos/{owner}/{repo}"
_RUN = f"{_REPO}/check-runs/{{run}}"
_SUITE = f"{_REPO}/check-suites/{{suite}}"
_STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
_CONCLUSIONS = (
    "success",
    "failure",
    "neutral",
    "cancelled",
    "skipped",
    "timed_out",
    "action_required",
)


def _require_installation(call: Call) -> None:
    if call.known.kind != "installation":
        raise Refused(403, "You must authenticate via a GitHub App.")


def _run(call: Call) -> CheckRun:
    found = call.repository.check_runs.get(call.number("run"))
    if found is None:
        raise not_found()
    return found


def _suite(call: Call) -> CheckSuite:
    number = call.number("suite")
    for suite in call.repository.suites:
        if suite.id == number:
            return suite
    raise not_found()


def _moment(call: Call, name: str) -> datetime | None:
    word = call.optional(name, str)
    if word is None:
        return None
    try:
        return datetime.fromisoformat(word)
    except ValueError as error:
        raise invalid("CheckRun", name) from error


def _change(call: Call) -> CheckChange:
    output: dict[str, Any] = call.optional("output", dict) or {}
    status, conclusion = call.optional("status", str), call.optional("conclusion", str)
    if status not in (None, *_STATUSES):
        raise invalid("CheckRun", "status")
    if conclusion not in (None, *_CONCLUSIONS):
        raise invalid("CheckRun", "conclusion")
    if status == "completed" and conclusion is None:
        raise invalid("CheckRun", "conclusion", "missing_field")
    if output and "summary" not in output:
        raise invalid("CheckRun", "output", "missing_field")
    return CheckChange(
        status=status,
        conclusion=conclusion,
        details_url=call.optional("details_url", str),
        external_id=call.optional("external_id", str),
        started_at=_moment(call, "started_at"),
        completed_at=_moment(call, "completed_at"),
        title=output.get("title"),
        summary=output.get("summary"),
        text=output.get("text"),
        annotations=list(output.get("annotations") or []),
    )


@table("POST", f"{_REPO}/check-runs")
async def create_check_run(call: Call) -> Answer:
    """Report a check on a commit."""
    known = call.repository
    _require_installation(call)
    app = call.known.app
    if app is None:
        raise not_found()
    name, change = call.text("name", "CheckRun"), _change(call)
    sha = await known_commit(known, call.text("head_sha", "CheckRun"))
    suite = suite_of(call.hub, known, app, sha)
    run = start_check(call.hub, known, suite, name, change)
    answer = check_run(known, run)
    return Answer(answer, 201, {"Location": answer["url"]})


@table("PATCH", _RUN)
async def update_check_run(call: Call) -> Answer:
    """Report progress; an app can change its own check runs only."""
    known, run = call.repository, _run(call)
    _require_installation(call)
    if call.known.app is not run.suite.app:
        raise Refused(403, "Invalid app_id `check_run` was not created by this app.")
    run.name = call.optional("name", str) or run.name
    update_check(call.hub, known, run, _change(call))
    return Answer(check_run(known, run))


@table("GET", _RUN)
async def get_check_run(call: Call) -> Answer:
    """Return a check run."""
    return Answer(check_run(call.repository, _run(call)))


@table("GET", f"{_RUN}/annotations")
async def list_annotations(call: Call) -> Answer:
    """Return the annotations of a check run."""
    known, run = call.repository, _run(call)
    return page(call, run.annotations, lambda entry: annotation(known, run, entry))


@table("GET", _SUITE)
async def get_check_suite(call: Call) -> Answer:
    """Return a check suite."""
    return Answer(check_suite(call.repository, _suite(call)))


@table("GET", f"{_SUITE}/check-runs")
async def list_suite_runs(call: Call) -> Answer:
    """Return the check runs of a suite."""
    known, suite = call.repository, _suite(call)
    runs = [run for run in known.check_runs.values() if run.suite is suite]
    return page(call, runs, lambda run: check_run(known, run), "check_runs")
