"""Record the histories anew: `python -m tests.replay.record`.

What was recorded with a released version must go on to replay: record anew only together with a
change that no running ticket needs to survive.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from tests.replay.scenarios import SCENARIOS, Scenario
from tests.workflow.service import SHORT_HISTORIES, serving, working

FOLDER = Path(__file__).parent / "histories"
_OF_THE_MACHINE = {"identity", "stackTrace"}
"""Fields that a replay does not need, and that differ from machine to machine."""


async def record(name: str, scenario: Scenario, address: str) -> None:
    """Live a scenario and keep the histories of all its workflows."""
    make_team, act = scenario.turns
    async with working(address, make_team()) as ticket:
        await ticket.start()
        await act(ticket)
        await ticket.result()
        for number, history in enumerate(await ticket.histories(), start=1):
            keep(FOLDER / f"{name}-{number}.json", history, ticket.client.identity)


def keep(path: Path, history: WorkflowHistory, worker: str) -> None:
    """Write one history, with the id of its workflow and nothing of the worker's machine."""
    events = _without_machine(json.loads(history.to_json())["events"])
    rows = ",\n".join(json.dumps(event, separators=(",", ":")) for event in events)
    name = json.dumps(history.workflow_id)
    text = f'{{"workflowId": {name}, "history": {{"events": [\n{rows}\n]}}}}\n'
    path.write_text(text.replace(worker, "worker"))


def _without_machine(value: Any) -> Any:
    if isinstance(value, dict):
        kept = value.items()
        return {key: _without_machine(each) for key, each in kept if key not in _OF_THE_MACHINE}
    return [_without_machine(each) for each in value] if isinstance(value, list) else value


def main() -> None:
    """Record all scenarios, in place of what was recorded before."""
    for old in FOLDER.glob("*.json"):
        old.unlink()
    FOLDER.mkdir(exist_ok=True)
    with serving() as address, serving(SHORT_HISTORIES) as short:
        for name, scenario in SCENARIOS.items():
            where = short if scenario.has_short_histories else address
            asyncio.run(record(name, scenario, where))


if __name__ == "__main__":
    main()
