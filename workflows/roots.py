"""The long-running processes behind `up`, `gateway` and `worker`."""

import asyncio
import os

from workflows.embedded import EmbeddedTemporal
from workflows.logs import set_up_logging
from workflows.settings import load_settings
from workflows.temporal import is_configured


def run_worker_process() -> None:
    """Run a worker until it is told to stop."""
    from workflows.worker import run_worker

    set_up_logging()
    asyncio.run(run_worker(load_settings()))


def run_gateway_process() -> None:
    """Run the gateway until it is told to stop."""
    from workflows.server import run_gateway

    set_up_logging()
    asyncio.run(run_gateway(load_settings()))


def run_up(port: int, ui_port: int | None) -> None:
    """Run everything for one home until it is told to stop."""
    from workflows.supervisor import Supervisor

    set_up_logging()
    settings = load_settings()
    settings.require_team()
    home = settings.backsmith_home
    temporal = None if is_configured() else EmbeddedTemporal(home, port, ui_port)
    Supervisor(home, temporal, dict(os.environ)).run()
