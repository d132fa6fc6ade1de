"""Which files the change touches, as git sees it."""

import shlex
from datetime import timedelta

from agent.ports import Command
from agent.tools.base import Bench

_TIMEOUT = timedelta(minutes=2)


def changed_python(bench: Bench) -> tuple[str, ...] | None:
    """Return the Python files that were added or edited since the base, sorted.

    None when it cannot be told.
    """
    if bench.base is None:
        return None
    base = shlex.quote(bench.base)
    script = (
        f"git diff -z --name-only --no-renames --no-ext-diff --diff-filter=AMT {base} -- '*.py' && "
        "git ls-files -z -o --exclude-standard -- '*.py'"
    )
    result = bench.sandbox.run(
        bench.worktree, Command(argv=("bash", "-c", script), timeout=_TIMEOUT)
    )
    if result.exit_code != 0 or result.timed_out:
        return None
    return tuple(sorted({name for name in result.output.split("\0") if name}))


def files_naming(bench: Bench, word: str) -> list[str]:
    """Return the Python files in which a whole word occurs."""
    argv = ("git", "grep", "-lwzF", "--untracked", "-e", word, "--", "*.py")
    done = bench.sandbox.run(bench.worktree, Command(argv=argv, timeout=_TIMEOUT))
    return [] if done.exit_code else [path for path in done.output.split("\0") if path]
