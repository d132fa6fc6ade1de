"""What travels through Temporal: ids, counters, short texts. The rest is in the ledger."""

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, Field

from agent.domain.ids import BranchName, CommitSha, LifeId, TicketKey
from agent.domain.progress import Outcome, Phase, ThreadRef
from agent.domain.repository import Repository
from agent.domain.value import Value

TEXT_LIMIT = 2_000
"""The most characters of a person's message that a notice carries."""
SEEN_LIMIT = 200
"""How many notice ids a ticket remembers."""


_APPROVAL = re.compile(r"\W*(approved?|lgtm|yes|go ahead|ship it)\W*", re.IGNORECASE)


def is_approval(words: str) -> bool:
    """Tell whether somebody says nothing but yes."""
    return _APPROVAL.fullmatch(words) is not None


class NoticeKind(StrEnum):
    """What a ticket's workflow can be told."""

    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    LOOK = "look"
    """Something outside changed: read it again."""
    SAID = "said"
    """A person said something; `text` has it."""
    APPROVE = "approve"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


class Notice(Value):
    """One entry of a ticket's inbox. The same `id` is taken in once."""

    id: str
    kind: NoticeKind
    actor: str
    text: str = Field(default="", max_length=TEXT_LIMIT)


class Receipt(Value):
    """The answer to a notice."""

    accepted: bool
    """False for one that had been taken in before."""
    phase: Phase


class Policy(Value):
    """The settings that decide how a ticket flows, fixed at intake."""

    model: str
    budget_usd: Decimal
    stage_models: dict[str, str] = Field(default_factory=dict)
    """The models of the stages that do not use `model`."""
    reviewers: tuple[str, ...] = ()
    status_in_progress: str = "In Progress"
    status_in_review: str = "In Review"
    status_done: str = "Done"
    approval: str = "risky"
    """`risky`, `always` or `never`."""
    self_review: bool = True
    """Whether a finished change is read by a fresh context before people see it."""
    poll_seconds: int = 60
    """How often CI and reviews are looked at when no webhook comes."""
    remind_hours: int = 24
    ci_timeout_hours: int = 2
    max_repairs: int = 3

    def model_for(self, stage: str) -> str:
        """Return the model that a stage asks."""
        return self.stage_models.get(stage, self.model)

    def may_go_on(self) -> bool:
        """Tell whether the model that plans is the one that also carries plans out."""
        return self.model_for("plan") == self.model_for("develop")

    def review_model(self) -> str:
        """Return the model that reads finished changes; empty if nobody does."""
        return self.model_for("review") if self.self_review else ""


class TicketState(BaseModel):
    """Everything a ticket's workflow knows; carried whole through continue-as-new."""

    key: TicketKey
    site: str
    life: LifeId
    started: datetime
    phase: Phase = Phase.INTAKE
    back_to: Phase = Phase.INTAKE
    """Where to go on after a block or a question."""
    detail: str = ""
    policy: Policy | None = None
    repository: Repository | None = None
    branch: BranchName | None = None
    base: CommitSha | None = None
    head: CommitSha | None = None
    published: CommitSha | None = None
    position: int = 0
    runs: int = 0
    steps: int = 0
    repairs: int = 0
    notes: int = 0
    """Thread replies and ticket comments so far; numbers their keys."""
    thread: ThreadRef | None = None
    pull_request: int | None = None
    pull_request_url: str | None = None
    is_by_hand: bool = False
    """True when a person started it from the command line, whoever it is assigned to."""
    approved_by: str = ""
    question: str = ""
    """What to ask people in the phase `clarify`; empty for what the developer asked."""
    remark: str = ""
    """What a person said that the next run must hear."""
    inbox: list[Notice] = Field(default_factory=list)
    seen: list[str] = Field(default_factory=list)
    is_paused: bool = False
    stop: Notice | None = None
    """The notice that ends this life: cancelled, or given to somebody else."""
    outcome: Outcome | None = None

    def take_in(self, notice: Notice) -> bool:
        """Put a notice into the inbox unless its id was seen; tell whether it was new."""
        if notice.id in self.seen:
            return False
        self.seen = [*self.seen, notice.id][-SEEN_LIMIT:]
        match notice.kind:
            case NoticeKind.PAUSE:
                self.is_paused = True
            case NoticeKind.CANCEL | NoticeKind.UNASSIGNED:
                if self.outcome is None and (self.stop is None or notice.kind is NoticeKind.CANCEL):
                    self.stop = notice
            case NoticeKind.ASSIGNED:
                # Once more while we work on it says nothing new; while a life ends, it is the next.
                if self.phase is Phase.INTAKE or self.outcome or self.stop:
                    self.inbox.append(notice)
            case NoticeKind.RESUME:
                self.is_paused = False
                self.inbox.append(notice)
            case _:
                self.inbox.append(notice)
        return True


class TicketStart(Value):
    """What a ticket's workflow starts or goes on from."""

    key: TicketKey
    site: str
    """The Jira site, because two sites may have the same keys."""
    state: TicketState | None = None
    """Set when an earlier history was cut."""


class TicketStatus(Value):
    """One ticket as `backsmith status` shows it."""

    key: TicketKey
    life: LifeId
    phase: Phase
    detail: str
    is_paused: bool
    started: datetime
    repository: str | None
    branch: str | None
    base: str | None
    head: str | None
    published: str | None
    pull_request: str | None
    thread: ThreadRef | None
    steps: int
    outcome: Outcome | None


class TicketResult(Value):
    """How a ticket's life ended."""

    key: TicketKey
    life: LifeId
    outcome: Outcome
    pull_request: str | None
    base: CommitSha | None
    published: CommitSha | None
