"""One agent stage on one ticket: what it is given and how it ends."""

from decimal import Decimal
from enum import StrEnum

from agent.domain.ids import CommitSha, LifeId, RunId, TicketKey
from agent.domain.repository import Repository
from agent.domain.value import Value


class Stage(StrEnum):
    """What the developer is asked to do in a run."""

    PLAN = "plan"
    DEVELOP = "develop"
    REPAIR = "repair"
    RESPOND = "respond"


class Signal(StrEnum):
    """What a tool call asks the loop to do next."""

    PLAN = "plan"
    """A plan was proposed."""
    FINISH = "finish"
    """The developer says that the work is done; the gates decide."""
    ASK = "ask"
    """Only a person can answer."""
    REVIEW = "review"
    """The gates passed; the change is read by a fresh pair of eyes."""


class RunOutcome(StrEnum):
    """How a run ended."""

    PLANNED = "planned"
    DONE = "done"
    QUESTION = "question"
    BLOCKED = "blocked"


class RunSpec(Value):
    """What a run is given. All of it fits well into 2 KB; texts are in the ledger."""

    life: LifeId
    run: RunId
    ticket: TicketKey
    stage: Stage
    repository: Repository
    base: CommitSha
    """Where the branch left the default branch."""
    head: CommitSha
    """The snapshot that the work goes on from."""
    position: int
    """The number of transcript messages before this run."""
    model: str
    budget_usd: Decimal
    """The most that the ticket's whole life may cost."""
    max_steps: int = 60
    """Model calls in this run."""
    max_proofs: int = 4
    """How often the gates may fail in this run before a person is asked."""
    approval: str = "risky"
    """Which plans end the run, for a person to approve: `always`, `risky` or `never`."""
    may_go_on: bool = True
    """Whether a planning run may carry its plan out; not when another model is to do that."""
    review_model: str = ""
    """The model that reads the finished change; empty: nobody does."""


class RunResult(Value):
    """How a run ended, and where it left the worktree and the transcript."""

    outcome: RunOutcome
    head: CommitSha
    position: int
    steps: int
    reason: str = ""
    """At most 300 characters; why it is blocked, or the question."""


class Thought(Value):
    """The result of one model call: how many messages were written and what they ask for."""

    written: int
    calls: int
    """Tool calls in the reply."""
    fault: str = ""
    """What was wrong with an answer without calls, where more is known than that."""
    blocked: str = ""
    """Why the work cannot go on at all; empty if it can."""


class Acted(Value):
    """The result of the tool calls of one step."""

    written: int
    head: CommitSha
    signal: Signal | None = None
    reason: str = ""
    """The question, when the signal is `ask`."""
    invalid: bool = False
    """True when not one of the calls could be understood."""
    blocked: str = ""
    """Why the work goes round in circles and a person is needed; empty if it does not."""


class Reviewed(Value):
    """The result of the self-review: the findings, if any, are the message written."""

    written: int


class Proof(Value):
    """The result of running the gates."""

    written: int
    passed: bool
    reason: str = ""
    """Which gates did not pass."""
    blocked: str = ""
    """Why the work goes round in circles and a person is needed; empty if it does not."""
