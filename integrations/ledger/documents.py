"""Records and evidence: small JSON documents of a ticket's life."""

import builtins
import json
from typing import Any

from sqlalchemy import ColumnElement, select

from agent.domain.errors import PermanentError
from agent.domain.evidence import Evidence, Gate
from agent.domain.ids import CommitSha, LifeId
from integrations.ledger.database import OverDatabase, keep_first, keep_last
from integrations.ledger.tables import EVIDENCE, RECORDS

_GATES = list(Gate)


class SqlRecords(OverDatabase):
    """The port `Records` over SQL. Bodies come back as JSON gives them: tuples as lists."""

    def keep(self, life: LifeId, kind: str, name: str, body: Any) -> Any:
        """Keep `body` under (life, kind, name) unless one is kept already; return the kept one.

        Raises:
            PermanentError: The body is no JSON.
        """
        row = self._row(life, kind, name, body)
        query = select(RECORDS.c.body).where(_is(life, kind, name))
        with self._database.writing(f"to keep {kind}/{name} of {life}") as connection:
            keep_first(connection, RECORDS, row)
            return connection.execute(query).scalar_one()

    def replace(self, life: LifeId, kind: str, name: str, body: Any) -> None:
        """Keep `body` under (life, kind, name), in place of what was there."""
        row = self._row(life, kind, name, body)
        with self._database.writing(f"to replace {kind}/{name} of {life}") as connection:
            keep_last(connection, RECORDS, row, key=("life", "kind", "name"))

    def find(self, life: LifeId, kind: str, name: str) -> Any | None:
        """Return what is kept, or None."""
        query = select(RECORDS.c.body).where(_is(life, kind, name))
        with self._database.reading(f"to find {kind}/{name} of {life}") as connection:
            return connection.execute(query).scalar_one_or_none()

    def list(self, life: LifeId, kind: str) -> builtins.list[Any]:
        """Return all bodies of a kind, in the order in which they were first kept."""
        mine = (RECORDS.c.life == life) & (RECORDS.c.kind == kind)
        query = select(RECORDS.c.body).where(mine).order_by(RECORDS.c.seq)
        with self._database.reading(f"to list {kind} of {life}") as connection:
            return [*connection.execute(query).scalars()]

    def _row(self, life: LifeId, kind: str, name: str, body: Any) -> dict[str, Any]:
        _check(body, f"{kind}/{name} of {life}")
        at = self._database.clock()
        return {"life": life, "kind": kind, "name": name, "at": at, "body": body}


class SqlEvidence(OverDatabase):
    """The port `EvidenceStore` over SQL."""

    def record(self, life: LifeId, evidence: Evidence) -> None:
        """Keep one gate's result at one commit, in place of an older one."""
        row = {
            "life": life,
            "commit": evidence.commit,
            "gate": evidence.gate.value,
            "at": self._database.clock(),
            "body": evidence.model_dump(mode="json"),
        }
        with self._database.writing(f"to record {evidence.gate} of {life}") as connection:
            keep_last(connection, EVIDENCE, row, key=("life", "commit", "gate"))

    def evidence(self, life: LifeId, commit: CommitSha) -> tuple[Evidence, ...]:
        """Return the results at a commit, in the order of `Gate`."""
        mine = (EVIDENCE.c.life == life) & (EVIDENCE.c.commit == commit)
        with self._database.reading(f"to read the evidence of {life}") as connection:
            bodies = connection.execute(select(EVIDENCE.c.body).where(mine)).scalars().all()
        found = (Evidence.model_validate(body) for body in bodies)
        return tuple(sorted(found, key=lambda item: _GATES.index(item.gate)))


def _is(life: LifeId, kind: str, name: str) -> ColumnElement[bool]:
    return (RECORDS.c.life == life) & (RECORDS.c.kind == kind) & (RECORDS.c.name == name)


def _check(body: Any, what: str) -> None:
    # Here, for the drivers disagree: SQLite's keeps NaN, psycopg raises errors of its own.
    try:
        json.dumps(body, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PermanentError(f"The ledger cannot keep {what}: {error}.") from error
