"""The file helper: runs inside the sandbox, one JSON request on stdin, one JSON answer on stdout.

Standard library and Python 3.8 syntax only, for it may run under the repository's own interpreter.
The folder it is started in is the root; every refusal is an `error` that says what to do next.
"""

from __future__ import annotations

import difflib
import fnmatch
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LARGEST_FILE = 1 << 20
LONGEST_LINE = 400
CACHES = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".backsmith-results"}
SKIPPED = {".git", ".hg", ".svn", ".venv", "node_modules"} | CACHES
ROOT = Path.cwd()


class Refused(Exception):  # noqa: N818 - a refusal is an answer to the model, not a fault
    """A request that cannot be carried out; the text tells the model what to do next."""


class Draft:
    """One file's content while the edits of a request are worked out in memory."""

    def __init__(self, content: bytes | None, mode: int) -> None:
        self.content = content
        self.mode = mode


def _relative(path: Any) -> str:
    if not isinstance(path, str) or not path or "\0" in path:
        raise Refused("give `path` as text, relative to the repository root")
    name = os.path.relpath(os.path.normpath(str(ROOT / path)), str(ROOT))
    if Path(name).parts[:1] == ("..",):
        raise Refused(f"{path} is outside of the repository; use a path relative to its root")
    if ".git" in name.lower().split("/"):
        raise Refused(f"{path} belongs to git; only the repository's own files can be used")
    return name


def _existing(path: Any) -> Path:
    """Return a path that exists within the root, symlinks resolved."""
    name = _relative(path)
    resolved = (ROOT / name).resolve()
    if resolved != ROOT and ROOT not in resolved.parents:
        raise Refused(f"{name} is a symlink that leads out of the repository; leave it alone")
    if not resolved.exists():
        raise Refused(f"{name} does not exist{_similar(ROOT / name)}")
    return resolved


def _similar(target: Path) -> str:
    folder = target.parent
    names = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
    near = difflib.get_close_matches(target.name, names, n=3, cutoff=0.5)
    hint = f"its folder has {', '.join(near)}" if near else "use `list` or `search` to find it"
    return f"; {hint}"


def _content(target: Path, name: str, limit: int = LARGEST_FILE) -> bytes:
    status = target.lstat()
    if stat.S_ISDIR(status.st_mode):
        raise Refused(f"{name} is a folder; use `list` to see what is in it")
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{name} is not a regular file; leave it alone")
    if status.st_size > limit:
        raise Refused(f"{name} has {status.st_size} bytes, more than the {limit} that can be used")
    return target.read_bytes()


