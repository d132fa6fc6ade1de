"""Rows for every table, so that a migration meets data: full, odd and empty values.

What the schema asks for is respected as far as it can be found out by trying.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Any

ROWS = 3
"""The first has NULL wherever it may, the second the longest values, the third usual ones."""
MOST_TRIES = 150
LONG_TEXT = 300
"""Longer than the usual limit of 255, which shows when a text is cut down to it."""
KEPT = re.compile(r"\b(alembic_version|django_migrations)$")
COLUMNS = """
SELECT a.attrelid::oid, a.attnum, a.attname, t.typname, a.atttypmod, a.attnotnull, t.typtype::text,
       coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attidentity::text, a.attgenerated::text,
       t.typcategory::text, t.oid, t.typbasetype
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY a.attnum
"""
TABLES = """
SELECT c.oid::oid, n.nspname, c.relname, c.relfilenode::oid FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
  AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = c.oid AND x.deptype = 'e')
ORDER BY c.relname
"""
CONSTRAINTS = """
SELECT k.conrelid::oid, k.conname, k.contype::text, k.conkey::int[], k.confrelid::oid,
       k.confkey::int[], pg_get_constraintdef(k.oid)
FROM pg_constraint k WHERE k.conrelid <> 0 AND k.contype IN ('c', 'f', 'p', 'u')
"""


class Column:
    """One column, as far as values for it are concerned."""

    def __init__(self, found: Any) -> None:
        """Take a row of `COLUMNS`."""
        self.table: int = found[0]
        self.number: int = found[1]
        self.name: str = found[2]
        self.type: str = found[3]
        self.modifier: int = found[4]
        self.is_required: bool = found[5]
        self.kind: str = found[6]
        self.default: str = found[7]
        self.category: str = found[10]
        self.type_id: int = found[11]
        self.base_type: int = found[12]
        identity, generated = found[8:10]
        self.is_made = bool(identity or generated) or self.default.startswith("nextval(")

    @property
    def salt(self) -> int:
        """Return a number of two digits, so that columns do not have the same values by chance."""
        return (self.table * 7 + self.number * 13) % 90 + 10

    def length(self) -> int:
        """Return the most characters, or 0."""
        return max(self.modifier - 4, 0) if self.type in ("varchar", "bpchar") else 0


class Table:
    """A table with its columns and constraints."""

    def __init__(self, found: Any) -> None:
        """Take a row of `TABLES`."""
        self.id, self.schema, self.plain_name, self.file = found
        self.name = f'"{self.schema}"."{self.plain_name}"'
        self.columns: dict[int, Column] = {}
        self.foreign: list[Any] = []
        self.checks: dict[str, Any] = {}
        self.key: list[int] = []

    def shown(self) -> str:
        """Return its name as people write it."""
        return self.plain_name if self.schema == "public" else f"{self.schema}.{self.plain_name}"


def tables_of(connection: Any) -> dict[int, Table]:
    """Return the tables by object id, which a renamed table keeps."""
    found = {row[0]: Table(row) for row in connection.execute(TABLES).fetchall()}
    for row in connection.execute(COLUMNS).fetchall():
        if row[0] in found:
            found[row[0]].columns[row[1]] = Column(row)
    for table, name, kind, own, other, other_key, text in connection.execute(
        CONSTRAINTS
    ).fetchall():
        if table not in found:
            continue
        if kind == "f":
            found[table].foreign.append((list(own), other, list(other_key)))
        elif kind == "c":
            found[table].checks[name] = (list(own or ()), text)
        elif kind == "p":
            found[table].key = list(own)
    return found


class Seeder:
    """Fills a database; `unseeded` has the tables that stayed empty, with why."""

    def __init__(self, connection: Any) -> None:
        """Take a connection that commits each statement."""
        self.connection = connection
        self.tables = tables_of(connection)
        self.unseeded: dict[str, str] = {}
        self.rows = 0
        self._labels = self._enumerations()

    def _enumerations(self) -> dict[int, list[str]]:
        query = "SELECT enumtypid::oid, enumlabel FROM pg_enum ORDER BY enumsortorder"
        labels: dict[int, list[str]] = {}
        for type_id, label in self.connection.execute(query).fetchall():
            labels.setdefault(type_id, []).append(label)
        return labels

    def fill(self) -> None:
        """Give every table rows, those first to which others refer."""
        for table in self._ordered():
            if KEPT.search(table.plain_name):
                continue
            made, why = 0, ""
            for number in range(ROWS):
                failed = self._insert(table, number)
                made, why = made + (not failed), failed or why
            self.rows += made
            if not made:
                self.unseeded[table.shown()] = why

    def _ordered(self) -> list[Table]:
        left, done = dict(self.tables), []
        while left:
            ready = [
                table
                for table in left.values()
                if all(other not in left or other == table.id for _, other, _ in table.foreign)
            ]
            for table in ready or list(left.values())[:1]:
                done.append(left.pop(table.id))
        return done

    def _insert(self, table: Table, number: int) -> str:
        """Insert a row; return why it could not be, or nothing."""
        row = {c.number: self._value(c, number) for c in table.columns.values() if not c.is_made}
        for own, other, other_key in table.foreign:
            row.update(self._referred(table, own, other, other_key, number))
        failed = self._try(table, row)
        for _ in range(4):
            check = table.checks.get(failed[1]) if failed else None
            if check is None:
                break
            failed = self._satisfy(table, row, check, failed[1])
        return failed[0] if failed else ""

    def _satisfy(self, table: Table, row: dict[int, Any], check: Any, name: str) -> Any:
        """Try values for the columns of a check until it lets the row pass."""
        numbers = [n for n in check[0] if n in row]
        choices = [candidates(table.columns[n], check[1], row[n]) for n in numbers]
        failed: Any = ("no value satisfies a check", name)
        for tried, values in enumerate(product(*choices)):
            if tried > MOST_TRIES:
                break
            row.update(zip(numbers, values))
            failed = self._try(table, row)
            if not failed or failed[1] != name:
                break
        return failed

    def _referred(
        self, table: Table, own: list[int], other: int, key: list[int], number: int
    ) -> dict[int, Any]:
        """Return the key of a row that there is; NULL for one that there is not."""
        target = self.tables.get(other)
        may_be_empty = not any(table.columns[n].is_required for n in own)
        if target is None or (may_be_empty and number == 0):
            return dict.fromkeys(own)
        wanted = ", ".join(f'"{target.columns[n].name}"::text' for n in key)
        query = f"SELECT {wanted} FROM {target.name} ORDER BY {wanted} LIMIT {ROWS}"
        found = self.connection.execute(query).fetchall()
        return dict(zip(own, found[number % len(found)])) if found else dict.fromkeys(own)

    def _try(self, table: Table, row: dict[int, Any]) -> Any:
        """Insert a row; return the message and the constraint that refused it, or nothing."""
        import psycopg

        given = {n: v for n, v in row.items() if v is not None or not table.columns[n].default}
        places = ", ".join(f'"{table.columns[n].name}"' for n in given)
        values = ", ".join(quoted(value) for value in given.values())
        body = f"({places}) VALUES ({values})" if given else "DEFAULT VALUES"
        try:
            self.connection.execute(f"INSERT INTO {table.name} {body}".encode())
        except psycopg.Error as error:
            said = " ".join(str(error).split("\n")[0].split())
            return said, error.diag.constraint_name or ""
        return None

    def _value(self, column: Column, number: int) -> Any:
        if number == 0 and not column.is_required:
            return None
        if column.base_type:
            base = self.connection.execute(
                "SELECT typname FROM pg_type WHERE oid = %s", (column.base_type,)
            ).fetchone()
            return of_type(base[0], 0, column.modifier, number, column.salt)
        if column.kind == "e":
            labels = self._labels.get(column.type_id)
            return labels[number % len(labels)] if labels else None
        if column.category == "A":
            inner = of_type(column.type.lstrip("_"), 0, -1, number, column.salt)
            plain = str(inner).replace('"', '\\"')
            return "{}" if inner is None else f'{{"{plain}"}}'
        return of_type(column.type, column.length(), column.modifier, number, column.salt)


def quoted(value: Any) -> str:
    """Return a value as SQL writes it, of whatever type the column is."""
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'"


def of_type(name: str, length: int, modifier: int, number: int, salt: int) -> Any:
    """Return a value of a type that is large for it; None when none is known."""
    if name in ("varchar", "bpchar", "text", "citext", "name"):
        return text_value(number, salt, length, 63 if name == "name" else LONG_TEXT)
    if name == "numeric":
        return number_value(modifier, number, salt)
    if name == "bool":
        return "true" if number % 2 else "false"
    made = VALUES.get(name)
    return made.format(n=number + 1, s=salt) if made else None


VALUES = {
    "int2": "{s}0{n}",
    "int4": "{s}000{n}",
    "int8": "{s}0000000{n}",
    "float4": "{s}{n}.5",
    "float8": "{s}34567{n}.25",
    "money": "{n}.5",
    "date": "2024-02-1{n}",
    "time": "03:04:0{n}.5",
    "timetz": "03:04:0{n}.5+00",
    "timestamp": "2024-02-1{n} 03:04:05.678901",
    "timestamptz": "2024-02-1{n} 03:04:05.678901+00",
    "interval": "{n} days 02:00:00",
    "uuid": "0000000{n}-1111-4111-8111-111111111111",
    "json": '{{"n": {n}}}',
    "jsonb": '{{"n": {n}}}',
    "bytea": "\\x0{n}ff",
    "inet": "10.0.0.{n}",
    "cidr": "10.0.{n}.0/24",
    "macaddr": "08:00:2b:01:02:0{n}",
    "tsvector": "word{n}",
    "xml": "<n>{n}</n>",
    "int4range": "[{n},1{n})",
    "int8range": "[{n},1{n})",
    "numrange": "[{n},1{n})",
    "daterange": "[2024-02-1{n},2024-03-01)",
    "tstzrange": "[2024-02-1{n} 00:00:00+00,2024-03-01 00:00:00+00)",
    "tsrange": "[2024-02-1{n} 00:00:00,2024-03-01 00:00:00)",
    "point": "({n},{n})",
    "bit": "1",
    "varbit": "10{n}",
    "oid": "{n}",
}


def text_value(number: int, salt: int, length: int, most: int) -> str:
    """Return a text; that of the second row is as long as may be."""
    start = f"{chr(97 + number)}{salt} text"
    if number == 1:
        start += "x" * ((length or most) - len(start))
    return start[:length] if length else start


def number_value(modifier: int, number: int, salt: int) -> str:
    """Return a number with all the digits after the point that its type keeps."""
    if modifier < 4:
        return f"{salt}34.567{number + 1}"
    digits, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
    whole = f"{salt}99999{salt}"[: max(digits - scale - 2, 0)] + str(number + 1)
    whole = whole if digits > scale else "0"
    return f"{whole}.{'2' * (scale - 1)}{number + 1}" if scale else whole


def candidates(column: Column, check: str, current: Any) -> list[Any]:
    """Return what may satisfy a check, from the words and numbers that it names."""
    texts = re.findall(r"'((?:[^']|'')*)'", check)
    numbers = [float(text) for text in re.findall(r"(?<![\w'])-?\d+(?:\.\d+)?", check)]
    numbers += [float(text) for text in texts if re.fullmatch(r"-?\d+(\.\d+)?", text)]
    found: list[Any] = [current]
    if column.category == "N":
        near = [n + step for n in (*numbers, 0.0) for step in (1, 0, -1, 0.5)]
        whole = column.type.startswith("int")
        found += [int(n) if whole or n == int(n) else n for n in near if not whole or n == int(n)]
    elif column.category == "B":
        found += ["true", "false"]
    elif column.category == "S":
        usual = ("abc", "ABC", "a1@example.com", "12345", "https://example.com/a", "a-b", "")
        found += [*(text.replace("''", "'") for text in texts), *usual]
        found += [("x" * int(n)) for n in numbers if 0 < n < 200]
    else:
        found += texts
    if not column.is_required:
        found.append(None)
    return list(dict.fromkeys(found))


def fit(connection: Any, wanted: list[Any]) -> list[str]:
    """Add constraints of the head to the base's tables; return how to drop those that hold."""
    import psycopg

    drops = []
    for number, (table, definition) in enumerate(wanted):
        name = f"backsmith_fits_{number}"
        try:
            connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        except psycopg.Error:
            continue
        drops.append(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    return drops
