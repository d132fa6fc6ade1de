"""What a migration did to the data, from three looks: before, above, and below again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agent.evidence.migrations.inside.rows import (
    Pairs,
    Snapshot,
    changed_values,
    is_kept_elsewhere,
    is_wiped,
)
from agent.evidence.migrations.inside.seeding import Column, Table

_SIZES = {"int2": 2, "int4": 4, "int8": 8, "float4": 4, "float8": 8}
_MOMENTS = {"date": 1, "timestamp": 2, "timestamptz": 2}


def fact(kind: str, what: str, **more: Any) -> dict[str, Any]:
    """Return one thing that was found."""
    return {"kind": kind, "what": what, **more}


def data_facts(
    before: Snapshot, above: Snapshot, below: Snapshot | None, unused: set[str]
) -> Iterator[dict[str, Any]]:
    """Yield what happened to the rows.

    Args:
        before: The base's database with rows.
        above: The same after the upgrade.
        below: The same after the downgrade; None when there was none.
        unused: Columns and tables that the base's models do not have, so that nothing reads them.
    """
    for table in before.tables.values():
        now = above.like(table)
        if now is None or not before.counts[table.id]:
            if now is None:
                yield from lost_table(table, before, above, below, unused)
            continue
        if now.id == table.id and now.name != table.name:
            yield fact("renamed", table.shown(), new=now.shown())
        yield from table_facts(table, now, before, above, below, unused)


def lost_table(
    table: Table, before: Snapshot, above: Snapshot, below: Snapshot | None, unused: set[str]
) -> Iterator[dict[str, Any]]:
    """Yield what a table that is gone means."""
    if table.shown() in unused:
        yield fact("contracted", table.shown())
        return
    values = [n for n, column in table.columns.items() if not column.is_made]
    kept = all(is_kept_elsewhere(before.values(table, n), before, above) for n in values)
    if before.counts[table.id] and not (kept and values):
        yield fact("lost_table", table.shown(), rows=before.counts[table.id])
    else:
        yield fact("moved", table.shown(), restored=below is not None)


def table_facts(
    table: Table,
    now: Table,
    before: Snapshot,
    above: Snapshot,
    below: Snapshot | None,
    unused: set[str],
) -> Iterator[dict[str, Any]]:
    """Yield what happened to a table that is still there, column by column."""
    if now.id == table.id and now.file != table.file:
        yield fact("rewritten", table.shown(), columns=rewritten_columns(table, now))
    pairs = Pairs(before, above, table, now)
    if pairs.lost_rows():
        yield fact("lost_rows", table.shown(), rows=pairs.lost_rows())
    down = below.like(table) if below else None
    back = Pairs(before, below, table, down) if below and down else None
    if back and back.lost_rows() > pairs.lost_rows():
        yield fact("lost_below", table.shown(), rows=back.lost_rows())
    for number, column in table.columns.items():
        where = f"{table.shown()}.{column.name}"
        if number not in pairs.columns:
            values = before.values(table, number)
            yield from lost_column(where, values, before, above, back, number, unused)
            continue
        yield from column_facts(where, column, now.columns[pairs.columns[number]])
        yield from value_facts(where, number, pairs, back)


def rewritten_columns(table: Table, now: Table) -> list[str]:
    """Return the columns for which PostgreSQL may have written a table anew."""
    return [
        column.name
        for number, column in now.columns.items()
        if number not in table.columns or type_of(table.columns[number]) != type_of(column)
    ]


def lost_column(
    where: str,
    values: list[Any],
    before: Snapshot,
    above: Snapshot,
    back: Pairs | None,
    number: int,
    unused: set[str],
) -> Iterator[dict[str, Any]]:
    """Yield what a column that is gone means."""
    place = is_kept_elsewhere(values, before, above)
    is_back = back is not None and number in back.columns and not changed_values(back.of(number))
    if where in unused:
        yield fact("contracted", where)
    elif place or (is_back and any(value is not None for value in values)):
        yield fact("moved", where, new=place, restored=is_back)
    else:
        yield fact("lost_column", where)


def column_facts(where: str, old: Column, new: Column) -> Iterator[dict[str, Any]]:
    """Yield what a change of a column's type or name means."""
    if old.name != new.name:
        yield fact("renamed", where, new=new.name)
    if type_of(old) != type_of(new) and is_narrower(old, new):
        yield fact("narrowed", where, old=told_type(old), new=told_type(new))


def type_of(column: Column) -> tuple[str, int]:
    """Return what decides which values a column takes."""
    return column.type, column.modifier


def told_type(column: Column) -> str:
    """Return a type as people write it."""
    if column.length():
        return f"{column.type}({column.length()})"
    if column.type == "numeric" and column.modifier >= 4:
        bits = column.modifier - 4
        return f"numeric({bits >> 16}, {bits & 0x7FF})"
    return column.type


def is_narrower(old: Column, new: Column) -> bool:
    """Tell whether a column takes fewer values than before."""
    for sizes in (_SIZES, _MOMENTS):
        if old.type in sizes and new.type in sizes:
            return sizes[new.type] < sizes[old.type]
    if old.category == new.category == "S":
        return bool(new.length()) and (not old.length() or new.length() < old.length())
    if old.type == new.type == "numeric" and new.modifier >= 4:
        if old.modifier < 4:
            return True
        (whole, scale), (less, finer) = (
            (((m - 4) >> 16) - ((m - 4) & 0x7FF), (m - 4) & 0x7FF)
            for m in (old.modifier, new.modifier)
        )
        return less < whole or finer < scale
    return old.type in ("numeric", "float4", "float8") and new.type in ("int2", "int4", "int8")


def value_facts(
    where: str, number: int, pairs: Pairs, back: Pairs | None
) -> Iterator[dict[str, Any]]:
    """Yield what happened to the values of a column that is still there."""
    changed = changed_values(pairs.of(number))
    below = changed_values(back.of(number)) if back and number in back.columns else []
    is_restored = back is not None and number in back.columns and not below
    if not changed:
        if below or (back is not None and number not in back.columns):
            yield fact("lost_below", where, example=example(below))
        return
    if is_restored:
        return
    if is_wiped(pairs.of(number)) or is_shortened(changed):
        yield fact("lost_values", where, example=example(changed))
    else:
        yield fact("changed_values", where, example=example(changed))


def is_shortened(changed: list[tuple[Any, Any]]) -> bool:
    """Tell whether values lost their end, or digits, as conversions make them."""
    for old, new in changed:
        if new is None:
            return True
        is_cut = len(new) < len(old) and old.startswith(new)
        is_rounded = re.fullmatch(r"-?[\d.]+", old) and re.fullmatch(r"-?[\d.]+", new)
        if is_cut or (is_rounded and len(new) < len(old) and abs(float(old) - float(new)) <= 1):
            return True
    return False


def example(changed: list[tuple[Any, Any]]) -> str:
    """Return one value before and after."""
    if not changed:
        return ""
    old, new = changed[0]
    return f"{str(old)[:40]} became {str(new)[:40] if new is not None else 'NULL'}"
