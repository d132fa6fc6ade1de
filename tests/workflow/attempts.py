"""A workflow that tries one activity, for the tests of how failures are tried again."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy


@workflow.defn(name="Attempts")
class AttemptsWorkflow:
    """Runs the activity `fail` with a policy that would try for ever."""

    @workflow.run
    async def run(self, first_wait_seconds: float, heartbeat_seconds: float) -> str:
        """Return what the activity returned at last."""
        wait = timedelta(seconds=first_wait_seconds)
        return str(
            await workflow.execute_activity(
                "fail",
                start_to_close_timeout=timedelta(seconds=20),
                heartbeat_timeout=timedelta(seconds=heartbeat_seconds),
                retry_policy=RetryPolicy(initial_interval=wait, backoff_coefficient=1.0),
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        )
