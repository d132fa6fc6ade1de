"""The files that a change touches, with their texts on both sides, read in one call."""

import re
from datetime import timedelta

from pydantic import ValidationError

from agent.domain.value import Value
from agent.ports import Command
from agent.tools.base import Bench

_TIMEOUT = timedelta(minutes=2)
_CAP_BYTES = 64 << 20
_SCRIPT = r"""
import json, subprocess, sys
from pathlib import Path
base, LARGEST, room = sys.argv[1], 1 << 20, 24 << 20

def git(*words, **more):
    return subprocess.run(["git", *words], capture_output=True, check=True, **more).stdout

def names(raw):
    return [part.decode("utf-8", "surrogateescape") for part in raw.split(b"\0") if part]

told = iter(names(git("diff", "-z", "--name-status", "--find-renames", "--no-ext-diff", base)))
files = []
for status in told:
    old = next(told)
    new = next(told) if status[0] in "RC" else old
    files.append([None if status[0] == "A" else old, None if status[0] == "D" else new])
untracked = names(git("ls-files", "-z", "-o", "--exclude-standard"))
files += [[None, name] for name in untracked]

def read(name):
    path = Path(name)
    if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
        return None
    return path.read_bytes()

def show(name):
    size = git("cat-file", "-s", f"{base}:{name}")
    return git("show", f"{base}:{name}") if int(size) <= LARGEST else None

found = []
for old, new in files:
    is_code = (new or old).endswith(".py")
    texts = [show(old) if old and is_code else None, read(new) if new and is_code else None]
    room -= sum(len(text or b"") for text in texts)
    texts = [text.decode("utf-8", "replace") if text is not None else None for text in texts]
    found.append({"old": old, "new": new, "base": texts[0], "head": texts[1]})
    if room < 0:
        sys.exit("too much was changed")
print(json.dumps({"files": found}))
"""
_TEST = re.compile(r"(?:^|/)tests?/|(?:^|/)(?:test_[^/]*|[^/]*_tests?|tests?|conftest)\.py$")
_FACTORIES = re.compile(r"^(?:import|from) (?:factory|faker|model_bakery|pytest)\b", re.MULTILINE)
_SETTINGS = re.compile(r"(?:^|/)(?:\.?pytest\.ini|pyproject\.toml|tox\.ini|setup\.cfg)$")


class ChangedFile(Value):
    """One file that a change touches. Texts are there for Python files that can be read."""

    old: str | None
    """Its path at the base; None for a new one."""
    new: str | None
    """Its path now; None for one that is gone."""
    base: str | None = None
    head: str | None = None

    @property
    def path(self) -> str:
        """The path now, or the last one that it had."""
        return self.new or self.old or ""

    @property
    def is_test(self) -> bool:
        """True for tests and for what only they use: conftest.py, factories, test data."""
        if _TEST.search(self.path):
            return True
        is_factory = self.path.rpartition("/")[2] in ("factories.py", "factory.py")
        return is_factory and bool(_FACTORIES.search(self.head or self.base or ""))

    @property
    def is_setting_of_tests(self) -> bool:
        """True for a file in which pytest is set up."""
        return bool(_SETTINGS.search(self.path))


class _Changes(Value):
    files: tuple[ChangedFile, ...]


def changed_files(bench: Bench) -> tuple[ChangedFile, ...] | None:
    """Return what was changed since the base; None when it cannot be told."""
    argv = ("python3", "-I", "-c", _SCRIPT, bench.base or "")
    command = Command(argv=argv, timeout=_TIMEOUT, output_cap_bytes=_CAP_BYTES)
    done = bench.sandbox.run(bench.worktree, command)
    if done.exit_code != 0 or done.timed_out or done.truncated_bytes:
        return None
    try:
        return _Changes.model_validate_json(done.output.strip().rpartition("\n")[2]).files
    except ValidationError:
        return None
