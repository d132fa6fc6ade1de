"""Transcripts and accounts: what was said to the model, what it answered, what that cost."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select

from agent.domain.conversation import Message, Spent, Usage
from agent.domain.ids import LifeId
from integrations.ledger.database import OverDatabase, keep_first
from integrations.ledger.tables import MESSAGES, USAGE


class SqlTranscripts(OverDatabase):
    """The port `Transcripts` over SQL."""

    def read(self, life: LifeId, count: int) -> list[Message]:
        """Return the first `count` messages."""
        mine = (MESSAGES.c.life == life) & (MESSAGES.c.position < count)
        query = select(MESSAGES.c.body).where(mine).order_by(MESSAGES.c.position)
        with self._database.reading(f"to read the transcript of {life}") as connection:
            bodies = connection.execute(query).scalars().all()
        return [Message.model_validate(body) for body in bodies]

    def message(self, life: LifeId, position: int) -> Message | None:
        """Return one message, or None when it is not written yet."""
        mine = (MESSAGES.c.life == life) & (MESSAGES.c.position == position)
        with self._database.reading(f"to read message {position} of {life}") as connection:
            body = connection.execute(select(MESSAGES.c.body).where(mine)).scalar_one_or_none()
        return None if body is None else Message.model_validate(body)

    def write(self, life: LifeId, position: int, messages: Sequence[Message]) -> None:
        """Write messages from `position` on; what is written already stays."""
        at = self._database.clock()
        rows = [
            {"life": life, "position": place, "at": at, "body": message.model_dump(mode="json")}
            for place, message in enumerate(messages, start=position)
        ]
        with self._database.writing(f"to write the transcript of {life}") as connection:
            keep_first(connection, MESSAGES, *rows)


class SqlAccounts(OverDatabase):
    """The port `Accounts` over SQL."""

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
        row = {
            "life": life,
            "purpose": purpose,
            "position": position,
            "at": self._database.clock(),
            "model": model,
            **usage.model_dump(),
            "cost_usd": cost_usd,
        }
        with self._database.writing(f"to book what {life} spent") as connection:
            keep_first(connection, USAGE, row)

    def spent(self, life: LifeId, purpose: str | None = None) -> Spent:
        """Return the sum over a ticket's life, of one purpose or of all."""
        columns = USAGE.c.prompt_tokens, USAGE.c.cached_tokens, USAGE.c.completion_tokens
        query = select(*columns, USAGE.c.cost_usd).where(USAGE.c.life == life)
        if purpose is not None:
            query = query.where(USAGE.c.purpose == purpose)
        with self._database.reading(f"to sum up what {life} spent") as connection:
            rows = connection.execute(query).all()
        return Spent(
            calls=len(rows),
            prompt_tokens=sum(row.prompt_tokens for row in rows),
            cached_tokens=sum(row.cached_tokens for row in rows),
            completion_tokens=sum(row.completion_tokens for row in rows),
            cost_usd=sum((Decimal(row.cost_usd) for row in rows), Decimal(0)),
        )
