"""A sandbox over files in memory; commands are answered by a function of the test."""

import difflib
import json
import re
from collections.abc import Callable
from pathlib import Path
from posixpath import normpath
from typing import Any

from agent.domain.errors import ToolError
from agent.domain.repository import Worktree
from agent.evidence.migrations.looking import LOOKING
from agent.evidence.people.secrets import SCRIPT as DETECTOR
from agent.evidence.sides import SCRIPT
from agent.ports import Command, CommandResult, Preparation
from integrations.sandbox.inside.globs import matcher
from integrations.sandbox.inside.listing import tree
from integrations.sandbox.inside.matching import locate
from integrations.sandbox.inside.paths import Refused

COMPARING = SCRIPT.read_text("utf-8")
DETECTING = DETECTOR.read_text("utf-8")
SECRETS = {
    "GitHub Token": r"ghp_\w{36}",
    "AWS Access Key": r"AKIA\w{16}",
    "Private Key": r"BEGIN RSA PRIVATE KEY",
    "Secret Keyword": r"(?<=password = )\w+",
}
"""What the detector of secrets finds here."""
LOOKING_FOR_MIGRATIONS = LOOKING.read_text("utf-8")
Files = dict[str, str]
"""Text by path, relative to the root of a worktree."""
Answer = Callable[[Files, Command], CommandResult]


def succeed(files: Files, command: Command) -> CommandResult:
    """Answer every command with success and no output."""
    return CommandResult(exit_code=0, output="", seconds=0.0)


def detect(command: Command) -> str:
    """Answer the search for secrets."""
    found = [
        [index, kind, match.start(), match.end()]
        for index, (_, line) in enumerate(json.loads(command.stdin)["lines"])
        for kind, pattern in SECRETS.items()
        for match in re.finditer(pattern, line)
    ]
    return json.dumps({"version": "1.5.0", "found": found})


