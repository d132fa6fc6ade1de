"""Searching the repository."""

from typing import Any, ClassVar

from pydantic import Field

from agent.text import head_and_tail
from agent.tools.base import Bench, Tool, ToolOutcome

_LIMIT = 20_000
"""The most characters of one result."""
_MOST_CONTEXT = 50
_MOST_FILES = 30
"""When there are more files than that and not all matches fit, files are named and counted."""


class Search(Tool):
    """Search file contents: Python regex, by line, case counts; what git ignores is skipped."""

    name: ClassVar[str] = "search"
    is_read_only: ClassVar[bool] = True

    pattern: str = Field(min_length=1)
    path: str = Field(default=".", description="File or folder")
    glob: str | None = Field(default=None, description="`*.py`, `!tests/**`")
    context: int = Field(default=0, description="Lines around a match")

    def run(self, bench: Bench) -> ToolOutcome:
        """Return numbered lines under each file's name, as `read_files` shows them."""
        wanted = {
            "pattern": self.pattern,
            "path": self.path,
            "context": min(self.context, _MOST_CONTEXT),
        }
        found = bench.files("search", **wanted, **({"glob": self.glob} if self.glob else {}))
        note = f"[{found['note']}]" if found.get("note") else ""
        if not found["matches"]:
            within = f" ({found['searched']} files)" if "searched" in found else ""
            text = f"No match for {self.pattern} in {self.path}{within}, case ignored or not."
            return ToolOutcome(text=f"{text}\n{note}".rstrip())
        rows = _names_only(found) if self._are_too_many(found) else _by_file(found)
        text = head_and_tail("\n".join(rows), _LIMIT)
        return ToolOutcome(text=f"{note}\n{text}".lstrip())

    @staticmethod
    def _are_too_many(found: dict[str, Any]) -> bool:
        return bool(found["more"]) and bool(found["files"] > _MOST_FILES)


def _names_only(found: dict[str, Any]) -> list[str]:
    total = len(found["matches"]) + found["more"]
    rows = [f"{total} matches in {found['files']} files, too many to show; by file:"]
    rows += [f"{path} ({count})" for path, count in found["counts"].items()]
    more = found["files"] - len(found["counts"])
    return rows + ([f"[{more} more files; narrow path, glob or pattern]"] if more else [])


def _by_file(found: dict[str, Any]) -> list[str]:
    rows: list[str] = []
    lines: dict[str, dict[int, str]] = {}
    shown: dict[str, int] = {}
    for match in found["matches"]:
        lines.setdefault(match["path"], {}).update(_with_context(match))
        shown[match["path"]] = shown.get(match["path"], 0) + 1
    for path, numbered in lines.items():
        rows.append(f"== {path}")
        rows += [f"{number}\t{numbered[number]}" for number in sorted(numbered)]
        more = found["counts"].get(path, 0) - shown[path]
        rows += [f"[{more} more matches in this file]"] if more > 0 else []
    return rows


def _with_context(match: dict[str, Any]) -> dict[int, str]:
    before, after = match.get("before", []), match.get("after", [])
    return dict(enumerate([*before, match["text"], *after], match["line"] - len(before)))
