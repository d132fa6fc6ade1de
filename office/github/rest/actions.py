"""REST: workflow runs, jobs and their logs."""

from __future__ import annotations

from office.github.errors import not_found
from office.github.payloads.actions import job as job_payload
from office.github.payloads.actions import workflow, workflow_run
from office.github.records import Job, WorkflowRun
from office.github.rest.call import Answer, Call, Table, page

table = Table()
_ACTIONS = "/repos/{owner}/{repo}/actions"


def _run(call: Call) -> WorkflowRun:
    found = call.repository.runs.get(call.number("run"))
    if found is None:
        raise not_found()
    return found


def _job(call: Call) -> Job:
    number = call.number("job")
    for run in call.repository.runs.values():
        for job in run.jobs:
            if job.id == number:
                return job
    raise not_found()


@table("GET", f"{_ACTIONS}/workflows")
async def list_workflows(call: Call) -> Answer:
    """Return the workflow files that have run so far."""
    known = call.repository
    names = {run.path: run.name for run in known.runs.values()}
    found = sorted(names.items())
    return page(call, found, lambda entry: workflow(known, *entry), "workflows")


@table("GET", f"{_ACTIONS}/runs")
async def list_runs(call: Call) -> Answer:
    """Return workflow runs, newest first."""
    known = call.repository
    runs = list(known.runs.values())[::-1]
    wanted = {
        "head_sha": call.query("head_sha"),
        "head_branch": call.query("branch"),
        "event": call.query("event"),
    }
    for name, value in wanted.items():
        runs = [run for run in runs if not value or getattr(run, name) == value]
    status, suite = call.query("status"), call.query("check_suite_id")
    runs = [run for run in runs if not status or status in (run.status, run.conclusion)]
    runs = [run for run in runs if not suite or suite == str(run.suite.id)]
    return page(call, runs, lambda run: workflow_run(known, run), "workflow_runs")


@table("GET", f"{_ACTIONS}/runs/{{run}}")
async def get_run(call: Call) -> Answer:
    """Return a workflow run."""
    return Answer(workflow_run(call.repository, _run(call)))


@table("GET", f"{_ACTIONS}/runs/{{run}}/jobs")
async def list_jobs(call: Call) -> Answer:
    """Return the jobs of a workflow run."""
    known = call.repository
    return page(call, _run(call).jobs, lambda job: job_payload(known, job), "jobs")


@table("GET", f"{_ACTIONS}/jobs/{{job}}")
async def get_job(call: Call) -> Answer:
    """Return a job."""
    return Answer(job_payload(call.repository, _job(call)))


@table("GET", f"{_ACTIONS}/jobs/{{job}}/logs")
async def get_job_log(call: Call) -> Answer:
    """Redirect to the log, once the job has ended, at an address that needs no token."""
    job = _job(call)
    if job.check.conclusion is None:
        raise not_found()
    return Answer(status=302, headers={"Location": f"{call.hub.site.origin}{job.log_path}"})
