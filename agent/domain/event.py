"""Things that happened outside, already verified and parsed."""

from typing import Annotated, Literal

from pydantic import Field

from agent.domain.ids import ActorId, TicketKey
from agent.domain.value import Value


class TicketAssigned(Value):
    """A ticket was given to `assignee`, or taken from everybody when that is None."""

    kind: Literal["ticket_assigned"] = "ticket_assigned"
    key: TicketKey
    assignee: ActorId | None
    actor: ActorId


class TicketCommented(Value):
    """Somebody commented on a ticket."""

    kind: Literal["ticket_commented"] = "ticket_commented"
    key: TicketKey
    comment_id: str
    actor: ActorId
    text: str


class TicketUpdated(Value):
    """A ticket's text, status or labels changed."""

    kind: Literal["ticket_updated"] = "ticket_updated"
    key: TicketKey
    actor: ActorId
    fields: tuple[str, ...]


class PullRequestChanged(Value):
    """Something about a pull request changed: pushed, reviewed, commented, merged or closed."""

    kind: Literal["pull_request_changed"] = "pull_request_changed"
    repository: str
    branch: str
    """Head branch; empty when the vendor did not say."""
    number: int | None
    action: str
    actor: ActorId


class ChecksChanged(Value):
    """A check on a commit of a branch was created or completed."""

    kind: Literal["checks_changed"] = "checks_changed"
    repository: str
    branch: str
    actor: ActorId


class ThreadReplied(Value):
    """Somebody wrote in a thread, or mentioned us."""

    kind: Literal["thread_replied"] = "thread_replied"
    channel: str
    thread_ts: str
    actor: ActorId
    text: str


class ButtonPressed(Value):
    """Somebody pressed one of our buttons."""

    kind: Literal["button_pressed"] = "button_pressed"
    key: TicketKey
    action: str
    actor: ActorId


Happening = (
    TicketAssigned
    | TicketCommented
    | TicketUpdated
    | PullRequestChanged
    | ChecksChanged
    | ThreadReplied
    | ButtonPressed
)


class Event(Value):
    """One delivery from outside: a stable id, for de-duplication, and what happened."""

    id: str
    """`jira:<webhook identifier>`, `github:<delivery guid>`, `slack:<event id>`."""
    happening: Annotated[Happening, Field(discriminator="kind")]
