"""Root of the worker process: builds the adapters and works on both task queues."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.worker import Worker

from workflows.activities.agent import AgentActivities
from workflows.activities.chat import ChatActivities
from workflows.activities.code_host import CodeHostActivities
from workflows.activities.tracker import TrackerActivities
from workflows.activities.workspace import WorkspaceActivities
from workflows.embedded import SEARCH_ATTRIBUTES
from workflows.health import serve_health
from workflows.interceptor import ErrorTranslation
from workflows.run import RunWorkflow
from workflows.runner import LIGHT_QUEUE, TASK_QUEUE, workflow_runner
from workflows.settings import Settings
from workflows.temporal import add_search_attributes, connect
from workflows.ticket import TicketWorkflow
from workflows.wiring import (
    UNSANDBOXED_NOTICE,
    build_artifacts,
    build_chat,
    build_desk,
    build_host,
    build_ledger,
    build_sandbox,
    build_tracker,
    build_workspace,
)

log = structlog.get_logger()
HEAVY_AT_ONCE = 6
LIGHT_AT_ONCE = 16
STICKY = timedelta(seconds=1)
"""How long a workflow waits for a worker that died before another one takes it."""
GRACE = timedelta(seconds=20)

Activity = Callable[..., Any]


def activities_of(*groups: object) -> list[Activity]:
    """Return the activity methods of these objects."""
    methods = [getattr(group, name) for group in groups for name in dir(group)]
    return [m for m in methods if hasattr(m, "__temporal_activity_definition")]


def build_workers(
    client: Client, heavy: Sequence[Activity], light: Sequence[Activity]
) -> tuple[Worker, Worker]:
    """Return the two workers of a process: for workflows and code, and for outside calls."""
    common: dict[str, Any] = {
        "interceptors": [ErrorTranslation()],
        "graceful_shutdown_timeout": GRACE,
    }
    return (
        Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[TicketWorkflow, RunWorkflow],
            activities=heavy,
            workflow_runner=workflow_runner(),
            activity_executor=ThreadPoolExecutor(HEAVY_AT_ONCE),
            max_concurrent_activities=HEAVY_AT_ONCE,
            sticky_queue_schedule_to_start_timeout=STICKY,
            max_heartbeat_throttle_interval=timedelta(seconds=5),
            **common,
        ),
        Worker(
            client,
            task_queue=LIGHT_QUEUE,
            activities=light,
            activity_executor=ThreadPoolExecutor(LIGHT_AT_ONCE),
            max_concurrent_activities=LIGHT_AT_ONCE,
            **common,
        ),
    )


def build_activities(
    settings: Settings, stack: AsyncExitStack
) -> tuple[list[Activity], list[Activity]]:
    """Build all adapters; return the activities of the heavy and of the light queue."""
    settings.require_repositories()
    ledger = build_ledger(settings)
    stack.callback(ledger.close)
    artifacts, sandbox = build_artifacts(settings), build_sandbox(settings)
    host, tracker = build_host(settings), build_tracker(settings)
    workspace = build_workspace(settings.backsmith_home, sandbox, artifacts, host.git_credentials)
    desk = build_desk(settings, ledger, artifacts, workspace, sandbox)
    notices = (UNSANDBOXED_NOTICE,) if settings.runs_unsandboxed else ()
    code = CodeHostActivities(host, ledger, workspace, artifacts, notices)
    kept = WorkspaceActivities(workspace=workspace, ledger=ledger)
    heavy = activities_of(AgentActivities(desk=desk), code, kept)
    light = activities_of(
        TrackerActivities(
            tracker=tracker,
            ledger=ledger,
            catalogue=settings.catalogue(),
            may_talk=settings.who_counts().may_talk,
        ),
        ChatActivities(chat=build_chat(settings, ledger), ledger=ledger),
        code,
        kept,
    )
    return heavy, light


async def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; what is under way is finished or handed over."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    ready = asyncio.Event()
    if settings.backsmith_health_port:
        serve_health(settings.backsmith_health_port, ready.is_set)
    async with AsyncExitStack() as stack:
        heavy, light = build_activities(settings, stack)
        client = await connect()
        await add_search_attributes(client, SEARCH_ATTRIBUTES)
        for worker in build_workers(client, heavy, light):
            await stack.enter_async_context(worker)
        ready.set()
        log.info("worker_ready", task_queues=[TASK_QUEUE, LIGHT_QUEUE])
        await stopping.wait()
        log.info("worker_stopping")
