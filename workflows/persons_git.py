"""A person's repository, asked with the person's own git; nothing in it is changed.

The names of revisions are those that the person knows, such as `origin/main`. No hook, no monitor
and no fetch is started.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from agent.domain.errors import SettingsError
from agent.domain.ids import CommitSha
from workflows.openapi_inputs import repository_root
from workflows.working_tree import copy_file

_SECONDS = 60
_OPTIONS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_SETTINGS = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_LEADS_ELSEWHERE = re.compile(
    r"GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|COMMON_DIR|NAMESPACE|PREFIX)"
)
"""Set for whatever a hook starts; we were told a folder."""
_OWNER_FIX = "; if you trust it: git config --global --add safe.directory {}"
_STATUS = ("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames",
           "--ignore-submodules=all")  # fmt: skip


@dataclass(frozen=True)
class PersonsRepository:
    """A repository with a working tree."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> "PersonsRepository":
        """Return the repository that a folder is in. Raises SettingsError where there is none."""
        place = path.resolve()
        if not place.is_dir():
            raise SettingsError(f"{path} is no folder (PATH); give a git repository")
        root = repository_root(place)
        if root is None:
            raise SettingsError(_no_root(path, place))
        found = cls(root)
        found._run("rev-parse", "--git-dir")
        return found

    def head(self, rev: str | None) -> CommitSha:
        """Return the commit of a revision, or of what is checked out. Raises SettingsError."""
        found = self._commit(rev or "HEAD")
        if found is None and rev is None:
            raise SettingsError(f"{self.root} has no commits yet; there is nothing to verify")
        return found or self._unknown(rev or "HEAD", "--head")

    def base(self, rev: str | None) -> tuple[str, CommitSha]:
        """Return a revision's name and commit; by default the remote's default branch.

        Raises:
            SettingsError: It is unknown, or cannot be told.
        """
        name = rev or self._default_branch()
        return name, self._commit(name) or self._unknown(name, "--base")

    def merge_base(self, base: CommitSha, head: CommitSha, name: str) -> CommitSha:
        """Return where `head` left the branch `name`. Raises SettingsError."""
        done = self._ask("merge-base", base, head)
        if done.returncode:
            is_shallow = self._ask("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
            fix = "fetch its history (git fetch --unshallow)" if is_shallow else "name another one"
            raise SettingsError(f"the head and {name} have no commit in common (--base); {fix}")
        return CommitSha(done.stdout.decode().strip())

    def changes(self) -> tuple[str, ...]:
        """Return the paths that are not as they are in the commit checked out."""
        entries = self._run(*_STATUS).split(b"\0")
        names = [os.fsdecode(entry[3:]) for entry in entries if entry]
        return tuple(name for name in names if not name.endswith("/"))

    def lay_over(self, paths: tuple[str, ...], worktree: Path) -> None:
        """Make these paths of a private worktree what they are in the working tree.

        A link that stands in the way of a folder goes first, so that nothing is written beyond it.
        """
        for path in paths:
            target = worktree / path
            for parent in reversed(target.relative_to(worktree).parents[:-1]):
                place = worktree / parent
                if place.is_symlink() or place.is_file():
                    place.unlink()
            if target.is_symlink() or target.is_file():
                target.unlink()
            elif target.is_dir():
                shutil.rmtree(target)
        for path in paths:
            if os.path.lexists(self.root / path):
                copy_file(self.root / path, worktree / path)

    def _default_branch(self) -> str:
        found = self._ask("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
        if found.returncode:
            raise SettingsError(
                "the remote's default branch cannot be told here; give --base, such as "
                "--base origin/main"
            )
        return found.stdout.decode().strip().removeprefix("refs/remotes/")

    def _commit(self, rev: str) -> CommitSha | None:
        if not rev.strip() or "\0" in rev:
            return None
        known = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        done = self._ask(*known)
        return None if done.returncode else CommitSha(done.stdout.decode().strip())

    def _unknown(self, rev: str, option: str) -> CommitSha:
        raise SettingsError(
            f"{self.root.name} has no revision {rev!r} ({option}); fetch it, or name another one"
        )

    def _run(self, *arguments: str) -> bytes:
        done = self._ask(*arguments)
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").splitlines() or ["no reason given"]
            fix = _OWNER_FIX.format(self.root) if "dubious ownership" in lines[0] else ""
            raise SettingsError(f"git cannot read {self.root}: {lines[0]}{fix}")
        return done.stdout

    def _ask(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        own = {name: value for name, value in os.environ.items() if not _is_elsewhere(name)}
        try:
            return subprocess.run(  # noqa: S603 - our arguments; a revision comes as one word
                ["git", *_OPTIONS, *arguments],  # noqa: S607 - the person's own git
                cwd=self.root,
                env=own | _SETTINGS,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise SettingsError("git is not installed, and nothing can be verified") from error
        except subprocess.TimeoutExpired as error:
            raise SettingsError(f"git {arguments[0]} took over {_SECONDS} s here") from error


def _no_root(path: Path, place: Path) -> str:
    asked = PersonsRepository(place)._ask("rev-parse", "--is-bare-repository")
    if asked.stdout.strip() == b"true":
        return f"{path} is a bare repository, without files (PATH); give a clone of it"
    return f"{path} is in no git repository (PATH)"


def _is_elsewhere(name: str) -> bool:
    return _LEADS_ELSEWHERE.fullmatch(name) is not None
