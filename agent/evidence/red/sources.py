"""The files that a change touches, with their texts on both sides, read in one call."""

import re
from collections.abc import Iterable
from datetime import timedelta

from pydantic import ValidationError

from agent.domain.value import Value
from agent.evidence.red.syntax import tests_in
from agent.ports import Command
from agent.tools.base import Bench

_TIMEOUT = timedelta(minutes=2)
_CAP_BYTES = 64 << 20
_SCRIPT = r"""
import json, re, subprocess, sys
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

TEST = re.compile(r"(?:test_.*|.*_tests?|conftest)\.py")

def near(name):
    above = [folder for folder in Path(name).parents if folder.name]
    own = (file.name for folder in above for file in folder.glob("*.py"))
    trees = (folder for folder in above if folder.name == "test")
    below = (file.name for folder in trees for file in folder.rglob("*.py"))
    return {
        "is_near_code": any(not TEST.fullmatch(file) for file in own),
        "is_near_tests": any(TEST.fullmatch(file) for file in below),
    }

def shown(name):
    return name and name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

found = []
for old, new in files:
    is_code = (new or old).endswith(".py")
    texts = [show(old) if old and is_code else None, read(new) if new and is_code else None]
    room -= sum(len(text or b"") for text in texts)
    texts = [text.decode("utf-8", "replace") if text is not None else None for text in texts]
    sides = {"old": shown(old), "new": shown(new), "base": texts[0], "head": texts[1]}
    found.append(sides | near(new or old))
    if room < 0:
        sys.exit("too much was changed")
print(json.dumps({"files": found}))
"""
_TEST = re.compile(r"(?:^|/)tests/|(?:^|/)(?:test_[^/]*|[^/]*_tests?|tests|conftest)\.py$")
_PERHAPS_TEST = re.compile(r"(?:^|/)test/.*\.py$|(?:^|/)test\.py$")
"""A test by its content only: it may as well be code about what is called a test."""
_DATA_OF_TESTS = re.compile(
    r"(?:^|/)(?:fixtures|test_?data|snapshots|__snapshots__|cassettes|golden)/.*(?<!\.py)$"
)
_FACTORIES = re.compile(r"^(?:import|from) (?:factory|faker|model_bakery|pytest)\b", re.MULTILINE)
_SETTINGS = re.compile(
    r"(?:^|/)(?:\.?pytest\.ini|pyproject\.toml|tox\.ini|setup\.cfg|settings/test(?:s|ing)?\.py)$"
)
BEHAVES = (".py", ".html", ".jinja", ".jinja2", ".j2", ".sql", ".graphql", ".proto", ".mako")
"""Files that make a program do what it does; settings and documents are not held to tests."""
_SHOWN = re.compile(r"(?:^|/)(?:templates|locale|static)/")


class ChangedFile(Value):
    """One file that a change touches. Texts are there for Python files that can be read."""

    old: str | None
    """Its path at the base; None for a new one."""
    new: str | None
    """Its path now; None for one that is gone."""
    base: str | None = None
    head: str | None = None
    is_near_code: bool = False
    """True when a folder above it, other than the root, holds Python files that are no tests."""
    is_near_tests: bool = False
    """True when it lies below a folder `test` that holds tests."""

    @property
    def path(self) -> str:
        """The path now, or the last one that it had."""
        return self.new or self.old or ""

    @property
    def is_test(self) -> bool:
        """True for tests and for what only they use: conftest.py, factories, test data."""
        text = self.head or self.base or ""
        if _TEST.search(self.path) or _DATA_OF_TESTS.search(self.path) or self.is_near_tests:
            return True
        if _PERHAPS_TEST.search(self.path):
            return not self.is_setting_of_tests and tests_in(text) != {}
        is_factory = self.path.rpartition("/")[2] in ("factories.py", "factory.py")
        return is_factory and bool(_FACTORIES.search(text))

    @property
    def is_setting_of_tests(self) -> bool:
        """True for a file in which pytest, or the program under test, is set up."""
        return bool(_SETTINGS.search(self.path))

    @property
    def is_product(self) -> bool:
        """True for what the program is made of: code, templates, and data that lie beside code."""
        if self.is_test or self.is_setting_of_tests:
            return False
        is_shown = bool(_SHOWN.search(self.path))
        return self.path.endswith(BEHAVES) or self.is_near_code or is_shown


class _Changes(Value):
    files: tuple[ChangedFile, ...]


def without_product(files: Iterable[ChangedFile]) -> tuple[str, ...]:
    """Return the paths that are as in the change where only the product is as at the base.

    What is neither product nor test stays when the change removes it: the base may need it.
    """
    found: list[str] = []
    for file in files:
        if file.is_test or file.is_setting_of_tests:
            paths = [path for path in (file.old, file.new) if path]
            found += [path for path in paths if path == file.path or _TEST.search(path)]
        elif not file.is_product and file.new:
            found.append(file.new)
    return tuple(dict.fromkeys(found))


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
