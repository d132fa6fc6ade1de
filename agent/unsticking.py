"""Telling a run that gets nowhere, with evidence; in the end a person is asked."""

from agent.desk import Desk
from agent.domain.run import RunSpec
from agent.domain.value import Value
from agent.stuck import intervene


class Told(Value):
    """What was done about a run that gets nowhere."""

    written: int = 0
    blocked: str = ""
    """Why a person is needed; empty while the run may go on."""


def unstick(desk: Desk, spec: RunSpec, end: int) -> Told:
    """Look at the run's messages before `end`; write what it must be told, if anything, there."""
    begin = int(desk.ledger.find(spec.life, "opened", spec.run) or 0)
    found = intervene(desk.ledger.read(spec.life, end)[begin:])
    if found is None:
        return Told()
    desk.ledger.keep(
        spec.life, "stuck", f"{spec.run}/{end}", found.model_dump(mode="json", exclude={"message"})
    )
    if found.message is None:
        return Told(blocked=found.reason)
    desk.ledger.write(spec.life, end, [found.message])
    return Told(written=1)
