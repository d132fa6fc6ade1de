"""Recorded histories go on to replay with today's workflows."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.replay.altered import AlteredTicketWorkflow
from workflows.run import RunWorkflow
from workflows.runner import DATA_CONVERTER, workflow_runner
from workflows.ticket import TicketWorkflow

FOLDER = Path(__file__).parent / "histories"


def history(path: Path) -> WorkflowHistory:
    document = json.loads(path.read_text())
    return WorkflowHistory.from_json(document["workflowId"], document["history"])


def replayer(ticket: type[TicketWorkflow] = TicketWorkflow) -> Replayer:
    return Replayer(
        workflows=[ticket, RunWorkflow],
        workflow_runner=workflow_runner(),
        data_converter=DATA_CONVERTER,
    )


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path) -> None:
    await replayer().replay_workflow(history(path))


async def test_an_inserted_timer_is_caught() -> None:
    with pytest.raises(NondeterminismError):
        await replayer(AlteredTicketWorkflow).replay_workflow(history(FOLDER / "whole-way-1.json"))


def test_every_kind_of_workflow_was_recorded() -> None:
    first_events = [history(path).events[0] for path in FOLDER.glob("*.json")]
    types = {e.workflow_execution_started_event_attributes.workflow_type.name for e in first_events}
    assert types == {"Ticket", "Run"}
