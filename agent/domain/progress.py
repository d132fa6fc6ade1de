"""What people see while a ticket is worked on."""

from enum import StrEnum

from agent.domain.value import Value


class Phase(StrEnum):
    """Where a ticket stands."""

    INTAKE = "intake"
    CLARIFY = "clarify"
    PLAN = "plan"
    APPROVAL = "approval"
    """Part of planning: a risky plan waits for a person."""
    DEVELOP = "develop"
    PUBLISH = "publish"
    CI = "ci"
    REVIEW = "review"
    DELIVER = "deliver"
    BLOCKED = "blocked"
    DONE = "done"


class Outcome(StrEnum):
    """How a ticket's life ended."""

    MERGED = "merged"
    CLOSED = "closed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


class Button(Value):
    """A button under a message; pressing it sends `action` for the ticket."""

    action: str
    """`approve` or `cancel`."""
    label: str
    style: str | None = None
    """`primary`, `danger` or None."""


class Link(Value):
    """A labelled address."""

    label: str
    url: str


class Card(Value):
    """The one message of a ticket in the channel, edited in place as the work goes on."""

    ticket: str
    title: str
    url: str
    headline: str
    """One line: the phase in words."""
    lines: tuple[str, ...] = ()
    """At most a few facts, plain text."""
    links: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()


class ThreadNote(Value):
    """A reply in the ticket's thread."""

    text: str
    """Markdown of the common kind; the chat adapter turns it into its own."""
    buttons: tuple[Button, ...] = ()


class ThreadRef(Value):
    """Where the ticket's message stands in the chat."""

    channel: str
    ts: str
