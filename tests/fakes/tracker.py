"""A ticket tracker in memory, with the acts of the people who use it.

`FakeTracker` is held honest by `tests/contract/test_tracker.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from agent.domain.errors import DeveloperError, NeedsHumanError, NotFoundError
from agent.domain.ids import ActorId, TicketKey
from agent.domain.ticket import Ticket, TicketComment

OURSELVES = ActorId("jira:backsmith")
LEAD = ActorId("jira:lead")
STATUSES = ("To Do", "In Progress", "In Review", "Done")


class FakeTracker:
    """Tickets of one project whose board has four columns; a ticket moves one column ahead."""

    def __init__(self) -> None:
        self.tickets: dict[TicketKey, Ticket] = {}
        self.written: dict[str, str] = {}
        """Our comments' texts by marker, in the order in which they were written."""
        self.moves: list[tuple[TicketKey, str]] = []
        """Every change of status that we made."""
        self.failures: list[DeveloperError] = []
        """Raised by the next calls, one each."""
        self._ids: dict[tuple[TicketKey, str], str] = {}
        self._number = 10_000

    def fetch_ticket(self, key: TicketKey) -> Ticket:
        self._fail()
        return self._ticket(key)

    def comment(self, key: TicketKey, marker: str, text: str) -> str:
        self._fail()
        self._ticket(key)
        if (key, marker) not in self._ids:
            self._ids[key, marker] = self._next()
            self.written[marker] = text
        return self._ids[key, marker]

    def transition(self, key: TicketKey, status: str) -> bool:
        self._fail()
        ticket = self._ticket(key)
        if ticket.status.casefold() == status.casefold():
            return False
        here = STATUSES.index(ticket.status)
        offered = [name for at, name in enumerate(STATUSES) if at != here and at <= here + 1]
        wanted = [name for name in offered if name.casefold() == status.casefold()]
        if not wanted:
            raise NeedsHumanError(f"{key} cannot go to {status}. Offered: {', '.join(offered)}.")
        self.move(key, wanted[0])
        self.moves.append((key, wanted[0]))
        return True

    def assign(self, key: TicketKey, account: str | None) -> None:
        self._fail()
        self.give(key, account)

    def assigned_tickets(self) -> list[TicketKey]:
        self._fail()
        tickets = self.tickets.values()
        return [each.key for each in tickets if each.assignee == OURSELVES and not each.is_done]

    def whoami(self) -> str:
        self._fail()
        return OURSELVES

    def add_ticket(
        self,
        key: str,
        summary: str = "A ticket",
        description: str = "",
        *,
        assignee: ActorId | None = None,
        components: Iterable[str] = (),
        labels: Iterable[str] = (),
    ) -> TicketKey:
        """A person writes a ticket."""
        ticket = TicketKey(key)
        self.tickets[ticket] = Ticket(
            key=ticket,
            summary=summary,
            description=description,
            status=STATUSES[0],
            is_done=False,
            assignee=assignee,
            reporter=LEAD,
            components=tuple(components),
            labels=tuple(labels),
            url=f"https://jira.example.com/browse/{key}",
        )
        return ticket

    def say(self, key: str, text: str, by: ActorId = LEAD) -> str:
        """A person comments."""
        ticket = self._ticket(TicketKey(key))
        comment = TicketComment(
            id=self._next(),
            author=by,
            author_name="Tech Lead",
            text=text,
            created=datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=self._number),
        )
        self._put(ticket, comments=(*ticket.comments, comment))
        return comment.id

    def give(self, key: str, account: str | None) -> None:
        """A person assigns the ticket."""
        prefixed = f"jira:{account.removeprefix('jira:')}" if account else None
        self._put(self._ticket(TicketKey(key)), assignee=prefixed)

    def move(self, key: str, status: str) -> None:
        """A person drags the ticket to a column."""
        self._put(self._ticket(TicketKey(key)), status=status, is_done=status == STATUSES[-1])

    def texts(self, markers: Sequence[str] = ()) -> list[str]:
        """Return our comments' texts, oldest first."""
        return [text for marker, text in self.written.items() if not markers or marker in markers]

    def _ticket(self, key: TicketKey) -> Ticket:
        if key not in self.tickets:
            raise NotFoundError(f"There is no ticket {key}.")
        return self.tickets[key]

    def _put(self, ticket: Ticket, **changes: object) -> None:
        self.tickets[ticket.key] = ticket.model_copy(update=changes)

    def _next(self) -> str:
        self._number += 1
        return str(self._number)

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
