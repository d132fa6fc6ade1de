"""Searching the repository."""

from itertools import groupby
from typing import ClassVar

from pydantic import Field

from agent.text import head_and_tail
from agent.tools.base import RESULT_LIMIT, Bench, Tool, ToolOutcome


class Search(Tool):
    """Search file contents with a regular expression; the matches come grouped by file."""

    name: ClassVar[str] = "search"

    pattern: str = Field(description="Python regular expression, matched line by line.")
    path: str = Field(default=".", description="File or folder to search in.")
    glob: str | None = Field(default=None, description="Only files that match, such as `*.py`.")

    def run(self, bench: Bench) -> ToolOutcome:
        """Return `line: text` rows under each file's name."""
        wanted = {"pattern": self.pattern, "path": self.path, "glob": self.glob}
        found = bench.files("search", **{key: v for key, v in wanted.items() if v is not None})
        if not found["matches"]:
            return ToolOutcome(text=f"No match for {self.pattern!r} in {self.path}.")
        rows = []
        for path, matches in groupby(found["matches"], key=lambda match: match["path"]):
            rows += [f"== {path}", *(f"{m['line']:>5}  {m['text']}" for m in matches)]
        if found["more"]:
            rows.append(f"[{found['more']} more matches; search a narrower path or pattern]")
        return ToolOutcome(text=head_and_tail("\n".join(rows), RESULT_LIMIT))
