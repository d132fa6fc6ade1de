"""A sandbox over files in memory; commands are answered by a function of the test."""

import difflib
import fnmatch
import re
from collections.abc import Callable
from pathlib import Path
from posixpath import normpath
from typing import Any

from agent.domain.errors import ToolError
from agent.domain.repository import Worktree
from agent.ports import Command, CommandResult

Files = dict[str, str]
"""Text by path, relative to the root of a worktree."""
Answer = Callable[[Files, Command], CommandResult]


def succeed(files: Files, command: Command) -> CommandResult:
    """Answer every command with success and no output."""
    return CommandResult(exit_code=0, output="", seconds=0.0)


class FakeSandbox:
    """Files are `trees[worktree.path]`; what was run is in `commands`, by worktree name."""

    def __init__(self, trees: dict[Path, Files] | None = None, answer: Answer = succeed) -> None:
        self.trees = {} if trees is None else trees
        self.answer = answer
        self.commands: list[tuple[str, Command]] = []
        self.prepared: list[str] = []
        self.broken: Exception | None = None

    def check(self) -> None:
        if self.broken is not None:
            raise self.broken

    def prepare(self, worktree: Worktree) -> None:
        self.prepared.append(worktree.path.name)

    def run(self, worktree: Worktree, command: Command) -> CommandResult:
        self.check()
        self.commands.append((worktree.path.name, command))
        return self.answer(self.trees[worktree.path], command)

    def file_operation(self, worktree: Worktree, operation: str, arguments: dict[str, Any]) -> Any:
        self.check()
        operations: dict[str, Callable[..., Any]] = {
            "read": _read,
            "list": _list,
            "search": _search,
            "edit": _edit,
            "stat": _stat,
            "result": _result,
            "gather": _gather,
        }
        if operation not in operations:
            raise ToolError(f"there is no file operation {operation}")
        try:
            return operations[operation](self.trees[worktree.path], **arguments)
        except TypeError as error:
            raise ToolError(f"{operation} failed ({error}); check its arguments") from error


def _name(path: str) -> str:
    name = normpath(path)
    if name.startswith(("/", "../")) or name == "..":
        raise ToolError(f"{path} is outside of the repository; use a path relative to its root")
    if ".git" in name.split("/"):
        raise ToolError(f"{path} belongs to git; only the repository's own files can be used")
    return name


def _existing(files: Files, path: str) -> str:
    name = _name(path)
    if name not in files:
        near = ", ".join(difflib.get_close_matches(name, files, n=3, cutoff=0.5))
        raise ToolError(f"{name} does not exist; {near or 'use `list` or `search` to find it'}")
    return name


def _is_folder(files: Files, name: str) -> bool:
    return name == "." or any(other.startswith(f"{name}/") for other in files)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _read(files: Files, path: str, start: int | None = None, end: int | None = None) -> Any:
    if _is_folder(files, _name(path)):
        raise ToolError(f"{path} is a folder; use `list` to see what is in it")
    name = _existing(files, path)
    lines, first = _lines(files[name]), start or 1
    if first > max(1, len(lines)):
        raise ToolError(f"{name} has {len(lines)} lines; ask for lines within them")
    shown = lines[first - 1 : end]
    size = len(files[name].encode())
    return {"path": name, "lines": shown, "start": first, "total_lines": len(lines), "size": size}


def _list(files: Files, path: str = ".", depth: int = 2, limit: int = 400) -> Any:
    top = _name(path)
    prefix = "" if top == "." else f"{top}/"
    found: set[str] = set()
    for name in files:
        if name.startswith(prefix):
            parts = name.removeprefix(prefix).split("/")
            found.update(prefix + "/".join(parts[:n]) + "/" for n in range(1, len(parts)))
            found.add(name)
    near = sorted(
        item for item in found if item.removeprefix(prefix).rstrip("/").count("/") < depth
    )
    return {"entries": near[:limit], "more": max(0, len(near) - limit)}


