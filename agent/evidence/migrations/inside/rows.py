"""The rows of a database before and after: what was lost, and what was rewritten on disk."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from agent.evidence.migrations.inside.seeding import KEPT, Table, tables_of

MOST_ROWS = 2_000
_TRUTH = {"t": "1", "true": "1", "f": "0", "false": "0"}


class Snapshot:
    """The tables with their rows, every value as text."""

    def __init__(self, connection: Any) -> None:
        """Read all tables, the first rows of each."""
        self.tables = {
            number: table
            for number, table in tables_of(connection).items()
            if not KEPT.search(table.plain_name)
        }
        self.counts: dict[int, int] = {}
        self.rows: dict[int, list[dict[int, Any]]] = {}
        for number, table in self.tables.items():
            self._read(connection, number, table)

    def _read(self, connection: Any, number: int, table: Table) -> None:
        numbers = list(table.columns)
        listed = ", ".join(f'"{table.columns[n].name}"::text' for n in numbers) or "NULL"
        order = ", ".join(f'"{table.columns[n].name}"' for n in table.key if n in table.columns)
        query = f"SELECT {listed} FROM {table.name}{f' ORDER BY {order}' if order else ''}"
        found = connection.execute(f"{query} LIMIT {MOST_ROWS}").fetchall()
        self.rows[number] = [dict(zip(numbers, row)) for row in found]
        count = connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()
        self.counts[number] = count[0]

    def like(self, table: Table) -> Table | None:
        """Return the table that another database, or another time, knows as this one."""
        same = self.tables.get(table.id)
        if same is not None:
            return same
        named = (t for t in self.tables.values() if t.name == table.name)
        return next(named, None)

    def values(self, table: Table, number: int) -> list[Any]:
        """Return the values of a column."""
        return [row[number] for row in self.rows[table.id]]


def same_value(old: Any, new: Any) -> bool:
    """Tell whether two values say the same, whatever their types."""
    if old == new:
        return True
    if old is None or new is None:
        return False
    if _TRUTH.get(old, old) == _TRUTH.get(new, new):
        return True
    try:
        return Decimal(old) == Decimal(new)
    except InvalidOperation:
        return same_moment(old, new)


def same_moment(old: str, new: str) -> bool:
    """Tell whether a date became the same day's midnight, or a moment lost only its zone."""
    longer = new.removesuffix("+00") if hasattr(new, "removesuffix") else new
    shorter = old.removesuffix("+00") if hasattr(old, "removesuffix") else old
    return longer in (shorter, f"{shorter} 00:00:00")


class Pairs:
    """The rows of a table before and after, put side by side by their keys."""

    def __init__(self, before: Snapshot, after: Snapshot, old: Table, new: Table) -> None:
        """Pair the rows of `old` with those of `new`; a row that is gone has None."""
        self.columns = self._columns(old, new)
        key = old.key if old.key and all(n in self.columns for n in old.key) else []
        rows = after.rows[new.id]
        if key:
            by_key = {tuple(row[self.columns[n]] for n in key): row for row in rows}
            self.rows = [
                (row, by_key.get(tuple(row[n] for n in key))) for row in before.rows[old.id]
            ]
            if any(found for _, found in self.rows):
                return
        found = [*rows, *[None] * len(before.rows[old.id])]
        self.rows = list(zip(before.rows[old.id], found))

    @staticmethod
    def _columns(old: Table, new: Table) -> dict[int, int]:
        """Return the columns that stayed, by number; in another table by name."""
        is_same = old.id == new.id
        kept = {n: n for n in old.columns if is_same and n in new.columns}
        named = {column.name: n for n, column in new.columns.items()}
        for n, column in old.columns.items():
            if n not in kept and column.name in named and named[column.name] not in kept.values():
                kept[n] = named[column.name]
        return kept

    def lost_rows(self) -> int:
        """Return how many rows are not there any more."""
        return sum(found is None for _, found in self.rows)

    def of(self, number: int) -> list[tuple[Any, Any]]:
        """Return the values of a column before and after."""
        other = self.columns[number]
        return [(row[number], found[other]) for row, found in self.rows if found is not None]


def is_kept_elsewhere(values: list[Any], before: Snapshot, after: Snapshot) -> str:
    """Return the new column that has all of a lost column's values; empty if there is none."""
    wanted = {v for v in values if v is not None}
    if len(wanted) < 2:
        return ""
    for table in after.tables.values():
        known = before.tables[table.id].columns if table.id in before.tables else {}
        for number, column in table.columns.items():
            if number not in known and wanted <= set(after.values(table, number)):
                return f"{table.shown()}.{column.name}"
    return ""


def changed_values(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return the values that are not the same any more; what was NULL may be anything."""
    return [(old, new) for old, new in pairs if old is not None and not same_value(old, new)]


def is_wiped(pairs: list[tuple[Any, Any]]) -> bool:
    """Tell whether values that differed are all one now, or none."""
    old = {value for value, _ in pairs if value is not None}
    new = {value for before, value in pairs if before is not None and value is not None}
    return bool(old) and (not new or (len(old) > 1 and len(new) == 1))
