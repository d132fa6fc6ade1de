"""Reading and writing the ticket."""

from collections.abc import Callable
from dataclasses import dataclass

from temporalio import activity

from agent.domain.errors import NeedsHumanError, NotFoundError
from agent.domain.ids import ActorId, BranchName, LifeId, TicketKey, branch_name
from agent.domain.repository import Repository
from agent.domain.ticket import Ticket
from agent.domain.value import Value
from agent.ports import Ledger, TicketTracker
from agent.readiness import question_about
from agent.text import first_line
from workflows.catalogue import Catalogue
from workflows.state import Policy


class TicketRef(Value):
    """Which ticket, in which life."""

    life: LifeId
    key: TicketKey


class TicketBrief(Value):
    """What a workflow needs to know of a ticket; its text is in the ledger."""

    exists: bool = True
    is_ours: bool = False
    is_done: bool = False
    summary: str = ""
    repository: Repository | None = None
    branch: BranchName | None = None
    policy: Policy | None = None
    question: str = ""
    """What must be asked first: where the work is, or what it is; empty if both are known."""


class Move(Value):
    """A ticket and the status it should have."""

    ticket: TicketRef
    status: str


class TicketNote(Value):
    """A comment to write on a ticket, once per name."""

    ticket: TicketRef
    name: str
    text: str


_COMMENTS = 20
"""The newest comments that the developer reads with the ticket."""


def _everybody(_actor: ActorId) -> bool:
    return True


@dataclass(frozen=True)
class TrackerActivities:
    """What is done to tickets."""

    tracker: TicketTracker
    ledger: Ledger
    catalogue: Catalogue
    may_talk: Callable[[ActorId], bool] = _everybody
    """Whose comments the developer reads."""

    @activity.defn
    def read_ticket(self, ref: TicketRef) -> TicketBrief:
        """Read the ticket, keep its text, and find the repository that it is about."""
        try:
            ticket = self.tracker.fetch_ticket(ref.key)
        except NotFoundError:
            return TicketBrief(exists=False)
        self._keep(ref.life, ticket)
        answers = [str(answer) for answer in self.ledger.list(ref.life, "clarification")]
        said = "\n".join([ticket.description, *answers])
        repository, question = self.catalogue.repository_of(
            ticket.model_copy(update={"description": said})
        )
        return TicketBrief(
            is_ours=ticket.assignee == self.tracker.whoami(),
            is_done=ticket.is_done,
            summary=first_line(ticket.summary),
            repository=repository,
            branch=branch_name(ref.key, ticket.summary),
            policy=self.catalogue.policy_of(repository),
            question=question or question_about(said),
        )

    def _keep(self, life: LifeId, ticket: Ticket) -> None:
        known = self.ledger.find(life, "ticket", "current") or {}
        body = {
            "key": ticket.key,
            "summary": ticket.summary,
            "description": ticket.description,
            "url": ticket.url,
            "labels": list(ticket.labels),
            "clarifications": known.get("clarifications", []),
            "comments": [c.text for c in ticket.comments if self.may_talk(c.author)][-_COMMENTS:],
        }
        self.ledger.replace(life, "ticket", "current", body)

    @activity.defn
    def clarify(self, note: TicketNote) -> None:
        """Keep an answer to a question beside the ticket's text; the same one is kept once."""
        ledger, life = self.ledger, note.ticket.life
        ledger.keep(life, "clarification", note.name, note.text)
        ticket = ledger.find(life, "ticket", "current") or {}
        answers = ledger.list(life, "clarification")
        ledger.replace(life, "ticket", "current", {**ticket, "clarifications": answers})

    @activity.defn
    def move_ticket(self, move: Move) -> str:
        """Give the ticket a status; returns what stood in the way, if anything did."""
        try:
            moved = self.tracker.transition(move.ticket.key, move.status)
        except NeedsHumanError as error:
            return str(error)
        if moved:
            self.ledger.note(move.ticket.life, "backsmith", "ticket moved", move.status)
        return ""

    @activity.defn
    def comment_ticket(self, note: TicketNote) -> str:
        """Comment on the ticket, once per name."""
        marker = f"{note.ticket.life}/{note.name}"
        return self.tracker.comment(note.ticket.key, marker, note.text)
