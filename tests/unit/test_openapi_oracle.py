"""Our differ beside the published test data of another one: 79 pairs with the rules they raise.

`UPDATE_SNAPSHOTS=1` writes the table of `docs/openapi-deviations.md` anew and keeps its reasons.
"""

import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

from agent.openapi.change import ApiDiff, Level
from agent.openapi.compare import diff
from agent.openapi.loading import load
from tests.fakes.specs import find_shared

PAGE = Path(__file__).resolve().parents[2] / "docs" / "openapi-deviations.md"
HEAD = "| pair | only there | only here | why |\n|---|---|---|---|\n"


class Case(NamedTuple):
    base: str
    head: str
    ids: frozenset[str]
    is_breaking: bool

    @property
    def name(self) -> str:
        return f"`{self.base}` → `{self.head}`"


@cache
def cases() -> tuple[Case, ...]:
    lines = find_shared("openapi/pairs.tsv").read_text("utf-8").splitlines()[1:]
    return tuple(_case(*line.split("\t")) for line in lines)


def _case(base: str, head: str, told: str) -> Case:
    levels = dict(item.rsplit(":", 1) for item in told.split(","))
    # "?" marks the comments that stand beside a change there; they are no rules.
    ids = frozenset(rule for rule, level in levels.items() if level != "?")
    breaking = not {"ERR", "WARN"}.isdisjoint(levels.values())
    return Case(Path(base).name, Path(head).name, ids, breaking)


@cache
def compared(case: Case) -> ApiDiff:
    files = (find_shared(f"openapi/pairs/{name}") for name in (case.base, case.head))
    base, head = (load(file.read_bytes(), file.name) for file in files)
    return diff(base, head)


def ids(case: Case) -> frozenset[str]:
    return frozenset(change.id for change in compared(case).changes)


def rows() -> dict[str, str]:
    """Return the table's rows, without their reasons, for each pair that is not exact."""
    return {
        f"{case.name} ({number})": f"{_list(case.ids - ids(case))} | {_list(ids(case) - case.ids)}"
        for number, case in enumerate(cases(), 1)
        if ids(case) != case.ids
    }


def _list(rules: frozenset[str]) -> str:
    return ", ".join(sorted(rules)) or "-"


def written() -> dict[str, tuple[str, str]]:
    """Return the rows of the page: what differs and the reason, by pair."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.split("|")[1:5]] for line in lines]
    return {pair: (f"{there} | {here}", why) for pair, there, here, why in cells}


def test_each_pair_that_breaks_clients_raises_an_error_or_a_warning() -> None:
    severe = (Level.ERROR, Level.WARNING)
    silent = [
        case.name
        for case in cases()
        if case.is_breaking and not any(c.level in severe for c in compared(case).changes)
    ]
    assert silent == []


def test_three_pairs_in_four_raise_exactly_the_same_rules() -> None:
    exact = sum(ids(case) == case.ids for case in cases())
    assert exact / len(cases()) >= 0.75


def test_the_page_of_deviations_names_each_with_a_reason_and_no_other() -> None:
    if os.environ.get("UPDATE_SNAPSHOTS"):
        _write()
    found = written()
    assert {pair: what for pair, (what, _why) in found.items()} == rows()
    assert [pair for pair, (_what, why) in found.items() if len(why) < 10] == []


def _write() -> None:
    reasons = {pair: why for pair, (_what, why) in written().items()}
    before = PAGE.read_text("utf-8").split(HEAD)[0]
    table = "".join(
        f"| {pair} | {what} | {reasons.get(pair, '')} |\n" for pair, what in rows().items()
    )
    PAGE.write_text(before + HEAD + table, "utf-8")
