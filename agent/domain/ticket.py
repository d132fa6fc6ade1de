"""The ticket as the developer reads it: vendor markup is gone, Markdown remains."""

from datetime import datetime

from agent.domain.ids import ActorId, TicketKey
from agent.domain.value import Value


class TicketComment(Value):
    """One comment on a ticket."""

    id: str
    author: ActorId
    author_name: str
    text: str
    """Markdown."""
    created: datetime


class Ticket(Value):
    """A Jira issue, read once at intake and again whenever it matters."""

    key: TicketKey
    summary: str
    description: str
    """Markdown; empty when the ticket has no text."""
    status: str
    """The status name as people see it."""
    is_done: bool
    """True when the status is in Jira's `done` category."""
    assignee: ActorId | None
    reporter: ActorId | None = None
    components: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    comments: tuple[TicketComment, ...] = ()
    """Oldest first, without those that carry our own marker."""
    url: str
