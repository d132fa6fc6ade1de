"""The ledger's tables. A change here needs a migration; a test compares the two.

Documents are `JSON`, not `JSONB`: PostgreSQL's jsonb refuses the escape of NUL, which command
output may hold, and forgets the order of keys. Source: PostgreSQL 18, "8.14. JSON Types".
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    Named,
    String,
    Table,
    TypedColumns,
    TypeDecorator,
    UniqueConstraint,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite, which knows no zones, keeps it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Turn an aware time into UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return an aware time in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class ReadableText(TypeDecorator[str]):
    """Text by people or commands; what no database can hold becomes the replacement character."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """Replace NUL, which PostgreSQL refuses, and lone surrogates, which UTF-8 lacks."""
        if value is None:
            return None
        text = value.replace("\x00", "\ufffd")
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _sequence() -> Column[int]:
    # SQLite numbers rows by itself only for a key declared INTEGER.
    integer = BigInteger().with_variant(Integer(), "sqlite")
    return Column(integer, primary_key=True, autoincrement=True)


class MessageColumns(TypedColumns):
    """One message to or from the model."""

    life: Named[str] = Column(primary_key=True)
    position: Named[int] = Column(primary_key=True, autoincrement=False)
    at: Named[datetime] = Column(UtcDateTime)
    body: Named[Any] = Column(JSON, nullable=False)


class UsageColumns(TypedColumns):
    """What one reply of the model used."""

    life: Named[str] = Column(primary_key=True)
    purpose: Named[str] = Column(primary_key=True)
    position: Named[int] = Column(primary_key=True, autoincrement=False)
    at: Named[datetime] = Column(UtcDateTime)
    model: Named[str]
    prompt_tokens: Named[int]
    cached_tokens: Named[int]
    completion_tokens: Named[int]
    cost_usd: Named[str]
    """A decimal in text: SQLite has no exact numbers."""


class RecordColumns(TypedColumns):
    """One small document of a ticket's life; `seq` is the order in which they were first kept."""

    seq: Named[int] = _sequence()
    life: Named[str]
    kind: Named[str]
    name: Named[str]
    at: Named[datetime] = Column(UtcDateTime)
    body: Named[Any] = Column(JSON, nullable=False)


class EvidenceColumns(TypedColumns):
    """One gate's newest result at one commit."""

    life: Named[str] = Column(primary_key=True)
    commit: Named[str] = Column(primary_key=True)
    gate: Named[str] = Column(primary_key=True)
    at: Named[datetime] = Column(UtcDateTime)
    body: Named[Any] = Column(JSON, nullable=False)


class OutboxColumns(TypedColumns):
    """What was created outside under a key."""

    key: Named[str] = Column(primary_key=True)
    target: Named[str]
    at: Named[datetime] = Column(UtcDateTime)


class DeliveryColumns(TypedColumns):
    """One event from outside; `decision` is empty until its fate is known."""

    seq: Named[int] = _sequence()
    id: Named[str] = Column(unique=True)
    received_at: Named[datetime] = Column(UtcDateTime)
    decision: Named[str | None] = Column(ReadableText)
    body: Named[Any] = Column(JSON, nullable=False)


class AuditColumns(TypedColumns):
    """Who did what."""

    seq: Named[int] = _sequence()
    at: Named[datetime] = Column(UtcDateTime)
    life: Named[str]
    actor: Named[str] = Column(ReadableText)
    action: Named[str] = Column(ReadableText)
    detail: Named[str] = Column(ReadableText)


METADATA = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_N_name)s_once",
        "ix": "%(table_name)s_by_%(column_0_N_name)s",
    }
)

MESSAGES = Table("messages", METADATA, MessageColumns, Index(None, "life", "at"))
USAGE = Table("usage", METADATA, UsageColumns)
RECORDS = Table("records", METADATA, RecordColumns, UniqueConstraint("life", "kind", "name"))
EVIDENCE = Table("evidence", METADATA, EvidenceColumns)
OUTBOX = Table("outbox", METADATA, OutboxColumns, Index(None, "target"))
DELIVERIES = Table("deliveries", METADATA, DeliveryColumns)
AUDIT = Table("audit", METADATA, AuditColumns, Index(None, "life"))

Index(
    "deliveries_unrouted",
    DELIVERIES.c.seq,
    sqlite_where=DELIVERIES.c.decision.is_(None),
    postgresql_where=DELIVERIES.c.decision.is_(None),
)
