"""Reading and editing files of the repository."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from agent.domain.errors import ToolError
from agent.text import cut_lines, fair_shares
from agent.tools.base import RESULT_LIMIT, WRITING, Bench, Tool, ToolOutcome


class FileRange(BaseModel):
    """A file, or some lines of it."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="Path relative to the repository root.")
    start: int | None = Field(default=None, ge=1, description="First line, counted from 1.")
    end: int | None = Field(default=None, ge=1, description="Last line, inclusive.")


class ReadFiles(Tool):
    """Read text files with line numbers. Ask for all the files you need in one call."""

    name: ClassVar[str] = "read_files"

    files: list[FileRange] = Field(min_length=1, max_length=20)

    def run(self, bench: Bench) -> ToolOutcome:
        """Return each file under its name; a file that cannot be read does not hide the others."""
        found = [_read(bench, file) for file in self.files]
        limits = fair_shares([len(body) for _title, body in found], RESULT_LIMIT)
        rows = [
            f"{title}\n{cut_lines(body, limit)}"
            for (title, body), limit in zip(found, limits, strict=True)
        ]
        return ToolOutcome(text="\n\n".join(rows))


def _read(bench: Bench, file: FileRange) -> tuple[str, str]:
    wanted = {"path": file.path, "start": file.start, "end": file.end}
    try:
        found = bench.files("read", **{key: v for key, v in wanted.items() if v is not None})
    except ToolError as error:
        return f"== {file.path}", str(error)
    first = found["start"]
    numbered = [f"{first + i:>5}  {line}" for i, line in enumerate(found["lines"])]
    return f"== {file.path} ({found['total_lines']} lines)", "\n".join(numbered)


class ListFiles(Tool):
    """List the files and folders below a folder."""

    name: ClassVar[str] = "list_files"

    path: str = Field(default=".", description="Folder, relative to the repository root.")
    depth: int = Field(default=3, ge=1, le=8)

    def run(self, bench: Bench) -> ToolOutcome:
        """Return one path a line."""
        found = bench.files("list", path=self.path, depth=self.depth)
        more = f"\n[{found['more']} more; list a folder below]" if found["more"] else ""
        return ToolOutcome(text="\n".join(found["entries"]) + more)


class Edit(BaseModel):
    """One change to one file: give `old` and `new`, or `content`, or `delete`, or `move_to`."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="Path relative to the repository root.")
    old: str | None = Field(
        default=None, description="Exact text to replace; it must occur exactly once."
    )
    new: str | None = Field(default=None, description="The text to put in its place.")
    content: str | None = Field(default=None, description="The whole text of a new file.")
    delete: bool = Field(default=False)
    move_to: str | None = Field(default=None, description="New path of the file.")

    def request(self) -> dict[str, object]:
        """Return the edit in the file helper's words. Raises ToolError for a mixed-up one."""
        forms = {
            "replace": self.old is not None or self.new is not None,
            "create": self.content is not None,
            "delete": self.delete,
            "move": self.move_to is not None,
        }
        is_half = forms["replace"] and (self.old is None or self.new is None)
        if sum(forms.values()) != 1 or is_half:
            raise ToolError(
                f"{self.path}: give exactly one of old with new, content, delete, or move_to."
            )
        if forms["replace"]:
            return {"path": self.path, "old": self.old, "new": self.new}
        if forms["create"]:
            return {"path": self.path, "content": self.content}
        return {"path": self.path} | (
            {"delete": True} if forms["delete"] else {"move_to": self.move_to}
        )


class EditFiles(Tool):
    """Change files: all edits of the call are made, in order, or none. Indentation counts."""

    name: ClassVar[str] = "edit_files"
    stages = WRITING

    edits: list[Edit] = Field(min_length=1, max_length=50)

    def run(self, bench: Bench) -> ToolOutcome:
        """Return the paths that changed."""
        made = bench.files("edit", edits=[edit.request() for edit in self.edits])
        return ToolOutcome(text="Changed: " + ", ".join(made["changed"]))