def _lines(content: bytes) -> list[str]:
    """Split as editors do; `str.splitlines` would also split at form feeds and the like."""
    lines = content.decode("utf-8", "replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line[:-1] if line.endswith("\r") else line for line in lines]


def read(path: str, start: int | None = None, end: int | None = None) -> dict[str, Any]:
    """Return the lines `start` to `end` (from 1, both included) of a text file."""
    name, target = _relative(path), _existing(path)
    content = _content(target, name)
    if b"\0" in content:
        raise Refused(f"{name} is a binary file; only text can be read")
    lines = _lines(content)
    total, first = len(lines), 1 if start is None else start
    last = total if end is None else end
    if first < 1 or (first > total and first > 1) or last < first - 1:
        raise Refused(f"{name} has {total} lines; ask for lines within them")
    shown = lines[first - 1 : last]
    return {
        "path": name,
        "lines": shown,
        "start": first,
        "total_lines": total,
        "size": len(content),
    }


def list_folder(path: str = ".", depth: int = 2, limit: int = 400) -> dict[str, Any]:
    """Return what is in a folder, sorted, folders with a trailing slash."""
    top = _existing(path)
    if not top.is_dir():
        raise Refused(f"{path} is a file; use `read`")
    found = list(_walk(top, depth))
    return {"entries": found[:limit], "more": max(0, len(found) - limit)}


def _walk(folder: Path, depth: int) -> Iterator[str]:
    """Yield names below a folder, relative to the root, not following symlinks."""
    for item in sorted(folder.iterdir()):
        if item.name in SKIPPED:
            continue
        name = os.path.relpath(str(item), str(ROOT))
        if item.is_symlink() or not item.is_dir():
            yield name
            continue
        yield name + "/"
        if depth > 1:
            yield from _walk(item, depth - 1)


def search(
    pattern: str, path: str = ".", glob: str | None = None, limit: int = 100, context: int = 0
) -> dict[str, Any]:
    """Return the lines that match a regular expression."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise Refused(f"the pattern is no regular expression ({error}); escape it") from error
    matches: list[dict[str, Any]] = []
    total = files = 0
    for name in _candidates(_existing(path), glob):
        lines = _searchable(name)
        hits = [index for index, line in enumerate(lines) if expression.search(line)]
        files, total = files + bool(hits), total + len(hits)
        room = max(0, limit - len(matches))
        matches += [_match(name, lines, index, context) for index in hits[:room]]
    return {"matches": matches, "files": files, "more": total - len(matches)}


def _match(name: str, lines: list[str], index: int, context: int) -> dict[str, Any]:
    cut = [line[:LONGEST_LINE] for line in lines[max(0, index - context) : index + 1 + context]]
    found: dict[str, Any] = {"path": name, "line": index + 1, "text": lines[index][:LONGEST_LINE]}
    if context > 0:
        place = min(index, context)
        found.update(before=cut[:place], after=cut[place + 1 :])
    return found


def _candidates(top: Path, glob: str | None) -> list[str]:
    """Return the files to search, sorted; what git ignores is left out if git can tell."""
    if top.is_file():
        return [os.path.relpath(str(top), str(ROOT))]
    command = ["git", "ls-files", "-coz", "--exclude-standard", "--", str(top)]
    try:
        listed = subprocess.check_output(command, stderr=subprocess.DEVNULL)  # noqa: S603 - fixed
        names = sorted({os.fsdecode(name) for name in listed.split(b"\0") if name})
    except (OSError, subprocess.CalledProcessError):
        names = [name for name in _walk(top, 50) if not name.endswith("/")]
    names = [name for name in names if not SKIPPED.intersection(name.split("/"))]
    return names if glob is None else [name for name in names if _fits(name, glob)]


def _fits(name: str, glob: str) -> bool:
    """Tell whether a path fits; a pattern without a slash is about the file's name alone."""
    if "/" not in glob:
        return fnmatch.fnmatchcase(name.split("/")[-1], glob)
    return any(fnmatch.fnmatchcase(name, form) for form in (glob, glob.replace("**/", "")))


def _searchable(name: str) -> list[str]:
    try:
        content = _content(_existing(name), name)
    except (Refused, OSError):
        return []
    return [] if b"\0" in content else _lines(content)


def edit(edits: list[dict[str, Any]]) -> dict[str, Any]:
    """Change files, all or none; each edit replaces, writes, deletes or moves one file."""
    if not isinstance(edits, list) or not edits:
        raise Refused("give `edits` as a list with at least one edit")
    drafts: dict[str, Draft] = {}
    for number, change in enumerate(edits, 1):
        try:
            _apply(drafts, change)
        except Refused as refusal:
            place = f"edit {number} of {len(edits)}"
            raise Refused(f"{place}: {refusal}\nNothing was changed.") from None
    _save(drafts)
    return {"changed": sorted(drafts)}


def _apply(drafts: dict[str, Draft], change: Any) -> None:
    if not isinstance(change, dict):
        raise Refused("an edit is an object with a `path`")
    name = _relative(change.get("path"))
    draft = _draft(drafts, name)
    kinds = set(change) - {"path"}
    if kinds == {"content"}:
        draft.content = _encoded(str(change["content"]), _uses_crlf(draft.content))
        return
    if draft.content is None:
        raise Refused(f"{name} does not exist{_similar(ROOT / name)}")
    if kinds == {"old", "new"}:
        draft.content = _replaced(draft.content, name, str(change["old"]), str(change["new"]))
    elif kinds == {"delete"} and change["delete"] is True:
        draft.content = None
    elif kinds == {"move_to"}:
        target = _draft(drafts, _relative(change["move_to"]))
        if target.content is not None:
            raise Refused(f"{change['move_to']} exists already; choose another name")
        target.content, target.mode, draft.content = draft.content, draft.mode, None
    else:
        forms = "`old` and `new`, or `content`, or `delete`: true, or `move_to`"
        raise Refused(f"an edit is `path` with one of: {forms}")


def _draft(drafts: dict[str, Draft], name: str) -> Draft:
    """Return a file's draft, read from disk at first sight; refuse ways through symlinks."""
    place = ROOT
    for part in Path(name).parts:
        if place.exists() and not place.is_dir():
            raise Refused(f"{name} cannot be: {place.name} is a file")
        place = place / part
        if place.is_symlink():
            raise Refused(f"{name} leads through a symlink; edit the file that it points to")
    if name not in drafts:
        exists = place.exists()
        content = _content(place, name) if exists else None
        drafts[name] = Draft(content, stat.S_IMODE(place.stat().st_mode) if exists else 0o644)
    return drafts[name]


def _replaced(content: bytes, name: str, old: str, new: str) -> bytes:
    """Return the content with the one place where `old` stands replaced."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{name} is not UTF-8 text; it cannot be edited") from None
    crlf = _uses_crlf(content)
    if crlf:
        text, old = text.replace("\r\n", "\n"), old.replace("\r\n", "\n")
    count = text.count(old) if old else 0
    if not old or old == new:
        raise Refused("`old` must be the text to replace, and `new` must differ from it")
    if count == 0:
        raise Refused(f"`old` is not in {name}; {_nearest(text, old)}")
    if count > 1:
        starts = [found.start() for found in re.finditer(re.escape(old), text)][:10]
        numbers = ", ".join(str(text.count("\n", 0, start) + 1) for start in starts)
        raise Refused(f"`old` stands {count} times in {name}, at lines {numbers}; add lines around")
    return _encoded(text.replace(old, new), crlf)


def _uses_crlf(content: bytes | None) -> bool:
    newlines = (content or b"").count(b"\n")
    return newlines > 0 and (content or b"").count(b"\r\n") == newlines


def _encoded(text: str, crlf: bool) -> bytes:
    if crlf:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return text.encode("utf-8")


def _nearest(text: str, old: str) -> str:
    """Show the text that is most like `old`, with its line number."""
    lines, wanted = text.split("\n")[:20000], old.strip("\n").split("\n")
    anchor = max(range(len(wanted)), key=lambda index: len(wanted[index].strip()))
    stripped = [line.strip() for line in lines]
    close = set(difflib.get_close_matches(wanted[anchor].strip(), stripped, n=3, cutoff=0.6))
    starts = [max(0, index - anchor) for index, line in enumerate(stripped) if line in close][:50]
    parts = ["\n".join(lines[start : start + len(wanted)]) for start in starts]
    if not parts:
        return "`read` the file and copy the text exactly"
    whole = "\n".join(wanted)
    scores = [difflib.SequenceMatcher(None, part, whole, False).ratio() for part in parts]
    best = scores.index(max(scores))
    return f"copy exactly, the nearest text is at line {starts[best] + 1}:\n{parts[best][:2000]}"


def _save(drafts: dict[str, Draft]) -> None:
    """Write every draft beside its place first, then put all in place."""
    written: list[tuple[Path, Path]] = []
    try:
        for name, draft in drafts.items():
            if draft.content is not None:
                target = ROOT / name
                target.parent.mkdir(parents=True, exist_ok=True)
                written.append((target.parent / f".{target.name}.backsmith", target))
                written[-1][0].write_bytes(draft.content)
                written[-1][0].chmod(draft.mode)
        for temporary, target in written:
            temporary.replace(target)
    finally:
        for temporary, _ in written:
            if temporary.exists():
                temporary.unlink()
    for name, draft in drafts.items():
        if draft.content is None and (ROOT / name).exists():
            (ROOT / name).unlink()


def stat_files(paths: list[str]) -> dict[str, Any]:
    """Tell of each path whether it exists, its size and its kind; symlinks are not followed."""
    return {"files": [_described(_relative(path)) for path in paths]}


def _described(name: str) -> dict[str, Any]:
    try:
        status = (ROOT / name).lstat()
    except OSError:
        return {"path": name, "exists": False, "size": 0, "kind": "missing"}
    kinds = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "symlink"))
    kind = next((word for test, word in kinds if test(status.st_mode)), "other")
    return {"path": name, "exists": True, "size": status.st_size, "kind": kind}


def result(path: str, cap: int = LARGEST_FILE) -> dict[str, Any]:
    """Return a result file, such as a test report, as text; links of any kind are refused."""
    name, target = _relative(path), _existing(path)
    if target != ROOT / name or target.stat().st_nlink != 1:
        raise Refused(f"{name} is a link; a result must be a plain file")
    content = _content(target, name, cap)
    return {"path": name, "text": content.decode("utf-8", "replace"), "size": len(content)}


def gather(
    wanted: list[list[Any]], skip: str, room: int, limit: int, subjects: int
) -> dict[str, Any]:
    """Return what a survey needs at once: the file list, the texts of some, the newest subjects.

    `wanted` are pairs of a path's regular expression and the most characters to return of such a
    file, the most important first; `room` is for all texts together, `limit` for the list. Of
    files whose path fits `skip` no text is returned. Symlinks that lead out are never followed.
    """
    patterns = [(re.compile(pattern), cap) for pattern, cap in wanted]
    skipped = re.compile(skip)
    entries = sorted(_tracked(), key=lambda entry: (bool(skipped.search(entry[0])), entry[0]))
    ranked = sorted(
        (_rank(name, patterns), name.count("/"), name)
        for name, _, kind in entries
        if kind in ("file", "symlink") and not skipped.search(name)
    )
    fitting = [(name, patterns[rank][1]) for rank, _, name in ranked if rank < len(patterns)]
    texts, unread = _beginnings(fitting, room)
    shown = [[_shown(name), size, kind] for name, size, kind in entries if len(name) <= 300]
    return {
        "files": shown[:limit],
        "more": len(entries) - len(shown[:limit]),
        "texts": texts,
        "unread": unread,
        "subjects": _subjects(subjects),
    }


def _rank(name: str, patterns: list[tuple[re.Pattern[str], int]]) -> int:
    """Return the place of the first pattern that fits, or their number if none does."""
    fits = (rank for rank, (pattern, _) in enumerate(patterns) if pattern.search(name))
    return next(fits, len(patterns))


def _tracked() -> list[tuple[str, int, str]]:
    """Return name, size and kind of what git tracks, or of all there is where git cannot tell."""
    try:
        listed = _git("ls-files", "-sz")
    except (OSError, subprocess.CalledProcessError):
        modes = {name: "" for name in _walk(ROOT, 50) if not name.endswith("/")}
    else:
        rows = [os.fsdecode(row).partition("\t") for row in listed.split(b"\0") if row]
        modes = {name: head.split(" ")[0] for head, _, name in rows}
    found = [(name, *_measured(name, mode)) for name, mode in modes.items()]
    return [entry for entry in found if entry[2]]


def _measured(name: str, mode: str) -> tuple[int, str]:
    if mode == "160000":
        return 0, "submodule"
    described = _described(name)
    kind = described["kind"]
    return described["size"], kind if kind in ("file", "symlink") else ""


def _beginnings(fitting: list[tuple[str, int]], room: int) -> tuple[dict[str, str], int]:
    """Return the texts for which there is room, and how many files were left out for lack of it."""
    texts: dict[str, str] = {}
    for place, (name, cap) in enumerate(fitting):
        if room <= 0:
            return texts, len(fitting) - place
        text = _beginning(name, min(cap, room))
        if text is not None:
            texts[_shown(name)] = text
            room -= len(text)
    return texts, 0


def _beginning(name: str, cap: int) -> str | None:
    """Return the first `cap` characters of a text file; None for anything else."""
    try:
        target = _existing(name)
        _relative(str(target))
        if not stat.S_ISREG(target.lstat().st_mode):
            return None
        with target.open("rb") as file:
            content = file.read(4 * cap)
    except (Refused, OSError, RuntimeError):
        return None
    if b"\0" in content:
        return None
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    return text.lstrip("\ufeff")[:cap]


def _shown(name: str) -> str:
    """Return a name that every reader of JSON takes, whatever bytes it has."""
    return name.encode("utf-8", "replace").decode()


def _subjects(count: int) -> list[str]:
    try:
        said = _git("log", "--no-merges", "--no-show-signature", f"-{count}", "--format=%s")
    except (OSError, subprocess.CalledProcessError):
        return []
    return [line[:200] for line in said.decode("utf-8", "replace").splitlines() if line.strip()]


def _git(*arguments: str) -> bytes:
    command = ["git", *arguments]
    return subprocess.check_output(command, stderr=subprocess.DEVNULL)  # noqa: S603 - fixed


def main() -> None:
    """Answer the request on stdin."""
    request = json.load(sys.stdin)
    name = request["operation"]
    known: dict[str, Any] = {"read": read, "list": list_folder, "search": search, "edit": edit}
    known.update(stat=stat_files, result=result, gather=gather)
    try:
        answer = known[name](**request["arguments"])
    except Refused as refusal:
        answer = {"error": str(refusal)}
    except (TypeError, KeyError, OSError) as error:
        answer = {"error": f"{name} failed ({error}); check its arguments"}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
