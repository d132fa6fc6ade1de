"""How often a failed activity is tried."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError
from temporalio.worker import Worker

from agent.domain.errors import (
    NeedsHumanError,
    NotFoundError,
    PermanentError,
    QuotaSpentError,
    RateLimitedError,
    TransientError,
)
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


@pytest.mark.parametrize("kind", [PermanentError, NotFoundError, QuotaSpentError, NeedsHumanError])
async def test_what_no_attempt_can_mend_is_tried_once(temporal: str, kind: type[Exception]) -> None:
    failing = Failing(kind("no"), kind("no"))
    async with trying(temporal, failing, SOON) as handle:
        reason = await failure(handle)
    assert isinstance(reason, ApplicationError)
    assert (reason.type, reason.message, failing.tried) == (kind.__name__, "no", 1)


async def test_a_transient_failure_is_tried_until_it_succeeds(temporal: str) -> None:
    failing = Failing(TransientError("503"), TransientError("503"))
    async with trying(temporal, failing, SOON) as handle:
        assert await handle.result() == "done"
    assert failing.tried == 3


async def test_a_rate_limit_is_waited_for_as_long_as_it_says(temporal: str) -> None:
    failing = Failing(RateLimitedError("429", timedelta(seconds=0.2)))
    async with trying(temporal, failing, NEVER) as handle:
        assert await asyncio.wait_for(handle.result(), 10) == "done"


async def test_an_unforeseen_failure_is_tried_three_times(temporal: str) -> None:
    failing = Failing(*[KeyError("price")] * 9)
    async with trying(temporal, failing, SOON) as handle:
        reason = await failure(handle)
    assert "KeyError in fail: 'price'" in str(reason)
    assert failing.tried == 3


async def test_a_cancelled_activity_is_reported_as_cancelled(temporal: str) -> None:
    long = Long()
    async with trying(temporal, long, SOON) as handle:
        while not long.hold.reached.is_set():  # noqa: ASYNC110 - a thread sets it
            await asyncio.sleep(0.01)
        await handle.cancel()
        reason = await failure(handle)
    assert isinstance(reason, CancelledError)
