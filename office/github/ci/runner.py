"""Starts the workflows for new heads and reports them as check runs, one job at a time."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from office.github.accounts import ACTIONS
from office.github.acts.checks import (
    CheckChange,
    known_commit,
    new_suite,
    start_check,
    update_check,
)
from office.github.ci.environments import Environments
from office.github.ci.job import JobRunner, Outcome
from office.github.ci.workflow import JobSpec, Workflow, read_workflows
from office.github.hub import Hub, Trigger
from office.github.payloads.actions import workflow as workflow_payload
from office.github.payloads.actions import workflow_run
from office.github.records import CheckRun, CheckSuite, Job, Repository, Step, WorkflowRun
from office.world import now


@dataclass
class Runner:
    """The one CI machine of the office."""

    hub: Hub
    environments: Environments
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    _tasks: dict[asyncio.Task[None], tuple[str, int | None]] = field(default_factory=dict)
    _closing: bool = False

    def start(self, trigger: Trigger) -> None:
        """Run the workflows for a new head; an older run for the same pull request ends."""
        if trigger.pull is not None:
            self.cancel(trigger.repository, trigger.pull)
        task = asyncio.get_running_loop().create_task(self._all(trigger))
        self._tasks[task] = (trigger.repository.full_name, trigger.pull)
        task.add_done_callback(self._tasks.pop)

    def cancel(self, repository: Repository, pull: int) -> None:
        """End the runs of a pull request; they conclude as cancelled."""
        for task, key in list(self._tasks.items()):
            if key == (repository.full_name, pull):
                task.cancel()

    async def close(self) -> None:
        """Stop everything, without a word to anyone."""
        self._closing = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _all(self, trigger: Trigger) -> None:
        repository = trigger.repository
        await known_commit(repository, trigger.sha)
        pull = repository.pulls.get(trigger.pull or 0)
        branch = pull.base_ref if pull else trigger.branch
        workflows = [
            workflow
            for workflow in await read_workflows(repository.path, trigger.sha)
            if workflow.answers(trigger.event, branch)
        ]
        started = [self._queue(trigger, workflow) for workflow in workflows]
        try:
            for workflow, run in zip(workflows, started, strict=True):
                await self._run(trigger, workflow, run)
        except asyncio.CancelledError:
            if not self._closing:
                self._cancelled(repository, started)
            raise

    def _queue(self, trigger: Trigger, workflow: Workflow) -> WorkflowRun:
        repository, hub = trigger.repository, self.hub
        suite = new_suite(hub, repository, ACTIONS, trigger.sha, trigger.branch)
        suite.before = trigger.before
        run = WorkflowRun(
            id=hub.new_id(),
            name=workflow.name,
            path=workflow.path,
            workflow_id=repository.workflow_ids.setdefault(workflow.path, hub.new_id()),
            number=len(repository.runs) + 1,
            event=trigger.event,
            head_branch=trigger.branch,
            head_sha=trigger.sha,
            title=trigger.title,
            actor=trigger.actor,
            suite=suite,
            created_at=now(),
            updated_at=now(),
        )
        repository.runs[run.id] = run
        run.jobs = [self._queue_job(repository, suite, run, spec) for spec in workflow.jobs]
        return run

    def _queue_job(
        self, repository: Repository, suite: CheckSuite, run: WorkflowRun, spec: JobSpec
    ) -> Job:
        number = self.hub.new_id()
        change = CheckChange(details_url=f"{repository.html}/actions/runs/{run.id}/job/{number}")
        check = start_check(self.hub, repository, suite, spec.name, change, number=number)
        steps = [Step(number, step.name) for number, step in enumerate(spec.steps, start=1)]
        return Job(run, check, spec.name, list(spec.labels), now(), steps)

    async def _run(self, trigger: Trigger, workflow: Workflow, run: WorkflowRun) -> None:
        run.status = "in_progress"
        conclusions: dict[str, str] = {}
        waiting = list(zip(workflow.jobs, run.jobs, strict=True))
        while waiting:
            ready = next(
                (pair for pair in waiting if not _still_needed(pair[0], waiting)), waiting[0]
            )
            waiting.remove(ready)
            spec, job = ready
            if all(conclusions.get(need) == "success" for need in spec.needs):
                conclusions[spec.id] = await self._job(trigger, spec, job)
            else:
                conclusions[spec.id] = "skipped"
                self._conclude(trigger.repository, job.check, Outcome("skipped"))
        bad = [word for word in conclusions.values() if word not in ("success", "skipped")]
        self._complete(trigger.repository, run, bad[0] if bad else "success")

    async def _job(self, trigger: Trigger, spec: JobSpec, job: Job) -> str:
        repository = trigger.repository
        async with self._turn:
            change = CheckChange(status="in_progress", started_at=now())
            update_check(self.hub, repository, job.check, change)
            with tempfile.TemporaryDirectory(
                prefix="office-ci-", ignore_cleanup_errors=True
            ) as folder:
                runner = JobRunner(
                    repository,
                    job,
                    spec,
                    Path(folder),
                    self.environments,
                    _context(trigger),
                    _variables(trigger),
                )
                outcome = await runner.run()
        self._conclude(repository, job.check, outcome)
        return outcome.conclusion

    def _conclude(self, repository: Repository, check: CheckRun, outcome: Outcome) -> None:
        change = CheckChange(conclusion=outcome.conclusion, title=check.name)
        change.summary = f"The job ended with: {outcome.conclusion}."
        if outcome.failed_step:
            change.title = f"{outcome.failed_step} failed"
            change.summary = (
                f"The step **{outcome.failed_step}** ended with exit code {outcome.code}."
            )
            change.text = outcome.tail
            change.annotations = [
                {
                    "path": ".github",
                    "start_line": 1,
                    "end_line": 1,
                    "annotation_level": "failure",
                    "message": f"Process completed with exit code {outcome.code}.",
                }
            ]
        update_check(self.hub, repository, check, change)

    def _cancelled(self, repository: Repository, runs: list[WorkflowRun]) -> None:
        for run in runs:
            if run.conclusion:
                continue
            for job in run.jobs:
                if job.check.conclusion is None:
                    self._conclude(repository, job.check, Outcome("cancelled"))
            self._complete(repository, run, "cancelled")

    def _complete(self, repository: Repository, run: WorkflowRun, conclusion: str) -> None:
        run.status, run.conclusion, run.updated_at = "completed", conclusion, now()
        payload = {
            "action": "completed",
            "workflow": workflow_payload(repository, run.path, run.name),
            "workflow_run": workflow_run(repository, run),
        }
        self.hub.emit("workflow_run", repository, run.actor, payload)


def _still_needed(spec: JobSpec, waiting: list[tuple[JobSpec, Job]]) -> bool:
    """Tell whether a job waits for one that has not run yet."""
    return any(other.id in spec.needs for other, _ in waiting)


def _context(trigger: Trigger) -> dict[str, str]:
    return {
        "github.sha": trigger.sha,
        "github.event_name": trigger.event,
        "github.repository": trigger.repository.full_name,
        "github.head_ref": trigger.branch if trigger.pull else "",
        "github.base_ref": _base(trigger),
        "github.ref_name": trigger.branch,
        "github.actor": trigger.actor.login,
        "runner.os": "Linux",
    }


def _base(trigger: Trigger) -> str:
    pull = trigger.repository.pulls.get(trigger.pull or 0)
    return pull.base_ref if pull else ""


def _variables(trigger: Trigger) -> dict[str, str]:
    ref = f"refs/pull/{trigger.pull}/merge" if trigger.pull else f"refs/heads/{trigger.branch}"
    return {
        "GITHUB_SHA": trigger.sha,
        "GITHUB_REF": ref,
        "GITHUB_REF_NAME": trigger.branch,
        "GITHUB_HEAD_REF": trigger.branch if trigger.pull else "",
        "GITHUB_BASE_REF": _base(trigger),
        "GITHUB_EVENT_NAME": trigger.event,
        "GITHUB_REPOSITORY": trigger.repository.full_name,
        "GITHUB_ACTOR": trigger.actor.login,
        "GITHUB_SERVER_URL": trigger.repository.site.origin,
        "GITHUB_API_URL": trigger.repository.site.api,
    }
