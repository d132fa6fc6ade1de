"""The ledger as one object, and how to open it."""

from sqlalchemy import func, select, union_all

from agent.domain.ids import LifeId
from integrations.ledger.conversation import SqlAccounts, SqlTranscripts
from integrations.ledger.database import Clock, connect, utc_now
from integrations.ledger.documents import SqlEvidence, SqlRecords
from integrations.ledger.schema import migrate
from integrations.ledger.tables import MESSAGES, RECORDS
from integrations.ledger.traffic import SqlAudit, SqlDeliveries, SqlOutbox
from integrations.ledger.urls import parse


class SqlLedger(
    SqlTranscripts, SqlAccounts, SqlRecords, SqlEvidence, SqlOutbox, SqlDeliveries, SqlAudit
):
    """The port `Ledger` over SQLite or PostgreSQL; may be used by several threads."""

    def lives(self) -> list[LifeId]:
        """Return all lives with a record or a message, the one begun last first.

        What is kept for all lives, under a name with a slash, is no life.
        """
        seen = union_all(
            select(MESSAGES.c.life, MESSAGES.c.at), select(RECORDS.c.life, RECORDS.c.at)
        ).subquery()
        lives = select(seen.c.life).where(seen.c.life.not_like("%/%"))
        query = lives.group_by(seen.c.life).order_by(func.min(seen.c.at).desc())
        with self._database.reading("to list all lives") as connection:
            return [LifeId(life) for life in connection.execute(query).scalars()]

    def close(self) -> None:
        """Close the database; the ledger is of no use afterwards."""
        self._database.close()


def open_ledger(url: str, clock: Clock = utc_now) -> SqlLedger:
    """Open the ledger at a database URL, creating or upgrading its tables as needed.

    Raises:
        SettingsError: The address cannot be used, or a newer release wrote the database.
        TransientError: The database is away, or another process has it for too long.
    """
    database = connect(parse(url), clock)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return SqlLedger(database)
