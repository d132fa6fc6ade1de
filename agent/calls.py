"""Carrying out the tool calls of one answer, in their order; those that only read run together."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby

from agent.domain.conversation import ToolCall
from agent.domain.errors import ToolError
from agent.domain.evidence import Evidence
from agent.domain.plan import Plan
from agent.domain.run import RunSpec, Signal, Stage
from agent.tools.base import Bench, ToolOutcome
from agent.tools.finish import Finish
from agent.tools.registry import is_read_only, is_writing, parse_call

REFUSED = "This call was refused: "
_TOGETHER = 4
"""Reading calls at a time."""
_UNCOUNTED = (
    "Not counted: an earlier call of this answer failed, or its checks did not pass. "
    "Mend that, then call finish again."
)
_GOES_ON = "The plan is kept; it needs no approval. Go on with it."
_WAITS = "The plan is kept; a person has to approve it before anything is changed."


class Turn:
    """One answer's calls; `stage` becomes develop when a plan may be carried out at once."""

    def __init__(self, bench: Bench, spec: RunSpec, stage: Stage) -> None:
        self._bench = bench
        self._spec = spec
        self.stage = stage
        self.evidence: tuple[Evidence, ...] = ()
        """What the gates showed of the worktree as the answer leaves it."""
        self._has_failed = False

    def carry_out(self, calls: Sequence[ToolCall]) -> list[ToolOutcome]:
        """Return one outcome per call."""
        outcomes: list[ToolOutcome] = []
        is_finishing = any(call.name == Finish.name for call in calls)
        self._bench = replace(self._bench, is_finishing=is_finishing)
        for reads, group in groupby(calls, key=lambda call: is_read_only(call.name)):
            batch = list(group)
            if reads:
                outcomes += self._together(batch)
                continue
            for call in batch:
                later = calls[len(outcomes) + 1 :]
                outcomes.append(self._settled(self._one(call), later))
        return outcomes

    def _together(self, calls: list[ToolCall]) -> list[ToolOutcome]:
        with ThreadPoolExecutor(max_workers=_TOGETHER) as pool:
            return list(pool.map(self._one, calls))

    def _one(self, call: ToolCall) -> ToolOutcome:
        try:
            tool = parse_call(call, self.stage)
        except ToolError as error:
            return ToolOutcome(text=f"{REFUSED}{error}", failed=True)
        try:
            return tool.run(self._bench)
        except ToolError as error:
            return ToolOutcome(text=f"Error: {error}", failed=True)

    def _settled(self, outcome: ToolOutcome, later: Sequence[ToolCall]) -> ToolOutcome:
        """Return what an outcome means after the calls before it and before those behind it."""
        if outcome.evidence or outcome.changes_files:
            self.evidence = outcome.evidence
        if outcome.signal is Signal.FINISH and self._has_failed:
            return ToolOutcome(text=_UNCOUNTED, failed=True)
        if outcome.signal is Signal.PLAN:
            return self._planned(outcome, later)
        self._has_failed = self._has_failed or outcome.failed
        return outcome

    def _planned(self, outcome: ToolOutcome, later: Sequence[ToolCall]) -> ToolOutcome:
        """A plan ends the run, unless it needs no approval and its work stands beside it."""
        plan = Plan.model_validate(outcome.record[2]) if outcome.record else None
        if plan and plan.needs_approval(self._spec.approval):
            self.stage = Stage.PLAN  # also during the work: what follows would not be approved
            return outcome.model_copy(update={"text": _WAITS})
        is_at_work = self.stage is not Stage.PLAN
        goes_on = self._spec.may_go_on and any(is_writing(call.name) for call in later)
        if not is_at_work and not goes_on:
            return outcome
        self.stage = Stage.DEVELOP
        return outcome.model_copy(update={"text": _GOES_ON, "signal": None})
