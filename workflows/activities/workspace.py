"""Mirrors and worktrees, at the beginning and the end of a ticket's life."""

from dataclasses import dataclass
from typing import Any

from temporalio import activity

from agent.domain.errors import NotFoundError
from agent.domain.ids import BRANCH_PREFIX, BranchName, CommitSha, LifeId
from agent.domain.plan import Plan
from agent.domain.repository import Repository
from agent.domain.value import Value
from agent.ports import Ledger, Workspace
from workflows.activities.heartbeat import heartbeating


class LifeRepository(Value):
    """A repository in a ticket's life."""

    life: LifeId
    repository: Repository
    branch: BranchName | None = None
    """The name that the ticket's branch should have."""


class Record(Value):
    """A small document to keep in the ledger, in place of an older one."""

    life: LifeId
    kind: str
    name: str
    body: Any


class AuditNote(Value):
    """Who did what."""

    life: LifeId
    actor: str
    action: str
    detail: str = ""


@dataclass(frozen=True)
class WorkspaceActivities:
    """What is done to mirrors, worktrees and the ledger's small documents."""

    workspace: Workspace
    ledger: Ledger

    @activity.defn
    def fetch_base(self, what: LifeRepository) -> CommitSha:
        """Bring the mirror up to date; return the commit that the work starts from."""
        with heartbeating():
            return self.workspace.fetch(what.repository)

    @activity.defn
    def choose_branch(self, what: LifeRepository) -> BranchName:
        """Return the wanted branch, or one beside it where an earlier life has left its own."""
        wanted = what.branch or BranchName(f"{BRANCH_PREFIX}{what.life}")
        with heartbeating():
            try:
                self.workspace.fetch(what.repository, wanted)
            except NotFoundError:
                free = wanted
            else:
                free = BranchName(f"{wanted}-{what.life[-4:]}")
        return BranchName(str(self.ledger.keep(what.life, "branch", "current", free)))

    @activity.defn
    def clean_up(self, what: LifeRepository) -> None:
        """Remove the worktree and its hidden ref."""
        with heartbeating():
            self.workspace.close(what.repository, what.life)

    @activity.defn
    def keep_record(self, record: Record) -> None:
        """Keep a small document."""
        self.ledger.replace(record.life, record.kind, record.name, record.body)

    @activity.defn
    def note(self, note: AuditNote) -> None:
        """Append to the audit trail; a repeated attempt may note a thing twice."""
        self.ledger.note(note.life, note.actor, note.action, note.detail)

    @activity.defn
    def find_question(self, life: LifeId) -> tuple[str, ...]:
        """Return the questions that the developer asked last."""
        found = self.ledger.find(life, "question", "current") or {"questions": []}
        return tuple(str(question)[:400] for question in found["questions"][:3])

    @activity.defn
    def find_risks(self, life: LifeId) -> tuple[str, ...]:
        """Return why the current plan needs a person's approval."""
        body = self.ledger.find(life, "plan", "current")
        return Plan.model_validate(body).approval_reasons() if body else ()
