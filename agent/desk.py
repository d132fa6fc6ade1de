"""Everything that a developer at work reaches for, as ports."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial

from agent.domain.conversation import Price, Usage
from agent.domain.ids import CommitSha, LifeId
from agent.domain.repository import Repository, Worktree
from agent.own_secrets import NONE, OwnSecrets
from agent.permissions import allowed
from agent.ports import Artifacts, ChatModel, Ledger, Preparation, Sandbox, Workspace
from agent.stacks.commands import Stack
from agent.survey.keeping import surveyed
from agent.tools.base import Bench


def _today() -> date:
    return datetime.now(UTC).date()  # noqa: TID251 - the default of the desk's clock


@dataclass(frozen=True)
class Desk:
    """The ports that the effects of a run need."""

    ledger: Ledger
    artifacts: Artifacts
    workspace: Workspace
    sandbox: Sandbox
    model: ChatModel
    prices: dict[str, Price] = field(default_factory=dict)
    """US dollars by model name."""
    own_secrets: OwnSecrets = NONE
    today: Callable[[], date] = _today

    def cost_usd(self, model: str, usage: Usage) -> str:
        """Return the price of one call as a decimal text; 0 for a model declared free."""
        price = self.prices.get(model)
        return str(price.cost_usd(usage)) if price else "0"

    def show(self, life: LifeId, doing: str) -> None:
        """Say what is being done right now, for the live view."""
        self.ledger.replace(life, "doing", "current", doing)

    def bench(
        self,
        repository: Repository,
        life: LifeId,
        head: CommitSha,
        base: CommitSha | None = None,
        *,
        for_reading: bool = False,
    ) -> Bench:
        """Return the worktree standing at `head`, ready to run code in unless it is only read.

        With `base`, what the gates showed there is at hand to compare with. What no lock pins is
        installed as of the day of the base, at both.
        """
        worktree = self.workspace.open(repository, life, head)
        stack = self._stack(life, worktree)
        return Bench(
            sandbox=self.sandbox,
            worktree=worktree,
            stack=stack,
            notes=() if for_reading else self._prepared(worktree, stack, base),
            artifacts=self.artifacts,
            today=self.today(),
            base=base,
            at_base=self.ledger.evidence(life, base) if base else (),
            allowed=partial(allowed, self.ledger, life),
            own_secrets=self.own_secrets,
        )

    def _prepared(
        self, worktree: Worktree, stack: Stack, base: CommitSha | None
    ) -> tuple[str, ...]:
        """Install what the commands need; what no lock pins is that of the base's day."""
        on = partial(self.workspace.committed_on, worktree.repository)
        asked = Preparation(
            as_of=on(base or worktree.head),
            later=on(worktree.head) if base else None,
            tools=stack.packages,
            extras=stack.extras,
        )
        return self.sandbox.prepare(worktree, asked)

    def _stack(self, life: LifeId, worktree: Worktree) -> Stack:
        """Return the repository's commands, found out once in a ticket's life."""
        known = self.ledger.find(life, "stack", "current")
        if known is None:
            found = surveyed(self.ledger, self.sandbox, worktree).stack
            known = self.ledger.keep(life, "stack", "current", found.model_dump(mode="json"))
        return Stack.model_validate(known)
