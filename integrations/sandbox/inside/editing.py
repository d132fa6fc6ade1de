"""Changing files, all edits of a request or none; the answer says what became of each file."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from integrations.sandbox.inside.listing import near
from integrations.sandbox.inside.matching import locate
from integrations.sandbox.inside.paths import ROOT, Refused, content_of, lines_of, relative, shown
from integrations.sandbox.inside.syntax import new_problem

_LARGEST = 32 << 20
_FORMS = "`old` and `new`, or `content`, or `delete`: true, or `move_to`"


class Draft:
    """One file's content while the edits of a request are worked out in memory."""

    def __init__(self, content: bytes | None, mode: int) -> None:
        """Begin with what is there; None means that there is no file."""
        self.before = content
        self.content = content
        self.mode = mode
        self.spans: list[list[int]] = []
        """First and last lines of what was put in, as they are counted now."""
        self.events: list[str] = []
        self.is_moved = False

    @property
    def is_changed(self) -> bool:
        """Tell whether there is anything to write."""
        return self.content != self.before

    def note(self, event: str) -> None:
        """Keep a remark, once."""
        if event not in self.events:
            self.events.append(event)

    def put(self, start: int, removed: int, added: int) -> None:
        """Keep that at a line `removed` line ends gave way to `added` ones."""
        for span in self.spans:
            if span[0] > start:
                span[:] = [line + added - removed for line in span]
        self.spans.append([start, start + added])


def edit(edits: list[dict[str, Any]]) -> dict[str, Any]:
    """Change files, all or none; each edit replaces, writes, deletes or moves one file."""
    if not isinstance(edits, list) or not edits:
        raise Refused("give `edits` as a list with at least one edit")
    drafts: dict[str, Draft] = {}
    wrong: dict[int, str] = {}
    for number, change in enumerate(edits, 1):
        try:
            _apply(drafts, change)
        except Refused as refusal:
            wrong[number] = str(refusal)
    if wrong:
        raise Refused(_refusal(wrong, edits))
    report = [row for name, draft in drafts.items() for row in _rows(name, draft)]
    changed = {name: draft for name, draft in drafts.items() if draft.is_changed}
    _save(changed)
    return {"changed": sorted(map(shown, changed)), "report": report}


def _refusal(wrong: dict[int, str], edits: list[dict[str, Any]]) -> str:
    """Name each edit that does not fit; later ones may suffer from the first."""
    rows = []
    for number, text in list(wrong.items())[:5]:
        change = edits[number - 1]
        path = shown(str(change.get("path", "no path"))) if isinstance(change, dict) else "?"
        rows.append(f"edit {number} of {len(edits)} ({path}): {text}")
    rest = f" ({len(wrong) - 5} more edits do not fit)" if len(wrong) > 5 else ""
    fine = len(edits) - len(wrong)
    others = f" The other {fine} fit: send them again with it." if fine else ""
    return "\n".join(rows) + f"\nNothing was changed{rest}.{others}"


def _apply(drafts: dict[str, Draft], change: Any) -> None:
    if not isinstance(change, dict):
        raise Refused("an edit is an object with a `path`")
    name = relative(change.get("path"))
    draft = _draft(drafts, name)
    kinds = set(change) - {"path", "all"}
    if kinds == {"old", "new"} and change["old"] == "" and not draft.content:
        kinds, change = {"content"}, {"content": change["new"]}
    if kinds == {"content"}:
        _write(draft, str(change["content"]))
        return
    if draft.content is None:
        raise Refused(f"it does not exist; {near(name)}")
    if kinds == {"old", "new"}:
        _replace(draft, str(change["old"]), str(change["new"]), bool(change.get("all")))
    elif kinds == {"delete"} and change["delete"] is True:
        draft.content = None
    elif kinds == {"move_to"}:
        _move(drafts, name, draft, str(change["move_to"]))
    else:
        raise Refused(f"an edit is `path` with one of: {_FORMS}")


