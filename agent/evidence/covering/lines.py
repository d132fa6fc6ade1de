"""Which lines a change added or edited, and where the others went.

Source: git 2.39, diff-generate-patch; the figures are those of diff-cover 11.
"""

import re
import shlex
from datetime import timedelta

from agent.diffs import unquoted
from agent.domain.value import Value
from agent.ports import Command
from agent.tools.base import Bench

_TIMEOUT = timedelta(minutes=2)
_CAP_BYTES = 32 << 20
_DIFF = (
    "git -c core.quotepath=on -c diff.mnemonicprefix=no -c diff.noprefix=no diff --no-color "
    "--no-ext-diff --no-textconv --find-renames -U0 {base} -- '*.py' && printf '\\0' && "
    "git -c core.quotepath=on ls-files -o --exclude-standard -- '*.py'"
)
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class Hunk(Value):
    """Lines that took the place of others; a count of 0 means that nothing was there."""

    old: int
    old_count: int
    new: int
    new_count: int


class FileChange(Value):
    """What a change did to one file that is still there."""

    old_path: str
    """The same as the new one unless it was moved; empty for a new file."""
    hunks: tuple[Hunk, ...] = ()
    is_new: bool = False
    """True: every line of it was added."""

    def has(self, line: int) -> bool:
        """Tell whether the change added or edited a line."""
        inside = (hunk.new <= line < hunk.new + hunk.new_count for hunk in self.hunks)
        return self.is_new or any(inside)

    def moved(self, line: int) -> int | None:
        """Return where an old line stands now; None when it was edited or removed."""
        shift = 0
        for hunk in self.hunks:
            if line < hunk.old + (hunk.old_count == 0):
                break
            if hunk.old_count and line < hunk.old + hunk.old_count:
                return None
            shift += hunk.new_count - hunk.old_count
        return line + shift


def changed_lines(bench: Bench) -> dict[str, FileChange] | None:
    """Return the changes of Python files since the base by path; None when git cannot tell."""
    if bench.base is None:
        return None
    script = _DIFF.format(base=shlex.quote(bench.base))
    command = Command(argv=("bash", "-c", script), timeout=_TIMEOUT, output_cap_bytes=_CAP_BYTES)
    done = bench.sandbox.run(bench.worktree, command)
    if done.exit_code != 0 or done.timed_out or done.truncated_bytes:
        return None
    diff, _, untracked = done.output.partition("\0")
    names = [unquoted(line) for line in untracked.split("\n") if line]
    new = {name: FileChange(old_path="", is_new=True) for name in names}
    return parse_diff(diff) | new


def parse_diff(diff: str) -> dict[str, FileChange]:
    """Return the changes in a diff without context lines."""
    found: dict[str, FileChange] = {}
    for part in re.split(r"^(?=diff --git )", diff, flags=re.MULTILINE):
        head, _, body = part.partition("\n@@ ")
        old, new = _path("---", head), _path("+++", head)
        if new and new != "/dev/null":
            hunks = tuple(_hunk(match) for match in _HUNK.finditer(f"\n@@ {body}"))
            found[new] = FileChange(
                old_path="" if old == "/dev/null" else old, hunks=hunks, is_new=old == "/dev/null"
            )
        elif renamed := re.search(r"^rename from (.+)\nrename to (.+)$", head, re.MULTILINE):
            found[unquoted(renamed[2])] = FileChange(old_path=unquoted(renamed[1]))
    return found


def _path(mark: str, head: str) -> str:
    found = re.search(rf"^{re.escape(mark)} ([^\t\n]+)", head, re.MULTILINE)
    return re.sub(r"^[ab]/", "", unquoted(found[1])) if found else ""


def _hunk(match: re.Match[str]) -> Hunk:
    old, old_count, new, new_count = match.groups()
    return Hunk(
        old=int(old),
        old_count=1 if old_count is None else int(old_count),
        new=int(new),
        new_count=1 if new_count is None else int(new_count),
    )
