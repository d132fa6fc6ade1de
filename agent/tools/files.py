"""Reading, listing and editing files of the repository."""

import json
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from agent.domain.errors import ToolError
from agent.output import cut_file
from agent.text import fair_shares
from agent.tools.base import RESULT_LIMIT, WRITING, Bench, Tool, ToolOutcome

_RANGES = re.compile(r"(?P<path>.+?)(?::|#L)(?P<ranges>\d+(?:-L?\d*)?(?:,\d+(?:-\d*)?)*)")
_BEFORE, _AFTER = 20, 40
"""What is shown around a single line that was asked for, as a traceback names it."""


_MOST_ENTRIES = 300


class ReadFiles(Tool):
    """Read text files with line numbers. Name all the files you need in one call."""

    name: ClassVar[str] = "read_files"
    is_read_only: ClassVar[bool] = True

    files: list[str] = Field(
        min_length=1, description="`path`, `path:10-80`, or a glob `app/routers/*.py`"
    )

    @field_validator("files", mode="before")
    @classmethod
    def _as_texts(cls, value: Any) -> Any:
        """Accept one path alone, and files given as objects with `path`, `start` and `end`."""
        files = _unpacked(value)
        return [_as_text(file) for file in files] if isinstance(files, list) else files

    def run(self, bench: Bench) -> ToolOutcome:
        """Return each file under its name; a file that cannot be read does not hide the others."""
        wanted = [part for file in self.files for part in _wanted(file)]
        unique = [part for place, part in enumerate(wanted) if part not in wanted[:place]]
        answer = bench.files("read_many", files=unique)
        found = answer["files"]
        sizes = [sum(len(line) + 8 for line in file.get("lines", ())) for file in found]
        limits = fair_shares(sizes, RESULT_LIMIT)
        parts = [_file_text(file, limit) for file, limit in zip(found, limits, strict=True)]
        return ToolOutcome(text="\n\n".join([*parts, *(f"[{note}]" for note in answer["notes"])]))


def _unpacked(value: Any) -> Any:
    """Return a list that weaker models write as one path, or as JSON within a text."""
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    return [value] if isinstance(value, str | dict) else value


def _as_text(file: Any) -> Any:
    if not isinstance(file, dict) or "path" not in file:
        return file
    start, end = file.get("start"), file.get("end")
    lines = "" if start is None and end is None else f":{start or 1}-{end or ''}"
    return f"{file['path']}{lines}"


def _wanted(file: str) -> Iterator[dict[str, Any]]:
    """Yield the file helper's words for `path`, `path:10-80` or `path:10-20,40-60`."""
    found = _RANGES.fullmatch(file.strip())
    if found is None:
        yield {"path": file.strip()}
        return
    for part in found["ranges"].split(","):
        start, dash, end = part.replace("L", "").partition("-")
        first, last = int(start[:9]) or 1, int(end[:9] or 0)
        if not dash:
            first, last = max(1, first - _BEFORE), first + _AFTER
        if last and last < first:
            first, last = last, first
        yield {"path": found["path"], "start": first} | ({"end": last} if last else {})


def _file_text(file: dict[str, Any], limit: int) -> str:
    if "error" in file:
        return f"== {file['path']}\n{file['error']}"
    lines, first, total = file["lines"], file["start"], file["total_lines"]
    last = first + len(lines) - 1
    part = f"{total} lines" if len(lines) == total else f"lines {first}-{last} of {total}"
    body = cut_file(file["path"], lines, first, limit)
    return f"== {file['path']} ({part})\n{body}".rstrip("\n")


class ListFiles(Tool):
    """List files below a folder; `glob` narrows it down."""

    name: ClassVar[str] = "list_files"
    is_read_only: ClassVar[bool] = True

    path: str = "."
    depth: SkipJsonSchema[int] = 20
    """Not offered any more, for the fullest folders are closed by themselves; still taken."""
    glob: str | None = Field(default=None, description="`test_*.py`, `app/**/models.py`")

    def run(self, bench: Bench) -> ToolOutcome:
        """Return one line for each folder, with what is in it."""
        narrowed = {} if self.glob is None else {"glob": self.glob}
        found = bench.files(
            "list", path=self.path, depth=max(1, self.depth), limit=_MOST_ENTRIES, **narrowed
        )
        if not found["entries"]:
            sought = f" that fits {self.glob}" if self.glob else ""
            return ToolOutcome(text=f"There is no file{sought} in {self.path}.")
        rows = [*_by_folder(found["entries"], found.get("counts", {}))]
        if found["more"]:
            rows.append(f"[{found['more']} more; list a folder, or narrow `glob`]")
        return ToolOutcome(text="\n".join(rows))


def _by_folder(entries: list[str], counts: dict[str, int]) -> Iterator[str]:
    """Yield `folder/: names`; a folder that was not opened is a name with its number of files."""
    folders: dict[str, list[str]] = {}
    parts = [entry.rstrip("/").rpartition("/") for entry in entries]
    opened = {head + slash for head, slash, _ in parts}
    for entry, (head, slash, last) in zip(entries, parts, strict=True):
        if entry in opened:
            continue
        count = f" ({counts[entry]} files)" if entry in counts else ""
        name = last + "/" * entry.endswith("/")
        quoted = json.dumps(name, ensure_ascii=False) if " " in name else name
        folders.setdefault(head + slash, []).append(quoted + count)
    for folder, names in sorted(folders.items()):
        yield f"{folder or './'}: {' '.join(names)}"


class Edit(BaseModel):
    """`old` and `new`, or `content`, or `delete`, or `move_to`."""

    model_config = ConfigDict(extra="forbid")

    path: str
    old: str | None = Field(default=None, description="Exact text that stands once")
    new: str | None = None
    all: bool = Field(default=False, description="Replace every `old`")
    content: str | None = Field(default=None, description="Whole text")
    delete: bool = False
    move_to: str | None = None

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
            everywhere = {"all": True} if self.all else {}
            return {"path": self.path, "old": self.old, "new": self.new, **everywhere}
        if forms["create"]:
            return {"path": self.path, "content": self.content}
        return {"path": self.path} | (
            {"delete": True} if forms["delete"] else {"move_to": self.move_to}
        )


class EditFiles(Tool):
    """Change files: all edits of a call, in order, or none. Put many into one call."""

    name: ClassVar[str] = "edit_files"
    stages = WRITING

    edits: list[Edit] = Field(min_length=1)

    @field_validator("edits", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        """Accept one edit alone, and a list that was written as a text."""
        return _unpacked(value)

    def run(self, bench: Bench) -> ToolOutcome:
        """Return what became of each file, one line each."""
        made = bench.files("edit", edits=[edit.request() for edit in self.edits])
        return ToolOutcome(text="\n".join(made["report"]), changes_files=True)
