"""What an event from outside means for a ticket: start it, tell it, or leave it, with the reason.

`route` is pure. `Sender` carries the decision out; an event counts as taken only after that.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from agent.domain.errors import DeveloperError, TransientError
from agent.domain.event import (
    ButtonPressed,
    ChecksChanged,
    Event,
    PullRequestChanged,
    ThreadReplied,
    TicketAssigned,
    TicketCommented,
    TicketUpdated,
)
from agent.domain.ids import ActorId, TicketKey, ticket_of_branch
from agent.domain.value import Value
from workflows.state import TEXT_LIMIT, Notice, NoticeKind, is_approval

_MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")


class Start(Value):
    """Start the ticket's life, or tell the running one."""

    key: TicketKey
    notice: Notice


class Tell(Value):
    """Tell the running ticket; nothing happens when none runs."""

    key: TicketKey
    notice: Notice


class Ignore(Value):
    """Leave it."""

    reason: str


Decision = Start | Tell | Ignore


class People(Value):
    """Who we are, and who may tell us what. Account ids, never names."""

    own: frozenset[ActorId]
    """Our own accounts."""
    allowed: frozenset[ActorId] = frozenset()
    """Who may talk to us; empty means everybody whom the vendor let in."""
    approvers: frozenset[ActorId] = frozenset()
    """Who may approve plans; empty means everybody who may talk to us."""

    def may_talk(self, actor: ActorId) -> bool:
        """Tell whether what this person says counts."""
        return not self.allowed or actor in self.allowed | self.approvers

    def may_approve(self, actor: ActorId) -> bool:
        """Tell whether this person may approve a plan."""
        return self.may_talk(actor) and (not self.approvers or actor in self.approvers)


def route(event: Event, people: People, thread_ticket: TicketKey | None = None) -> Decision:
    """Decide what an event means.

    Args:
        event: What happened.
        people: Who counts.
        thread_ticket: For what names a thread or a pull request by number only: its ticket.
    """
    happening = event.happening
    if happening.actor in people.own:
        return Ignore(reason="our own doing")
    match happening:
        case TicketAssigned():
            return _assigned(event, happening, people)
        case PullRequestChanged() | ChecksChanged():
            key = ticket_of_branch(happening.branch) or thread_ticket
            return _look(event, key, happening.actor)
        case TicketUpdated():
            return Ignore(reason="the ticket's text is read again when it matters")
        case ButtonPressed():
            return _pressed(event, happening, people)
        case TicketCommented():
            return _said(event, happening.key, happening.actor, happening.text, people)
        case ThreadReplied():
            if thread_ticket is None:
                return Ignore(reason="not in a ticket's thread")
            return _said(event, thread_ticket, happening.actor, happening.text, people)


def _assigned(event: Event, happening: TicketAssigned, people: People) -> Decision:
    if happening.assignee in people.own:
        if not people.may_talk(happening.actor):
            return Ignore(reason=f"{happening.actor} may not give us work")
        return Start(key=happening.key, notice=_notice(event, NoticeKind.ASSIGNED, happening.actor))
    return Tell(key=happening.key, notice=_notice(event, NoticeKind.UNASSIGNED, happening.actor))


def _look(event: Event, key: TicketKey | None, actor: ActorId) -> Decision:
    if key is None:
        return Ignore(reason="not one of our branches")
    return Tell(key=key, notice=_notice(event, NoticeKind.LOOK, actor))


def _pressed(event: Event, happening: ButtonPressed, people: People) -> Decision:
    kinds = {"approve": NoticeKind.APPROVE, "cancel": NoticeKind.CANCEL}
    kind = kinds.get(happening.action)
    if kind is None:
        return Ignore(reason=f"no button {happening.action!r}")
    if not people.may_approve(happening.actor):
        return Ignore(reason=f"{happening.actor} may not {happening.action}")
    return Tell(key=happening.key, notice=_notice(event, kind, happening.actor))


def _said(event: Event, key: TicketKey, actor: ActorId, text: str, people: People) -> Decision:
    if not people.may_talk(actor):
        return Ignore(reason=f"{actor} is not on the list of people who may talk to us")
    words = _MENTION.sub("", text).strip()
    if not words:
        return Ignore(reason="no words")
    if is_approval(words) and people.may_approve(actor):
        return Tell(key=key, notice=_notice(event, NoticeKind.APPROVE, actor, words))
    return Tell(key=key, notice=_notice(event, NoticeKind.SAID, actor, words))


def _notice(event: Event, kind: NoticeKind, actor: ActorId, text: str = "") -> Notice:
    return Notice(id=event.id, kind=kind, actor=actor, text=text[:TEXT_LIMIT])


class Inbox(Protocol):
    """The part of the ledger that the gateway needs."""

    def receive(self, event: Event) -> bool:
        """Store an event."""

    def unrouted(self) -> list[Event]:
        """Return stored events whose fate is unknown."""

    def mark_routed(self, event_id: str, decision: str) -> None:
        """Remember what became of it."""

    def key_of(self, prefix: str, target: str) -> str | None:
        """Find the key of something that was sent."""


class Tickets(Protocol):
    """The running tickets."""

    async def start(self, key: TicketKey, notice: Notice) -> object:
        """Start a ticket's life, or tell the running one."""

    async def tell(self, key: TicketKey, notice: Notice) -> bool:
        """Tell the running ticket; False when none runs."""


@dataclass(frozen=True)
class Gateway:
    """Stores each event, decides, and carries the decision out, once per event id."""

    inbox: Inbox
    tickets: Tickets
    people: People

    async def take(self, event: Event) -> Decision:
        """Take an event; after this returns, it is never lost.

        A repeated delivery is left alone once its decision was carried out; until then it is
        decided again, so that a first attempt that died half-way is made good.
        """
        is_new = self.inbox.receive(event)
        if not is_new and all(waiting.id != event.id for waiting in self.inbox.unrouted()):
            return Ignore(reason="taken before")
        decision = route(event, self.people, self._ticket_of(event))
        said = type(decision).__name__.lower()
        match decision:
            case Start():
                await self.tickets.start(decision.key, decision.notice)
            case Tell() if not await self.tickets.tell(decision.key, decision.notice):
                said = "ignored: no ticket is running"
            case Ignore():
                said = f"ignored: {decision.reason}"
        self.inbox.mark_routed(event.id, said)
        return decision

    async def make_good(self) -> int:
        """Take what was stored and not carried out before a crash; return how many."""
        made_good = 0
        for event in self.inbox.unrouted():
            try:
                await self.take(event)
            except TransientError:
                continue  # the next round tries again; the others do not wait for it
            except DeveloperError as error:
                self.inbox.mark_routed(event.id, f"refused: {error}")
                continue
            made_good += 1
        return made_good

    def _ticket_of(self, event: Event) -> TicketKey | None:
        match event.happening:
            case ThreadReplied(channel=channel, thread_ts=ts):
                return _key_in(self.inbox.key_of("", f"{channel}/{ts}"))
            case PullRequestChanged(repository=repository, number=int(number)):
                return _key_in(self.inbox.key_of("", f"{repository}#{number}"))
        return None


def _key_in(outbox_key: str | None) -> TicketKey | None:
    """Return the ticket of an outbox key such as `PAY-1-4f2a9c1b/card`."""
    if outbox_key is None:
        return None
    return TicketKey(outbox_key.split("/", 1)[0].rsplit("-", 1)[0])
