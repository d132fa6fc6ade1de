"""Private worktrees: made from nothing, recognised when they stand right, removed for good."""

import os
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from integrations.git import names
from integrations.git.mirror import Mirror
from integrations.git.snapshot import CommitSandbox

_STATUS = ("git", "status", "--porcelain", "--untracked-files=normal")
_TIMEOUT = timedelta(seconds=60)


class Place:
    """Where the worktree of one life is, and git's own folder for it."""

    def __init__(self, home: Path, mirror: Mirror, life: str) -> None:
        self.life = names.life(life)
        self.path = home / "worktrees" / self.life
        self._mirror = mirror
        self._trash = home / "trash"
        self._admin = mirror.path / "worktrees" / self.life

    def stands_at(self, commit: str, sandbox: CommitSandbox) -> bool:
        """Tell whether the worktree's content is exactly the commit's; ignored files do not count.

        Git compares in the sandbox, for the content may be hostile.
        """
        if not self._is_ours() or self._head() != commit:
            return False
        done = sandbox.run_git(self.path, _STATUS, {}, _TIMEOUT)
        return done.exit_code == 0 and not done.output

    def _is_ours(self) -> bool:
        pointer = self.path / ".git"
        try:
            plain = pointer.is_file() and not pointer.is_symlink() and not self.path.is_symlink()
            return plain and pointer.read_text() == f"gitdir: {self._admin}\n"
        except (OSError, UnicodeDecodeError):
            return False

    def _head(self) -> str:
        try:
            return (self._admin / "HEAD").read_text().strip()
        except FileNotFoundError:
            return ""

    def create(self, commit: str) -> None:
        """Make the worktree anew at a commit; the mirror's lock must be held."""
        self.remove()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        add = ("worktree", "add", "--quiet", "--detach", "--no-checkout", "--", str(self.path))
        self._mirror.git.run(*add, commit)
        self._read_tree("--reset", "-u", commit)
        self._mirror.git.run("update-ref", f"{names.WIP}/{self.life}", commit)

    def move_to(self, commit: str) -> None:
        """Say that the worktree, whose content is the commit's, stands at it; lock held."""
        lines = (
            f"update {names.WIP}/{self.life} {commit}\n"
            f"option no-deref\nupdate worktrees/{self.life}/HEAD {commit}\n"
        )
        self._mirror.git.run("update-ref", "--stdin", stdin=lines.encode())
        self._read_tree("-i", "-m", commit)

    def _read_tree(self, *arguments: str) -> None:
        where = {
            "GIT_DIR": str(self._admin),
            "GIT_INDEX_FILE": str(self._admin / "index"),
        }
        program = (f"--work-tree={self.path}", "read-tree")
        self._mirror.git.run(*program, *arguments, environment=where)

    def remove(self) -> None:
        """Remove worktree and ref; the mirror's lock must be held.

        The folder is moved away first: what cannot be deleted at once is not in the way.
        """
        self._trash.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            self.path.rename(self._trash / uuid.uuid4().hex)
        with suppress(FileNotFoundError):
            shutil.rmtree(self._admin)
        self._mirror.git.run("update-ref", "-d", f"{names.WIP}/{self.life}")
        for grave in self._trash.iterdir():
            delete(grave)


def delete(folder: Path) -> None:
    """Delete a folder as far as possible; inner folders that forbid it are opened first."""
    for parent, inner, _ in os.walk(folder):
        for place in (Path(parent, name) for name in inner):
            if not place.is_symlink():
                with suppress(OSError):
                    place.chmod(0o700)
    with suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)


def identity(author: tuple[str, str], date: str | None = None) -> Mapping[str, str]:
    """Return the variables that make git write as `author`, at a fixed date if one is given."""
    name, email = author
    found = {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }
    if date is not None:
        found.update(GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
    return found
