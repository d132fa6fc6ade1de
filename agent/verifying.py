"""The gates on two commits of a repository, for anyone: no ticket, no plan, no model.

They are the ones of a pull request, in the same order, with the same judgement of what the base
shows already. Where the repository's packages cannot be installed, those run that only read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from time import monotonic

from agent.desk import Desk
from agent.domain.errors import NeedsHumanError, TransientError
from agent.domain.evidence import Evidence, Gate
from agent.domain.ids import CommitSha, LifeId
from agent.domain.repository import Repository
from agent.evidence.gates import with_their_like
from agent.evidence.judging import Judged, judge
from agent.evidence.result import Problem, Result
from agent.evidence.together import examine_all
from agent.evidence.verdicts import conclude
from agent.permissions import by_option
from agent.tools.base import Bench

AS_TICKET = "this command (--label)"
"""What stands in a ticket's place where a label is named."""
READING = frozenset({Gate.WEAKENING, Gate.SECRETS, Gate.DEPENDENCIES, Gate.PROTECTED, Gate.DOCS})
"""Gates that need nothing of the repository's packages: they compare files."""
UNREACHABLE = "no package index"
"""The key of the problem that the packages could not be fetched: it may pass by itself."""
COULD_NOT = "could not run"
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
    say: Callable[[str], None] = lambda _line: None
    """Is told in words what goes on beside the gates."""

    @property
    def base_life(self) -> LifeId:
        """Return the name of the worktree at the base."""
        return LifeId(f"{self.life}-base")

    def judge(self, gates: tuple[Gate, ...], lacking: str = "") -> tuple[Judged, ...]:
        """Run gates; return what they say about the change, in the order of `Gate`.

        Args:
            gates: What to run.
            lacking: Why no code of the repository can run, if that is known already: then only
                gates are run that read.
        """
        wanted = tuple(gate for gate in Gate if gate in gates)
        body = {"key": AS_TICKET, "labels": list(self.labels)}
        self.desk.ledger.replace(self.life, "ticket", "current", body)
        try:
            sides = None if lacking else self._sides()
        except NeedsHumanError as error:
            lacking = str(error)
        except TransientError as error:
            return self._only_read(wanted, str(error), UNREACHABLE)
        if lacking or sides is None:
            return self._only_read(wanted, lacking)
        at_base, at_head = sides
        measure = partial(self._measure, at_base)
        tell = partial(self.hear, "head")
        return judge(wanted, lambda: at_head, measure, is_apart=True, tell=tell)

    def close(self) -> None:
        """Remove the worktrees."""
        for life in (self.life, self.base_life):
            self.desk.workspace.close(self.repository, life)

    def _sides(self) -> tuple[Bench | str, Bench]:
        """Return the worktrees at base and head; of the base, why nothing can run there."""
        at_base: Bench | str
        try:
            at_base = self._at_base()
        except NeedsHumanError as error:
            at_base = str(error)
        return at_base, self._bench(self.life, self.head, self.base)

    def _at_base(self) -> Bench:
        """Return the worktree at the base.

        How the repository is checked is found out at the base, for both: as for a ticket.
        """
        bench = self._bench(self.base_life, self.base)
        stack = bench.stack.model_dump(mode="json")
        self.desk.ledger.keep(self.life, "stack", "current", stack)
        return bench

    def _bench(self, life: LifeId, commit: CommitSha, base: CommitSha | None = None) -> Bench:
        side = "base" if base is None else "head"
        self.say(f"packages at the {side}: begin to be installed, unless they are")
        began = monotonic()
        bench = self.desk.bench(self.repository, life, commit, base)
        self.say(f"packages at the {side}: there, {monotonic() - began:.1f} s")
        return self._as_asked(bench)

    def _as_asked(self, bench: Bench) -> Bench:
        ask = partial(by_option, self.desk.ledger, self.life)
        return replace(bench, limit=self.limit, allowed=ask)

    def _only_read(
        self, gates: tuple[Gate, ...], why: str, key: str = COULD_NOT
    ) -> tuple[Judged, ...]:
        """Return what the gates say that only read, and of the others why they could not run."""
        reading = tuple(gate for gate in gates if gate in READING)
        found = {
            item.evidence.gate: item
            for item in not_run([g for g in gates if g not in reading], self.head, why, key)
        }
        if reading:
            self.say("no code of the repository can run: only gates that read it do")
            open_ = partial(self.desk.bench, self.repository, self.life, self.head, self.base)
            bench = self._as_asked(open_(for_reading=True))
            measure = partial(self._measure, why)
            tell = partial(self.hear, "head")
            judged = judge(reading, lambda: bench, measure, tell=tell)
            found.update((item.evidence.gate, item) for item in judged)
        return tuple(found[gate] for gate in gates)

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


def not_run(
    gates: Sequence[Gate], commit: CommitSha, why: str, key: str = COULD_NOT
) -> tuple[Judged, ...]:
    """Return that none of the gates could run, and why; `key` names the reason for programs."""
    lines = [line.strip() for line in why.splitlines() if line.strip()] or ["no reason was given"]
    place = " ".join(dict.fromkeys([lines[0], lines[-1]]))
    problem = Problem(key=key, text=why, place=place)
    results = [Result(gate=gate, unable=(problem,), was_missing=True) for gate in gates]
    return tuple(Judged(result=item, evidence=conclude(item, commit)) for item in results)
