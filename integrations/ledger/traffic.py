"""Outbox, deliveries and audit: what went out, what came in, and who did what."""

from sqlalchemy import func, select, update

from agent.domain.event import Event
from agent.domain.ids import LifeId
from integrations.ledger.database import OverDatabase, keep_first
from integrations.ledger.tables import AUDIT, DELIVERIES, OUTBOX


class SqlOutbox(OverDatabase):
    """The port `Outbox` over SQL."""

    def sent(self, key: str) -> str | None:
        """Return the id of the object that was created under a key."""
        query = select(OUTBOX.c.target).where(OUTBOX.c.key == key)
        with self._database.reading(f"to look up {key}") as connection:
            return connection.execute(query).scalar_one_or_none()

    def record_sent(self, key: str, target: str) -> None:
        """Remember the id of the object created under a key; the first one stays."""
        row = {"key": key, "target": target, "at": self._database.clock()}
        with self._database.writing(f"to remember what was sent as {key}") as connection:
            keep_first(connection, OUTBOX, row)

    def key_of(self, prefix: str, target: str) -> str | None:
        """Return the key, starting with `prefix`, under which an object was created.

        The oldest one, should several keys stand for the same object.
        """
        # Not LIKE: it ignores case on SQLite, and keys may hold its wildcards.
        starts = func.substr(OUTBOX.c.key, 1, len(prefix)) == prefix
        query = select(OUTBOX.c.key).where(OUTBOX.c.target == target, starts)
        oldest = query.order_by(OUTBOX.c.at, OUTBOX.c.key).limit(1)
        with self._database.reading(f"to look up the key of {target}") as connection:
            return connection.execute(oldest).scalar_one_or_none()


class SqlDeliveries(OverDatabase):
    """The port `Deliveries` over SQL."""

    def receive(self, event: Event) -> bool:
        """Store an event; False when its id was stored before."""
        body = event.model_dump(mode="json")
        row = {"id": event.id, "received_at": self._database.clock(), "body": body}
        with self._database.writing(f"to store delivery {event.id}") as connection:
            return keep_first(connection, DELIVERIES, row) == 1

    def delivery(self, event_id: str) -> Event | None:
        """Return a stored event."""
        query = select(DELIVERIES.c.body).where(DELIVERIES.c.id == event_id)
        with self._database.reading(f"to read delivery {event_id}") as connection:
            body = connection.execute(query).scalar_one_or_none()
        return None if body is None else Event.model_validate(body)

    def mark_routed(self, event_id: str, decision: str) -> None:
        """Remember what became of a stored event; a later decision takes an earlier one's place."""
        mark = update(DELIVERIES).where(DELIVERIES.c.id == event_id).values(decision=decision)
        with self._database.writing(f"to mark delivery {event_id}") as connection:
            connection.execute(mark)

    def unrouted(self) -> list[Event]:
        """Return stored events whose fate is unknown, oldest first."""
        waiting = select(DELIVERIES.c.body).where(DELIVERIES.c.decision.is_(None))
        with self._database.reading("to read unrouted deliveries") as connection:
            bodies = connection.execute(waiting.order_by(DELIVERIES.c.seq)).scalars().all()
        return [Event.model_validate(body) for body in bodies]


class SqlAudit(OverDatabase):
    """The port `Audit` over SQL."""

    def note(self, life: LifeId, actor: str, action: str, detail: str) -> None:
        """Append to the audit trail."""
        at = self._database.clock()
        row = {"at": at, "life": life, "actor": actor, "action": action, "detail": detail}
        with self._database.writing(f"to note {action} in the trail of {life}") as connection:
            connection.execute(AUDIT.insert().inline(), row)

    def trail(self, life: LifeId) -> list[tuple[str, str, str, str]]:
        """Return (ISO time, actor, action, detail), oldest first; times in UTC."""
        columns = AUDIT.c.at, AUDIT.c.actor, AUDIT.c.action, AUDIT.c.detail
        query = select(*columns).where(AUDIT.c.life == life).order_by(AUDIT.c.seq)
        with self._database.reading(f"to read the trail of {life}") as connection:
            rows = connection.execute(query).all()
        return [(at.isoformat(), actor, action, detail) for at, actor, action, detail in rows]
