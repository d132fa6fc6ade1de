"""Which stage a run is in: a planning run may have gone on to carry its plan out."""

from agent.desk import Desk
from agent.domain.run import RunSpec, Stage

_KIND = "stage"


def stage_of(desk: Desk, spec: RunSpec) -> Stage:
    """Return the stage that a run is in now."""
    return Stage(desk.ledger.find(spec.life, _KIND, spec.run) or spec.stage)


def keep_stage(desk: Desk, spec: RunSpec, stage: Stage) -> None:
    """Remember that a run has gone on to another stage."""
    if stage is not spec.stage:
        desk.ledger.keep(spec.life, _KIND, spec.run, stage)
