"""The gates on two commits of a repository, for anyone: no ticket, no plan, no model.

They are the ones of a pull request, in the same order, with the same judgement of what the base
shows already.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from agent.desk import Desk
from agent.domain.errors import NeedsHumanError
from agent.domain.evidence import Evidence, Gate
from agent.domain.ids import CommitSha, LifeId
from agent.domain.repository import Repository
from agent.evidence.gates import with_their_like
from agent.evidence.judging import Judged, judge
from agent.evidence.result import Problem, Result
from agent.evidence.together import examine_all
from agent.evidence.verdicts import conclude
from agent.tools.base import Bench

AS_TICKET = "this command (--label)"
"""What stands in a ticket's place where a label is named."""
Heard = Callable[[str, Gate, Result | None], None]
"""Is told at which side (`base` or `head`) a gate begins (None), and what it showed."""


@dataclass(frozen=True)
class Verification:
    """A change, and what may be done to judge it."""

    desk: Desk
    """Its ledger keeps nothing for later; its model is never asked."""
    repository: Repository
    life: LifeId
    """Names the worktree at the head; the one at the base has `-base` behind it."""
    base: CommitSha
    head: CommitSha
    labels: tuple[str, ...] = ()
    """What a ticket's labels would allow, such as `api-break`."""
    limit: timedelta | None = None
    """The most time for one command."""
    hear: Heard = lambda _side, _gate, _result: None

    @property
    def base_life(self) -> LifeId:
        """Return the name of the worktree at the base."""
        return LifeId(f"{self.life}-base")

    def judge(self, gates: tuple[Gate, ...]) -> tuple[Judged, ...]:
        """Run gates; return what they say about the change, in the order of `Gate`."""
        wanted = tuple(gate for gate in Gate if gate in gates)
        body = {"key": AS_TICKET, "labels": list(self.labels)}
        self.desk.ledger.replace(self.life, "ticket", "current", body)
        try:
            at_base = self._at_base()
            at_head = self._bench(self.life, self.head, self.base)
        except NeedsHumanError as error:
            return not_run(wanted, self.head, str(error))
        return judge(
            wanted,
            lambda: at_head,
            partial(self._measure, at_base),
            is_apart=True,
            tell=partial(self.hear, "head"),
        )

    def close(self) -> None:
        """Remove the worktrees."""
        for life in (self.life, self.base_life):
            self.desk.workspace.close(self.repository, life)

    def _at_base(self) -> Bench | str:
        """Return the worktree at the base, or why nothing can run there.

        How the repository is checked is found out at the base, for both: as for a ticket.
        """
        try:
            bench = self._bench(self.base_life, self.base)
        except NeedsHumanError as error:
            return str(error)
        stack = bench.stack.model_dump(mode="json")
        self.desk.ledger.keep(self.life, "stack", "current", stack)
        return bench

    def _bench(self, life: LifeId, commit: CommitSha, base: CommitSha | None = None) -> Bench:
        bench = self.desk.bench(self.repository, life, commit, base)
        return replace(bench, limit=self.limit)

    def _measure(self, bench: Bench | str, gates: tuple[Gate, ...]) -> tuple[Evidence, ...]:
        ledger = self.desk.ledger
        known = {item.gate for item in ledger.evidence(self.life, self.base)}
        missing = tuple(gate for gate in with_their_like(gates) if gate not in known)
        if isinstance(bench, str):
            found = [item.result for item in not_run(missing, self.base, bench)]
        else:
            found = [*examine_all(missing, bench, tell=partial(self.hear, "base"))]
        for result in found:
            ledger.record(self.life, conclude(result, self.base))
        return ledger.evidence(self.life, self.base)


def not_run(gates: tuple[Gate, ...], commit: CommitSha, why: str) -> tuple[Judged, ...]:
    """Return that none of the gates could run, and why."""
    lines = [line.strip() for line in why.splitlines() if line.strip()] or ["no reason was given"]
    place = " ".join(dict.fromkeys([lines[0], lines[-1]]))
    problem = Problem(key="could not run", text=why, place=place)
    results = [Result(gate=gate, unable=(problem,), was_missing=True) for gate in gates]
    return tuple(Judged(result=item, evidence=conclude(item, commit)) for item in results)
