"""Whether our workflows can be loaded inside the workflow sandbox at all."""

from temporalio.client import Client

from tests.workflow.team import Team
from workflows.runner import DATA_CONVERTER, LIGHT_QUEUE, TASK_QUEUE
from workflows.temporal import runtime
from workflows.worker import build_workers


async def test_the_workers_load_every_workflow_in_the_sandbox(temporal: str) -> None:
    client = await Client.connect(temporal, data_converter=DATA_CONVERTER, runtime=runtime())
    workers = build_workers(client, *Team().activities())
    assert [worker.task_queue for worker in workers] == [TASK_QUEUE, LIGHT_QUEUE]
