"""A copy of a folder as it is now, without what git ignores: where secrets and packages lie."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from workflows.wiring import AnySandbox

LARGEST_BYTES = 64 << 20
_LIST = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
_SKIPPED = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox",
     ".mypy_cache", ".ruff_cache", ".pytest_cache", ".backsmith-results"}
)  # fmt: skip
_SECRET = re.compile(r"\.env(\.(?!example$|sample$|template$|dist$).*)?")
"""Real settings; git would ignore them."""


@contextmanager
def copied(sandbox: AnySandbox, root: Path, into: Path) -> Iterator[Path]:
    """Give a copy of a folder that nobody else has; it is removed afterwards.

    Of a git repository it has what is tracked and what could be added; git runs in the sandbox.
    Links stay links. Files of more than 64 MiB are left out.
    """
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    try:
        for name in _names(sandbox, root):
            copy_file(root / name, into / name)
        yield into
    finally:
        shutil.rmtree(into, ignore_errors=True)


def _names(sandbox: AnySandbox, root: Path) -> Iterator[str]:
    if (root / ".git").is_dir():
        done = sandbox.run_git(root, _LIST, {}, timedelta(seconds=60))
        if done.exit_code == 0 and not done.truncated_bytes:
            yield from filter(None, done.output.split("\0"))
            return
    yield from _walked(root)


def _walked(root: Path) -> Iterator[str]:
    for folder, inner, files in os.walk(root):
        here = Path(folder)
        inner[:] = [
            name
            for name in sorted(inner)
            if name not in _SKIPPED and not (here / name / "pyvenv.cfg").exists()
        ]
        links = [name for name in inner if (here / name).is_symlink()]
        for name in [*links, *sorted(files)]:
            if not _SECRET.fullmatch(name):
                yield (here / name).relative_to(root).as_posix()


def copy_file(source: Path, target: Path) -> None:
    """Copy one file; what is no file or link, or went away meanwhile, is left out."""
    try:
        if source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source.readlink())
        elif source.is_file() and source.stat().st_size <= LARGEST_BYTES:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
    except (FileNotFoundError, PermissionError):
        return