def _search(
    files: Files,
    pattern: str,
    path: str = ".",
    glob: str | None = None,
    limit: int = 100,
    context: int = 0,
) -> Any:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ToolError(f"the pattern is no regular expression ({error}); escape it") from error
    top = _name(path)
    names = [n for n in sorted(files) if top == "." or n == top or n.startswith(f"{top}/")]
    if glob is not None:
        names = [n for n in names if fnmatch.fnmatchcase(n, glob.replace("**/", "*"))]
    hits = [
        {"path": name, "line": number, "text": line}
        for name in names
        for number, line in enumerate(_lines(files[name]), 1)
        if expression.search(line)
    ]
    count = len({hit["path"] for hit in hits})
    return {"matches": hits[:limit], "files": count, "more": max(0, len(hits) - limit)}


def _edit(files: Files, edits: list[dict[str, Any]]) -> Any:
    draft, changed = dict(files), set()
    for number, change in enumerate(edits, 1):
        try:
            changed |= _apply(draft, change)
        except ToolError as error:
            place = f"edit {number} of {len(edits)}"
            raise ToolError(f"{place}: {error}\nNothing was changed.") from error
    files.clear()
    files.update(draft)
    return {"changed": sorted(changed)}


def _apply(draft: Files, change: dict[str, Any]) -> set[str]:
    match change:
        case {"path": path, "content": content}:
            draft[_name(path)] = content
            return {_name(path)}
        case {"path": path, "old": old, "new": new}:
            name = _existing(draft, path)
            draft[name] = _replaced(name, draft[name], old, new)
            return {name}
        case {"path": path, "delete": True}:
            name = _existing(draft, path)
            del draft[name]
            return {name}
        case {"path": path, "move_to": target}:
            name, target = _existing(draft, path), _name(target)
            if target in draft:
                raise ToolError(f"{target} exists already; choose another name")
            draft[target] = draft.pop(name)
            return {name, target}
    raise ToolError(
        "an edit is `path` with one of: `old` and `new`, `content`, `delete`, `move_to`"
    )


def _replaced(name: str, text: str, old: str, new: str) -> str:
    count = text.count(old)
    if count == 0:
        lines = text.split("\n")
        near = difflib.get_close_matches(old.split("\n")[0], lines, n=1, cutoff=0.3)
        place = lines.index(near[0]) + 1 if near else 1
        raise ToolError(f"`old` is not in {name}; the nearest text is at line {place}: {near}")
    if count > 1:
        starts = [found.start() for found in re.finditer(re.escape(old), text)]
        numbers = ", ".join(str(text.count("\n", 0, start) + 1) for start in starts)
        raise ToolError(f"`old` stands {count} times in {name}, at lines {numbers}")
    return text.replace(old, new)


def _stat(files: Files, paths: list[str]) -> Any:
    return {"files": [_described(files, _name(path)) for path in paths]}


def _described(files: Files, name: str) -> dict[str, Any]:
    if name in files:
        return {"path": name, "exists": True, "size": len(files[name].encode()), "kind": "file"}
    if _is_folder(files, name):
        return {"path": name, "exists": True, "size": 0, "kind": "folder"}
    return {"path": name, "exists": False, "size": 0, "kind": "missing"}


def _result(files: Files, path: str, cap: int = 1 << 20) -> Any:
    name = _existing(files, path)
    size = len(files[name].encode())
    if size > cap:
        raise ToolError(f"{name} has {size} bytes, more than the {cap} that can be used")
    return {"path": name, "text": files[name], "size": size}


def _gather(
    files: Files, wanted: list[list[Any]], skip: str, room: int, limit: int, subjects: int
) -> Any:
    names = sorted(files, key=lambda name: (re.search(skip, name) is not None, name))
    ranked = sorted(
        (rank, name.count("/"), name, cap)
        for name in names
        if not re.search(skip, name)
        for rank, cap in [_first_fit(name, wanted)]
        if cap
    )
    texts: dict[str, str] = {}
    for _, _, name, cap in ranked:
        if room > 0 and "\0" not in files[name]:
            texts[name] = files[name].replace("\r\n", "\n")[: min(cap, room)]
            room -= len(texts[name])
    return {
        "files": [[name, len(files[name].encode()), "file"] for name in names[:limit]],
        "more": max(0, len(names) - limit),
        "texts": texts,
        "unread": 0,
        "subjects": [],
    }


def _first_fit(name: str, wanted: list[list[Any]]) -> tuple[int, int]:
    fits = ((rank, cap) for rank, (form, cap) in enumerate(wanted) if re.search(form, name))
    return next(fits, (len(wanted), 0))