class FakeSandbox:
    """Files are `trees[worktree.path]`; what was run is in `commands`, by worktree name."""

    def __init__(self, trees: dict[Path, Files] | None = None, answer: Answer = succeed) -> None:
        self.trees = {} if trees is None else trees
        self.answer = answer
        self.commands: list[tuple[str, Command]] = []
        self.prepared: list[str] = []
        self.asked: list[Preparation] = []
        self.notes: tuple[str, ...] = ()
        """What people should know of what was prepared."""
        self.before: Files | None = None
        """What gates that compare see as the base; None for the worktree as it is."""
        self.broken: Exception | None = None
        self.detector: Callable[[Command], str] = detect

    def check(self) -> None:
        if self.broken is not None:
            raise self.broken

    def prepare(self, worktree: Worktree, asked: Preparation | None = None) -> tuple[str, ...]:
        self.prepared.append(worktree.path.name)
        self.asked.append(asked or Preparation())
        return self.notes

    def run(self, worktree: Worktree, command: Command) -> CommandResult:
        self.check()
        self.commands.append((worktree.path.name, command))
        files = self.trees[worktree.path]
        if COMPARING in command.argv:
            before = files if self.before is None else self.before
            both = json.dumps({"before": before, "after": files})
            return CommandResult(exit_code=0, output=both, seconds=0.0)
        if DETECTING in command.argv:
            return CommandResult(exit_code=0, output=self.detector(command), seconds=0.0)
        if LOOKING_FOR_MIGRATIONS in command.argv:
            return CommandResult(exit_code=0, output='{"tools": []}', seconds=0.0)
        return self.answer(files, command)

    def file_operation(self, worktree: Worktree, operation: str, arguments: dict[str, Any]) -> Any:
        self.check()
        operations: dict[str, Callable[..., Any]] = {
            "read": _read,
            "read_many": _read_many,
            "list": _list,
            "search": _search,
            "edit": _edit,
            "keep": _keep,
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
        raise ToolError(f"{name} does not exist; {near or 'list_files or search finds it'}")
    return name


def _is_folder(files: Files, name: str) -> bool:
    return name == "." or any(other.startswith(f"{name}/") for other in files)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _read(files: Files, path: str, start: int | None = None, end: int | None = None) -> Any:
    if _is_folder(files, _name(path)):
        inside = ", ".join(sorted(n for n in files if n.startswith(f"{_name(path)}/")))
        raise ToolError(f"{path} is a folder; it has {inside}")
    name = _existing(files, path)
    lines, first = _lines(files[name]), start or 1
    if first > max(1, len(lines)):
        raise ToolError(f"{name} has {len(lines)} lines; ask for lines within them")
    shown = lines[first - 1 : end]
    size = len(files[name].encode())
    return {"path": name, "lines": shown, "start": first, "total_lines": len(lines), "size": size}


def _read_many(files: Files, /, **arguments: Any) -> Any:
    found, notes = [], []
    for wanted in arguments["files"]:
        names = [wanted["path"]]
        if "*" in wanted["path"]:
            fitting = [*filter(matcher(wanted["path"]), sorted(files))]
            names = [name for name in fitting if files[name]]
            notes += [] if fitting else [f"no file fits {wanted['path']}"]
        for name in names:
            try:
                found.append(_read(files, **{**wanted, "path": name}))
            except ToolError as error:
                found.append({"path": name, "error": str(error)})
    return {"files": found, "notes": notes}


def _list(
    files: Files, path: str = ".", depth: int = 2, limit: int = 400, glob: str | None = None
) -> Any:
    top = _name(path)
    prefix = "" if top == "." else f"{top}/"
    below = sorted(name for name in files if name.startswith(prefix))
    if glob is not None:
        found = [*filter(matcher(glob), below)]
        return {"entries": found[:limit], "counts": {}, "more": max(0, len(found) - limit)}
    return tree(below, prefix, depth, limit)


def _search(
    files: Files,
    pattern: str,
    path: str = ".",
    glob: str | None = None,
    limit: int = 100,
    context: int = 0,
) -> Any:
    note = ""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        expression, note = (
            re.compile(re.escape(pattern)),
            f"no regular expression ({error}): taken literally",
        )
    top = _name(path)
    names = [n for n in sorted(files) if top == "." or n == top or n.startswith(f"{top}/")]
    hits = [
        {"path": name, "line": number, "text": line}
        for name in names
        if glob is None or matcher(glob)(name)
        for number, line in enumerate(_lines(files[name]), 1)
        if expression.search(line)
    ]
    counts: dict[str, int] = {}
    for hit in hits:
        counts[str(hit["path"])] = counts.get(str(hit["path"]), 0) + 1
    more = max(0, len(hits) - limit)
    return {
        "matches": hits[:limit],
        "files": len(counts),
        "more": more,
        "counts": counts,
        "note": note,
    }


def _edit(files: Files, edits: list[dict[str, Any]]) -> Any:
    draft, wrong = dict(files), []
    report: dict[str, str] = {}
    for number, change in enumerate(edits, 1):
        try:
            report.update(_apply(draft, change))
        except (ToolError, Refused) as error:
            wrong.append(f"edit {number} of {len(edits)} ({change.get('path')}): {error}")
    if wrong:
        others = len(edits) - len(wrong)
        fit = f" The other {others} fit: send them again with it." if others else ""
        raise ToolError("\n".join(wrong) + f"\nNothing was changed.{fit}")
    changed = {n for n in {*files, *draft} if files.get(n) != draft.get(n)}
    files.clear()
    files.update(draft)
    return {"changed": sorted(changed), "report": [f"{n}: {text}" for n, text in report.items()]}


def _apply(draft: Files, change: dict[str, Any]) -> dict[str, str]:
    match change:
        case {"path": path, "content": content}:
            name, before = _name(path), draft.get(_name(path))
            draft[name] = content
            total = len(_lines(content))
            if before is None:
                return {name: f"created, {total} lines"}
            return {name: f"replaced the file of {len(_lines(before))} lines, now {total}"}
        case {"path": path, "old": old, "new": new}:
            name = _existing(draft, path)
            found = locate(draft[name], old, new, everywhere=change.get("all", False))
            for start, end in reversed(found.spans):
                draft[name] = draft[name][:start] + found.new + draft[name][end:]
            return {name: found.note or "changed"}
        case {"path": path, "delete": True}:
            name = _existing(draft, path)
            del draft[name]
            return {name: "deleted"}
        case {"path": path, "move_to": target}:
            name, target = _existing(draft, path), _name(target)
            if target in draft:
                raise ToolError(f"{target} exists already; choose another name")
            draft[target] = draft.pop(name)
            return {target: f"moved from {name}"}
    raise ToolError(
        "an edit is `path` with one of: `old` and `new`, `content`, `delete`, `move_to`"
    )


def _keep(files: Files, text: str) -> Any:
    number = sum(name.startswith(".backsmith-results/output-") for name in files) + 1
    name = f".backsmith-results/output-{number}.txt"
    files[name] = text
    return {"path": name}


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