def _draft(drafts: dict[str, Draft], name: str) -> Draft:
    """Return a file's draft, read from disk at first sight; refuse ways through symlinks."""
    place = ROOT
    for part in Path(name).parts:
        if place.exists() and not place.is_dir():
            raise Refused(f"it cannot be: {place.name} is a file")
        place = place / part
        if place.is_symlink():
            raise Refused("it leads through a symlink; edit the file that it points to")
    if name not in drafts:
        exists = place.exists()
        content = content_of(place, name, _LARGEST) if exists else None
        drafts[name] = Draft(content, stat.S_IMODE(place.stat().st_mode) if exists else 0o644)
    return drafts[name]


def _write(draft: Draft, text: str) -> None:
    if draft.content and _ends_lines_with_crlf(draft.content):
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    draft.content = text.encode("utf-8")
    draft.spans.clear()


def _move(drafts: dict[str, Draft], name: str, draft: Draft, target: str) -> None:
    if target.endswith("/") or (ROOT / target).is_dir():
        target = f"{target.rstrip('/')}/{name.split('/')[-1]}"
    place = _draft(drafts, relative(target))
    if place.content is not None:
        raise Refused(f"{shown(target)} exists already; choose another name, or delete it first")
    place.content, place.mode, place.spans = draft.content, draft.mode, draft.spans
    place.note(f"moved from {shown(name)}")
    draft.content, draft.spans = None, []
    draft.is_moved = True


def _replace(draft: Draft, old: str, new: str, everywhere: bool) -> None:
    content = draft.content or b""
    if b"\0" in content:
        raise Refused("it is a binary file; only text can be edited")
    text = content.decode("utf-8", "surrogateescape")
    found = locate(text, old, new, everywhere=everywhere)
    if found.note:
        draft.note(found.note)
    for start, end in reversed(found.spans):
        line, removed = text.count("\n", 0, start) + 1, text.count("\n", start, end)
        text = text[:start] + _fitting(found.new, text[start:end], content) + text[end:]
        draft.put(line, removed, found.new.rstrip("\n").count("\n") if found.new else 0)
    draft.content = text.encode("utf-8", "surrogateescape")


def _fitting(new: str, replaced: str, content: bytes) -> str:
    """Return a text with the line ends of what it replaces."""
    has_crlf = "\r\n" in replaced or ("\n" not in replaced and _ends_lines_with_crlf(content))
    return new.replace("\n", "\r\n") if has_crlf else new


def _ends_lines_with_crlf(content: bytes) -> bool:
    return content.count(b"\r\n") * 2 > content.count(b"\n")


def _rows(name: str, draft: Draft) -> list[str]:
    """Return what became of a file, in a line, and a second one if it does not parse any more."""
    if draft.content is None:
        is_told = draft.is_moved or draft.before is None
        return [] if is_told else [f"{shown(name)}: deleted"]
    if not draft.is_changed:
        return [f"{shown(name)}: {', '.join(draft.events) or 'already so'}"]
    change = _change(draft, len(lines_of(draft.content)))
    row = f"{shown(name)}: {', '.join([change, *draft.events])}"
    problem = new_problem(name, draft.before, draft.content)
    return [row, problem] if problem else [row]


def _change(draft: Draft, total: int) -> str:
    if draft.before is None:
        return f"{total} lines" if draft.events else f"created, {total} lines"
    if not draft.spans:
        return f"replaced the file of {len(lines_of(draft.before))} lines, now {total}"
    spans = sorted(draft.spans)
    shown_spans = [f"{a}-{b}" if b > a else str(a) for a, b in spans[:10]]
    more = f" and {len(spans) - 10} places more" if len(spans) > 10 else ""
    return f"changed at {', '.join(shown_spans)}{more} of {total} lines"


def _save(drafts: dict[str, Draft]) -> None:
    """Write every draft beside its place first, then put all in place."""
    written: list[tuple[Path, Path]] = []
    try:
        for name, draft in drafts.items():
            if draft.content is not None:
                target = ROOT / name
                target.parent.mkdir(parents=True, exist_ok=True)
                written.append((target.parent / f".backsmith-{os.getpid()}-{len(written)}", target))
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
