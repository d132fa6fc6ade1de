"""What one step of a run costs beside the model and the commands: in Temporal, and without it.

A scripted model answers at once and the files are in memory, so all that is measured is ours: the
workflow's tasks, the activities, the graph, the transcript on a real SQLite ledger.
"""

import asyncio
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from agent.desk import Desk
from agent.domain.ids import LifeId, RunId, TicketKey
from agent.domain.repository import Repository
from agent.domain.run import RunSpec, Stage
from agent.graph import initial_state, run_graph
from agent.opening import open_run
from integrations.ledger.ledger import SqlLedger, open_ledger
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.chat_model import ScriptedChatModel, call
from tests.fakes.sandbox import FakeSandbox
from tests.fakes.workspace import FakeWorkspace
from workflows.activities.agent import AgentActivities
from workflows.embedded import find_binary
from workflows.interceptor import ErrorTranslation
from workflows.local import DirectEffects
from workflows.run import RunStart, RunWorkflow
from workflows.runner import DATA_CONVERTER, TASK_QUEUE, workflow_runner
from workflows.worker import activities_of

STEPS = 40
REPOSITORY = Repository(name="acme/bench", git_url="memory://bench")


def _desk(ledger: SqlLedger) -> tuple[Desk, RunSpec]:
    workspace = FakeWorkspace()
    files = {f"app{number}.py": "print('hello')\n" * 40 for number in range(STEPS)}
    base = workspace.commit_on_remote(REPOSITORY, "main", files)
    # Each step reads another file: a run that went round in circles would be stopped.
    steps = [call("read_files", files=[name]) for name in list(files)[1:]]
    end = call("propose_plan", summary="Nothing.", files=["app0.py"])
    desk = Desk(
        ledger=ledger,
        artifacts=FakeArtifacts(),
        workspace=workspace,
        sandbox=FakeSandbox(workspace.trees),
        model=ScriptedChatModel(*steps, end),
    )
    life = LifeId("BENCH-1-00000000")
    ticket = {"key": "BENCH-1", "summary": "Measure", "description": "x", "clarifications": []}
    ledger.replace(life, "ticket", "current", ticket)
    spec = RunSpec(
        life=life,
        run=RunId(f"{life}/1-plan"),
        ticket=TicketKey("BENCH-1"),
        stage=Stage.PLAN,
        repository=REPOSITORY,
        base=base,
        head=base,
        position=0,
        model="recorded",
        budget_usd=Decimal(1),
        max_steps=STEPS + 1,
    )
    return desk, spec


async def _direct(ledger: SqlLedger) -> float:
    desk, spec = _desk(ledger)
    position = open_run(desk, spec)
    started = time.perf_counter()
    effects = DirectEffects(desk, spec, lambda _line: None)
    await run_graph(spec, effects, initial_state(spec, position))
    return time.perf_counter() - started


async def _durable(ledger: SqlLedger, home: Path) -> tuple[float, int, int]:
    desk, spec = _desk(ledger)
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=find_binary(),
        data_converter=DATA_CONVERTER,
        dev_server_database_filename=str(home / "temporal.sqlite"),
        dev_server_log_level="error",
    ) as environment:
        client = environment.client
        worker = Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[RunWorkflow],
            activities=activities_of(AgentActivities(desk=desk)),
            workflow_runner=workflow_runner(),
            activity_executor=ThreadPoolExecutor(4),
            interceptors=[ErrorTranslation()],
        )
        async with worker:
            # The first run of a process pays for imports and the first compilation of the graph.
            await _run(client, spec.model_copy(update={"max_steps": 0}))
            seconds, handle = await _run(client, spec)
            history = await handle.fetch_history()
            size = sum(len(event.SerializeToString()) for event in history.events)
            return seconds, len(history.events), size


async def _run(client: Client, spec: RunSpec) -> tuple[float, WorkflowHandle[Any, Any]]:
    started = time.perf_counter()
    handle = await client.start_workflow(
        RunWorkflow.run,
        RunStart(spec=spec),
        id=f"bench-{spec.max_steps}",
        task_queue=TASK_QUEUE,
    )
    await handle.result()
    return time.perf_counter() - started, handle


def measure_steps() -> dict[str, Any]:
    """Return milliseconds per step with and without Temporal, and the history's size."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        plain, durable = (open_ledger(f"sqlite:///{home / name}.sqlite") for name in "pd")
        try:
            direct = asyncio.run(_direct(plain))
            seconds, events, size = asyncio.run(_durable(durable, home))
        finally:
            plain.close()
            durable.close()
    return {
        "steps": STEPS,
        "durable_ms_per_step": round(seconds / STEPS * 1000, 1),
        "direct_ms_per_step": round(direct / STEPS * 1000, 1),
        "ratio": round(seconds / direct, 1),
        "history_events": events,
        "history_bytes": size,
        "bytes_per_step": round(size / STEPS),
    }
