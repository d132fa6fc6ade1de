"""How long activities may take and how they are tried again."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from workflows.runner import LIGHT_QUEUE, TASK_QUEUE

HEARTBEAT = timedelta(seconds=15)
"""Cancellation and the death of a worker are noticed within this time."""


class Options(TypedDict):
    """Keyword arguments of `workflow.execute_activity_method`."""

    task_queue: str
    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta | None
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


def _options(queue: str, once: timedelta, all_in_all: timedelta, *, beats: bool) -> Options:
    return Options(
        task_queue=queue,
        start_to_close_timeout=once,
        schedule_to_close_timeout=all_in_all,
        heartbeat_timeout=HEARTBEAT if beats else None,
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)
        ),
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    )


OUTSIDE = _options(LIGHT_QUEUE, timedelta(minutes=2), timedelta(hours=24), beats=False)
"""Reads and writes of Jira, GitHub and Slack that the ticket cannot go on without."""
POLITE = _options(LIGHT_QUEUE, timedelta(seconds=30), timedelta(minutes=2), beats=False)
"""Progress in the channel: nice to have, never worth stopping for."""
MODEL = _options(TASK_QUEUE, timedelta(minutes=20), timedelta(hours=6), beats=True)
CODE = _options(TASK_QUEUE, timedelta(hours=4), timedelta(hours=12), beats=True)
"""Everything that runs repository code or moves a worktree; a suite may take an hour, twice."""
GIT = _options(TASK_QUEUE, timedelta(minutes=10), timedelta(hours=24), beats=True)
"""Fetches and pushes."""
