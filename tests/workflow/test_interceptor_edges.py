"""How often a failed activity is tried."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ActivityError, CancelledError
from temporalio.worker import Worker

from tests.workflow.attempts import AttemptsWorkflow
from tests.workflow.team import Hold
from workflows.interceptor import ErrorTranslation
from workflows.runner import DATA_CONVERTER, workflow_runner
from workflows.temporal import runtime

SOON, NEVER = 0.01, 3600.0


class Failing:
    """An activity that fails with these errors, one after the other, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.tried = 0

    @activity.defn(name="fail")
    def fail(self) -> str:
        self.tried += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


class Long:
    """An activity that lasts until it is cancelled."""

    def __init__(self) -> None:
        self.hold = Hold()

    @activity.defn(name="fail")
    def fail(self) -> str:
        self.hold.reached.set()
        while not self.hold.released.wait(0.05):
            activity.heartbeat()
        return "done"


@asynccontextmanager
async def trying(
    address: str, tried: Failing | Long, first_wait: float
) -> AsyncIterator[WorkflowHandle[AttemptsWorkflow, str]]:
    client = await Client.connect(address, data_converter=DATA_CONVERTER, runtime=runtime())
    name = f"attempts-{uuid.uuid4().hex}"
    with ThreadPoolExecutor(1) as executor:
        async with Worker(
            client,
            task_queue=name,
            workflows=[AttemptsWorkflow],
            activities=[tried.fail],
            activity_executor=executor,
            interceptors=[ErrorTranslation()],
            workflow_runner=workflow_runner(),
        ):
            beat = 20.0 if isinstance(tried, Failing) else 1.0
            yield await client.start_workflow(
                AttemptsWorkflow.run, args=[first_wait, beat], id=name, task_queue=name
            )


async def failure(handle: WorkflowHandle[AttemptsWorkflow, str]) -> BaseException | None:
    """Return why the activity failed."""
    with pytest.raises(WorkflowFailureError) as caught:
        await asyncio.wait_for(handle.result(), 10)
    error = caught.value.cause
    return error.__cause__ if isinstance(error, ActivityError) else error


async def test_a_cancelled_activity_is_reported_as_cancelled(temporal: str) -> None:
    long = Long()
    async with trying(temporal, long, SOON) as handle:
        while not long.hold.reached.is_set():  # noqa: ASYNC110 - a thread sets it
            await asyncio.sleep(0.01)
        await handle.cancel()
        reason = await failure(handle)
    assert isinstance(reason, CancelledError)
