"""How large the histories of one whole ticket are: the demonstration's way, assignment to merge."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from temporalio.client import Client

from office.lead import ScriptedLead
from tests.e2e.town import Town, town
from tests.fakes.waiting import until


def measure_histories(key: str = "SHOP-7") -> dict[str, Any]:
    """Run a ticket to its merge; return events and bytes of each of its workflows."""
    with tempfile.TemporaryDirectory() as folder, town(Path(folder)) as place:
        place.office.spawn(ScriptedLead(place.office).run())
        place.assign(key)
        until(lambda: place.status(key) == "Done", "the ticket is done", 200)
        return asyncio.run(_read(place))


async def _read(place: Town) -> dict[str, Any]:
    client = await Client.connect(f"127.0.0.1:{place.setup.temporal_port}")
    figures: dict[str, Any] = {}
    async for item in client.list_workflows("ExecutionStatus != 'Terminated'"):
        history = await client.get_workflow_handle(item.id, run_id=item.run_id).fetch_history()
        size = sum(len(event.SerializeToString()) for event in history.events)
        figures[item.id] = f"{len(history.events)} events, {size} bytes"
    return figures
