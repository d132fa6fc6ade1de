"""From facts to what fails and what is only said, each with the way out. Pure."""

from collections.abc import Iterable

from agent.domain.evidence import Remark
from agent.domain.value import Value
from agent.evidence.migrations.values import Fact, Looked, Proven, Tool
from agent.evidence.result import Problem

_IN_STEPS = "add the new column beside it, fill it in batches, switch the code, drop the old later"
_FAILS = {
    "two_heads": (
        "more than one head: {what}",
        "let the newer one stand upon the other (down_revision, dependencies), or merge them",
    ),
    "two_heads_rebased": (
        "on the newest {old} there would be more than one head: {what}",
        "rebase, and let the new migration stand upon the branch's newest one",
    ),
    "head_fails": ("the migrations cannot be loaded: {what}", ""),
    "up_fails": ("the upgrade fails on a database with rows: {what}", "{state}"),
    "down_fails": ("the downgrade fails: {what}", "undo each step in reverse order"),
    "up_again_fails": (
        "the upgrade after a downgrade fails: {what}",
        "the downgrade must take away all that the upgrade made, types and indexes too",
    ),
    "fresh_fails": (
        "a new database cannot be built, after older migrations were edited: {what}",
        "leave what is released as it is, and add a migration",
    ),
    "irreversible": (
        "there is no way back: {what}",
        "give it reverse code; RunPython.noop or RunSQL.noop where there is nothing to undo",
    ),
    "no_way_down": (
        "{what}: downgrade does nothing, upgrade does",
        "write the downgrade; where only data was filled in, say there why nothing is undone",
    ),
    "differs_below": (
        "after the downgrade the schema is not the base's: {what}",
        "undo in downgrade all that upgrade does, with the same names",
    ),
    "differs_above": (
        "up, down and up again gives another schema: {what}",
        "undo in downgrade all that upgrade does, with the same names",
    ),
    "differs_fresh": (
        "a migration that the base has was edited, so new databases differ from those in use: "
        "{what}",
        "leave what is released as it is, and add a migration",
    ),
    "left_over": (
        "models and migrations differ: {what}",
        "makemigrations or revision --autogenerate writes what is missing",
    ),
    "lost_table": (
        "table {what} is dropped with its {rows} rows, and the base's code reads it",
        "release code that does without it first; drop it in a later change",
    ),
    "lost_column": (
        "column {what} is gone with its values, and the base's code reads it",
        "rename it if that is meant; else release code that does without it, then drop it",
    ),
    "lost_rows": (
        "{rows} rows of {what} are gone after the upgrade",
        "keep them, or move them to another table first",
    ),
    "lost_values": (
        "values of {what} are lost ({example})",
        "keep the old column until nothing reads it: " + _IN_STEPS,
    ),
    "lost_below": (
        "the downgrade loses data of {what}",
        "bring back in downgrade what upgrade moved or changed",
    ),
    "narrowed": (
        "{what} takes less than before: {old} became {new}",
        "keep the wider type, or check the values first: " + _IN_STEPS,
    ),
    "rewritten": (
        "table {what} is written anew under a lock that stops reads and writes",
        _IN_STEPS,
    ),
    "locked": (
        "table {what} is locked by hand: {sql}",
        "leave it out: each statement takes the weakest lock that it needs",
    ),
}
"""What is wrong, and the way out."""
_STATES = {
    "23502": "add it nullable, fill it in batches, then SET NOT NULL; or give it a server default",
    "23505": "clean up duplicates in an earlier migration",
    "23514": "clean up the rows first, add the check NOT VALID, VALIDATE it later",
    "23503": "clean up the rows first, add the reference NOT VALID, VALIDATE it later",
    "22001": "keep the wider type: " + _IN_STEPS,
    "22P02": _IN_STEPS,
    "25001": "take it out of the transaction: autocommit_block() or atomic = False",
}
"""Ways out by PostgreSQL's code of an error."""
_RISKS = {
    "index": ("building an index on {what} blocks writes", "create it CONCURRENTLY, outside of a "
              "transaction"),
    "drop_index": ("dropping an index of {what} blocks reads", "drop it CONCURRENTLY"),
    "constraint": ("a new constraint on {what} scans it under a lock", "add it NOT VALID, VALIDATE "
                   "it in a later migration"),
    "unique": ("uniqueness on {what} builds an index under a lock, and fails on duplicates",
               "create the index CONCURRENTLY, then the constraint USING INDEX"),
    "set_not_null": ("NOT NULL on {what} scans it under a lock", "add CHECK (... IS NOT NULL) NOT "
                     "VALID, VALIDATE it, then SET NOT NULL"),
    "unbatched": ("all rows of {what} are changed in one statement: {sql}", "in batches by key, "
                  "each in its own transaction"),
    "renamed": ("{what} is now called {new}: the code that is still running knows the old name",
                "add, write both, switch, drop"),
    "moved": ("{what} is gone; its values are kept {new}", "drop it in a later change, when no "
              "running code reads it"),
    "contracted": ("{what} is dropped; the base's models do without it", ""),
    "changed_values": ("values of {what} are changed ({example})", "the downgrade does not bring "
                       "them back"),
    "by_values": ("rows that break a new rule stop the upgrade: {what}", "look for such rows "
                  "first"),
    "enum_stays": ("the downgrade leaves a label in an enumeration: {what}", "PostgreSQL cannot "
                   "take it out"),
}  # fmt: skip
_WHY_NOT_BASE = "the base's own migrations do not run here"


