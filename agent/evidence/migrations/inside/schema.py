"""What a database holds: a dump of its schema that can be compared, name by name."""

from __future__ import annotations

from typing import Any

OWN_SCHEMAS = (
    "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%%'"
)
NOT_OF_EXTENSIONS = "NOT EXISTS (SELECT FROM pg_depend x WHERE x.objid = {0} AND x.deptype = 'e')"
BOOKKEEPING = ("alembic_version", "django_migrations")
_OF_RELATION = f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OWN_SCHEMAS}"
DUMPS: dict[str, str] = {
    "table": f"SELECT n.nspname || '.' || c.relname, c.relkind::text FROM pg_class c {_OF_RELATION}"
    " AND c.relkind IN ('r', 'p', 'f', 'm', 'v') AND " + NOT_OF_EXTENSIONS.format("c.oid"),
    "column": "SELECT n.nspname || '.' || c.relname || '.' || a.attname,"
    " format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END"
    " || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')"
    " || CASE WHEN a.attidentity <> '' THEN ' identity ' || a.attidentity::text ELSE '' END"
    " || CASE WHEN a.attgenerated <> '' THEN ' generated' ELSE '' END"
    " || CASE WHEN a.attcollation NOT IN (0, 100) THEN ' collate ' || a.attcollation::regcollation"
    " ELSE '' END FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d"
    f" ON d.adrelid = c.oid AND d.adnum = a.attnum {_OF_RELATION} AND a.attnum > 0"
    " AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'm', 'v') AND "
    + NOT_OF_EXTENSIONS.format("c.oid"),
    "constraint": "SELECT n.nspname || '.' || c.relname || '.' || k.conname,"
    " pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
    f" {_OF_RELATION} AND k.contype <> 'n' AND " + NOT_OF_EXTENSIONS.format("c.oid"),
    "index": "SELECT n.nspname || '.' || c.relname, pg_get_indexdef(c.oid) ||"
    " CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END FROM pg_class c"
    f" JOIN pg_index i ON i.indexrelid = c.oid {_OF_RELATION} AND "
    + NOT_OF_EXTENSIONS.format("i.indrelid"),
    "sequence": "SELECT n.nspname || '.' || c.relname, format_type(s.seqtypid, NULL) || ' ' ||"
    " s.seqincrement || ' ' || s.seqmax || ' ' || s.seqcycle FROM pg_class c"
    f" JOIN pg_sequence s ON s.seqrelid = c.oid {_OF_RELATION}",
    "view": "SELECT n.nspname || '.' || c.relname, pg_get_viewdef(c.oid) FROM pg_class c"
    f" {_OF_RELATION} AND c.relkind IN ('v', 'm')",
    "enum": "SELECT n.nspname || '.' || t.typname, string_agg(e.enumlabel, ', ' ORDER BY"
    " e.enumsortorder) FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid"
    f" JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {OWN_SCHEMAS} GROUP BY 1",
    "trigger": "SELECT n.nspname || '.' || c.relname || '.' || g.tgname, pg_get_triggerdef(g.oid)"
    " FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid"
    f" {_OF_RELATION} AND NOT g.tgisinternal",
    "function": "SELECT n.nspname || '.' || p.oid::regprocedure::text, md5(p.prosrc) FROM pg_proc p"
    f" JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {OWN_SCHEMAS} AND "
    + NOT_OF_EXTENSIONS.format("p.oid"),
    "extension": "SELECT extname, '' FROM pg_extension",
}


def dump_of(connection: Any) -> dict[str, str]:
    """Return every object of the schema with its definition, but the tools' own tables."""
    found: dict[str, str] = {}
    for kind, query in DUMPS.items():
        for name, definition in connection.execute(query.replace("%%", "%")).fetchall():
            if not any(own in name for own in BOOKKEEPING):
                plain = name[7:] if name.startswith("public.") else name
                found[f"{kind} {plain}"] = " ".join(str(definition or "").split())
    return found


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return what one dump has and the other has not, an object each."""
    found = []
    for name in sorted({*before, *after}):
        if name not in after:
            found.append(f"{name} is missing")
        elif name not in before:
            found.append(f"{name} is left ({after[name]})".replace(" ()", ""))
        elif before[name] != after[name]:
            found.append(f"{name}: {before[name]} became {after[name]}")
    return found


def is_longer_enum(line: str, before: dict[str, str], after: dict[str, str]) -> bool:
    """Tell whether a difference is a label that PostgreSQL cannot take out of an enumeration."""
    name = line.partition(":")[0]
    if not name.startswith("enum ") or name not in before or name not in after:
        return False
    return set(before[name].split(", ")) < set(after[name].split(", "))
