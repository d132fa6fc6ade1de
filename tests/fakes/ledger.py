"""A ledger in memory."""

import builtins
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from agent.domain.conversation import Message, Spent, Usage
from agent.domain.errors import PermanentError
from agent.domain.event import Event
from agent.domain.evidence import Evidence, Gate
from agent.domain.ids import CommitSha, LifeId


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the default of the clock argument


class FakeLedger:
    """The whole port `Ledger`; contents are gone with the object."""

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        self._clock = clock
        self._begun: dict[LifeId, datetime] = {}
        self._messages: dict[tuple[LifeId, int], Message] = {}
        self._usage: dict[tuple[LifeId, str, int], tuple[Usage, Decimal]] = {}
        self._records: dict[tuple[LifeId, str, str], str] = {}
        self._evidence: dict[tuple[LifeId, CommitSha, Gate], Evidence] = {}
        self._outbox: dict[str, str] = {}
        self._deliveries: dict[str, Event] = {}
        self._decisions: dict[str, str] = {}
        self._audit: list[tuple[LifeId, str, str, str, str]] = []

    def read(self, life: LifeId, count: int) -> builtins.list[Message]:
        """Return the first `count` messages."""
        mine = sorted(place for owner, place in self._messages if owner == life)
        return [self._messages[life, place] for place in mine if place < count]

    def message(self, life: LifeId, position: int) -> Message | None:
        """Return one message, or None when it is not written yet."""
        return self._messages.get((life, position))

    def write(self, life: LifeId, position: int, messages: Sequence[Message]) -> None:
        """Write messages from `position` on; what is written already stays."""
        for place, message in enumerate(messages, start=position):
            self._messages.setdefault((life, place), message)
            self._begun.setdefault(life, self._clock())

    def book(
        self,
        life: LifeId,
        position: int,
        model: str,
        usage: Usage,
        cost_usd: str,
        purpose: str = "step",
    ) -> None:
        """Book the usage of one reply, once per `purpose` and transcript `position`."""
        self._usage.setdefault((life, purpose, position), (usage, Decimal(cost_usd)))

    def spent(self, life: LifeId, purpose: str | None = None) -> Spent:
        """Return the sum over a ticket's life, of one purpose or of all."""
        mine = [
            booked
            for (owner, what, _), booked in self._usage.items()
            if owner == life and purpose in (None, what)
        ]
        return Spent(
            calls=len(mine),
            prompt_tokens=sum(usage.prompt_tokens for usage, _ in mine),
            cached_tokens=sum(usage.cached_tokens for usage, _ in mine),
            completion_tokens=sum(usage.completion_tokens for usage, _ in mine),
            cost_usd=sum((cost for _, cost in mine), Decimal(0)),
        )

    def keep(self, life: LifeId, kind: str, name: str, body: Any) -> Any:
        """Keep `body` under (life, kind, name) unless one is kept already; return the kept one."""
        if (life, kind, name) not in self._records:
            self.replace(life, kind, name, body)
        return self.find(life, kind, name)

    def replace(self, life: LifeId, kind: str, name: str, body: Any) -> None:
        """Keep `body` under (life, kind, name), in place of what was there."""
        try:
            self._records[life, kind, name] = json.dumps(body, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise PermanentError(f"{kind}/{name} of {life} is no JSON") from error
        self._begun.setdefault(life, self._clock())

    def find(self, life: LifeId, kind: str, name: str) -> Any | None:
        """Return what is kept, or None."""
        text = self._records.get((life, kind, name))
        return None if text is None else json.loads(text)

    def list(self, life: LifeId, kind: str) -> builtins.list[Any]:
        """Return all bodies of a kind, in the order in which they were first kept."""
        mine = (text for key, text in self._records.items() if key[:2] == (life, kind))
        return [json.loads(text) for text in mine]

    def record(self, life: LifeId, evidence: Evidence) -> None:
        """Keep one gate's result at one commit, in place of an older one."""
        self._evidence[life, evidence.commit, evidence.gate] = evidence

    def evidence(self, life: LifeId, commit: CommitSha) -> tuple[Evidence, ...]:
        """Return the results at a commit, in the order of `Gate`."""
        keys = ((life, commit, gate) for gate in Gate)
        return tuple(self._evidence[key] for key in keys if key in self._evidence)

    def sent(self, key: str) -> str | None:
        """Return the id of the object that was created under a key."""
        return self._outbox.get(key)

    def record_sent(self, key: str, target: str) -> None:
        """Remember the id of the object created under a key; the first one stays."""
        self._outbox.setdefault(key, target)

    def key_of(self, prefix: str, target: str) -> str | None:
        """Return the key, starting with `prefix`, under which an object was created."""
        fitting = (
            key for key, kept in self._outbox.items() if kept == target and key.startswith(prefix)
        )
        return next(fitting, None)

    def receive(self, event: Event) -> bool:
        """Store an event; False when its id was stored before."""
        return self._deliveries.setdefault(event.id, event) is event

    def delivery(self, event_id: str) -> Event | None:
        """Return a stored event."""
        return self._deliveries.get(event_id)

    def mark_routed(self, event_id: str, decision: str) -> None:
        """Remember what became of a stored event."""
        if event_id in self._deliveries:
            self._decisions[event_id] = decision

    def unrouted(self) -> builtins.list[Event]:
        """Return stored events whose fate is unknown, oldest first."""
        return [event for key, event in self._deliveries.items() if key not in self._decisions]

    def note(self, life: LifeId, actor: str, action: str, detail: str) -> None:
        """Append to the audit trail."""
        readable = detail.replace("\x00", "\ufffd")
        self._audit.append(
            (life, self._clock().astimezone(UTC).isoformat(), actor, action, readable)
        )

    def trail(self, life: LifeId) -> builtins.list[tuple[str, str, str, str]]:
        """Return (ISO time, actor, action, detail), oldest first."""
        return [entry[1:] for entry in self._audit if entry[0] == life]

    def lives(self) -> builtins.list[LifeId]:
        """Return all lives with a record, newest first."""
        lives = [life for life in self._begun if "/" not in life]
        return sorted(lives, key=lambda life: self._begun[life], reverse=True)