class Judged(Value):
    """What a tool's proof comes to."""

    problems: tuple[Problem, ...] = ()
    remarks: tuple[Remark, ...] = ()
    not_run: str = ""
    """Why there is no proof; empty when there is."""


def judge(tool: Tool, looked: Looked, proven: Proven) -> Judged:
    """Return what fails and what is only to be said."""
    facts = [*heads_facts(tool, looked), *proven.facts]
    base = next((fact for fact in facts if fact.kind == "base_fails"), None)
    problems = tuple(_problem(fact) for fact in _once(facts) if fact.kind in _FAILS)
    not_run = proven.problem or (f"{_WHY_NOT_BASE}: {base.what}" if base else "")
    lacks = proven.lacks_in_build
    if lacks:
        not_run = not_run or f"the PostgreSQL at hand lacks something: {lacks}"
        problems = tuple(problem for problem in problems if lacks not in problem.text)
    risks = (_risk(fact) for fact in _once(facts) if fact.kind in _RISKS)
    return Judged(problems=problems, remarks=(*risks, *_notes(proven)), not_run=not_run)


def heads_facts(tool: Tool, looked: Looked) -> list[Fact]:
    """Return what the files alone say of heads: those that the base has too do not count."""
    found = []
    many = _crowded(tool.heads, tool.tool)
    if many - _crowded(tool.base_heads, tool.tool):
        found.append(Fact(kind="two_heads", what=", ".join(sorted(many))))
    elif not many:
        fresh = _crowded(tool.fresh_heads, tool.tool)
        if fresh:
            what = ", ".join(sorted(fresh))
            found.append(Fact(kind="two_heads_rebased", what=what, old=looked.branch))
    return found


def _crowded(heads: Iterable[str], tool: str) -> set[str]:
    """Return the heads that are not the only one, of Django those of each app."""
    groups: dict[str, set[str]] = {}
    for head in heads:
        groups.setdefault(head.rpartition("/")[0] if tool == "django" else "", set()).add(head)
    return {head for group in groups.values() if len(group) > 1 for head in group}


def _once(facts: Iterable[Fact]) -> list[Fact]:
    """Return facts of which none says the same as another one."""
    chosen: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        is_heads = fact.kind == "two_heads"
        chosen.setdefault((fact.kind, "" if is_heads else f"{fact.what}{fact.sql}"), fact)
    return list(chosen.values())


def _problem(fact: Fact) -> Problem:
    text, way_out = _FAILS[fact.kind]
    way_out = _STATES.get(fact.state, "") if way_out == "{state}" else way_out
    said = _filled(text, fact)
    if fact.statements:
        said += f" at: {' '.join(fact.statements[-1][1].split())[:200]}"
    # Without a place the line is not cut, and the way out stands at its end.
    return Problem(key="", text=f"{said}. Way out: {way_out}" if way_out else said)


def _risk(fact: Fact) -> Remark:
    text, way_out = _RISKS[fact.kind]
    return Remark(kind=fact.kind, what=_filled(text, fact), why=way_out)


def _filled(text: str, fact: Fact) -> str:
    new = f"in {fact.new}" if fact.kind == "moved" and fact.new else fact.new
    values = fact.model_dump() | {"new": new}
    return text.format_map(values).strip()


def _notes(proven: Proven) -> list[Remark]:
    notes = [
        Remark(kind="unseeded", what=f"table {name} had no rows", why=why)
        for name, why in sorted(proven.unseeded.items())
    ]
    if proven.note:
        notes.append(Remark(kind="note", what=proven.note))
    return notes
