"""A snapshot: the worktree's content as a commit, made where nothing else can be changed.

Git runs in the sandbox over the worktree, with an index and an object folder of its own; what
comes out is a pack. It is judged here before the mirror takes it in.
"""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from agent.domain.errors import PermanentError, ToolError, TransientError
from agent.domain.repository import Worktree
from agent.domain.value import Value
from agent.ports import CommandResult

LARGEST_FILE_BYTES = 5_000_000
LARGEST_PACK_BYTES = 256 << 20
_TIMEOUT = timedelta(seconds=120)
_SCRIPT = """
set -eu
git ls-files -z -c > "$SCRATCH/tracked"
git ls-files -z -o -m --exclude-standard > "$SCRATCH/changed"
git add -A
tree=$(git write-tree)
if [ "$tree" = "$(git rev-parse "$PARENT^{tree}")" ]; then exit 0; fi
second=$(( $(git show -s --format=%ct "$PARENT") + 1 ))
export GIT_AUTHOR_DATE="@$second +0000" GIT_COMMITTER_DATE="@$second +0000"
commit=$(git commit-tree "$tree" -p "$PARENT" -m "$MESSAGE")
printf '%s\\n^%s\\n' "$commit" "$PARENT" |
    git pack-objects --revs --thin --delta-base-offset -q --stdout > "$SCRATCH/pack"
printf '%s' "$commit" > "$SCRATCH/commit"
"""


class CommitSandbox(Protocol):
    """Where git may run over a worktree; the sandbox adapter is one."""

    def run_git(
        self,
        worktree: Path,
        argv: Sequence[str],
        environment: Mapping[str, str],
        timeout: timedelta,
        scratch: Path | None = None,
    ) -> CommandResult:
        """Run git with the worktree and its mirror read-only and only `scratch` writable."""


class Snapshot(Value):
    """A commit that the mirror does not have yet, and the pack that brings it."""

    commit: str
    pack: bytes


def take(
    sandbox: CommitSandbox,
    worktree: Worktree,
    mirror: Path,
    life: str,
    identity: Mapping[str, str],
) -> Snapshot | None:
    """Return the worktree's content as a commit on its head, or None if nothing changed.

    The same content on the same head gives the same commit.

    Raises:
        ToolError: Something in the worktree must not be committed; the text names it.
    """
    folder = mirror.parent.parent / "snapshots"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        scratch = Path(name)
        (scratch / "objects" / "info").mkdir(parents=True)
        (scratch / "objects" / "info" / "alternates").write_text(f"{mirror / 'objects'}\n")
        shutil.copy2(mirror / "worktrees" / life / "index", scratch / "index")
        environment = {
            "GIT_INDEX_FILE": str(scratch / "index"),
            "GIT_OBJECT_DIRECTORY": str(scratch / "objects"),
            "SCRATCH": str(scratch),
            "PARENT": worktree.head,
            "MESSAGE": f"wip {life}",
            **identity,
        }
        argv = ("/bin/sh", "-c", _SCRIPT)
        done = sandbox.run_git(worktree.path, argv, environment, _TIMEOUT, scratch)
        _judge(worktree.path, scratch)
        if done.timed_out:
            raise TransientError(f"the snapshot of {life} took over {_TIMEOUT}")
        if "ermission denied" in done.output:
            raise ToolError(f"a file cannot be read, use chmod: {done.output.strip()[-300:]}")
        if done.exit_code != 0:
            raise PermanentError(f"the snapshot of {life} failed: {done.output.strip()[-500:]}")
        return _result(scratch)


def _result(scratch: Path) -> Snapshot | None:
    commit = _content(scratch / "commit", 64).decode("ascii", "replace")
    if not commit:
        return None
    return Snapshot(commit=commit, pack=_content(scratch / "pack", LARGEST_PACK_BYTES))


def _content(path: Path, cap: int) -> bytes:
    """Return the bytes of a plain file; nothing if it is not there."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return b""
        content = file.read(cap + 1)
    if len(content) > cap:
        raise ToolError(f"the change is larger than {cap} bytes; leave generated files out of it")
    return content


def _judge(root: Path, scratch: Path) -> None:
    """Refuse what git would record wrongly, or what would be a trap for the next reader."""
    changed = list(_names(scratch / "changed"))
    for name in changed:
        _judge_change(root, name)
    folders = {os.path.dirname(name) for name in [*_names(scratch / "tracked"), *changed]}  # noqa: PTH120 - names, not paths
    for folder in sorted(folders):
        _judge_folder(root, folder)


def _names(listing: Path) -> Iterator[str]:
    content = _content(listing, LARGEST_PACK_BYTES)
    return (os.fsdecode(name) for name in content.split(b"\0") if name)


def _judge_change(root: Path, name: str) -> None:
    place = root / name
    if place.parent.resolve() != place.parent or not os.path.lexists(place):
        return  # deleted, or its folder became a symlink, which is a change of its own
    status = place.lstat()
    if stat.S_ISDIR(status.st_mode):
        raise ToolError(f"{name} is a git repository of its own; delete its .git folder")
    if stat.S_ISLNK(status.st_mode) and _leads_out(root, name):
        raise ToolError(f"{name} is a symlink that leads out of the repository; delete it")
    if status.st_size > LARGEST_FILE_BYTES:
        limit = f"{LARGEST_FILE_BYTES // 1_000_000} MB"
        raise ToolError(f"{name} has over {limit}; delete it, or have git ignore it")


def _leads_out(root: Path, name: str) -> bool:
    target = os.readlink(root / name)  # noqa: PTH115 - the raw text counts, not a path
    if target.startswith("/"):
        return True
    place = os.path.normpath(Path(name).parent / target)
    return re.match(r"\.\.(/|$)", place) is not None


def _judge_folder(root: Path, folder: str) -> None:
    place = root / folder
    if place.resolve() != place or not place.is_dir():
        return
    with os.scandir(place) as entries:
        for entry in entries:
            name = os.path.join(folder, entry.name)  # noqa: PTH118 - names, not paths
            if folder and entry.name.lower() == ".git":
                raise ToolError(f"{folder} is a git repository of its own; delete {name}")
            mode = entry.stat(follow_symlinks=False).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
                raise ToolError(f"{name} is a pipe, a socket or a device; delete it")
