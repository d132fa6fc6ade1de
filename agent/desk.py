"""Everything that a developer at work reaches for, as ports."""

from dataclasses import dataclass, field

from agent.domain.conversation import Price, Usage
from agent.domain.errors import ToolError
from agent.domain.ids import CommitSha, LifeId
from agent.domain.repository import Repository, Worktree
from agent.ports import Artifacts, ChatModel, Ledger, Sandbox, Workspace
from agent.stacks.commands import Stack, detect_stack
from agent.tools.base import Bench

_CI = ".github/workflows"


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
    ) -> Bench:
        """Return the worktree standing at `head`, ready to run code in.

        With `base`, what the gates showed there is at hand to compare with.
        """
        worktree = self.workspace.open(repository, life, head)
        self.sandbox.prepare(worktree)
        return Bench(
            sandbox=self.sandbox,
            worktree=worktree,
            stack=self._stack(life, worktree),
            base=base,
            at_base=self.ledger.evidence(life, base) if base else (),
        )

    def _stack(self, life: LifeId, worktree: Worktree) -> Stack:
        """Return the repository's commands, found out once in a ticket's life."""
        known = self.ledger.find(life, "stack", "current")
        if known is None:
            found = _detect(self.sandbox, worktree).model_dump(mode="json")
            known = self.ledger.keep(life, "stack", "current", found)
        return Stack.model_validate(known)


def _detect(sandbox: Sandbox, worktree: Worktree) -> Stack:
    def read(path: str) -> str | None:
        try:
            found = sandbox.file_operation(worktree, "read", {"path": path})
        except ToolError:
            return None
        return "\n".join(found["lines"])

    try:
        entries = sandbox.file_operation(worktree, "list", {"path": _CI, "depth": 1})["entries"]
    except ToolError:
        entries = []
    names = [f"{_CI}/{entry.rsplit('/', 1)[-1]}" for entry in entries]
    texts = [read(name) or "" for name in names if name.endswith((".yml", ".yaml"))]
    return detect_stack(texts, read)
