"""The dependencies of repositories: one virtual environment for each set of requirements.

Installing is the one phase with access to a package index. It runs on the host, but runs nothing
of the repository: wheels only, from the configured index only.
"""

import hashlib
import os
import platform
import re
import shutil
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from agent.domain.repository import Worktree
from agent.domain.value import Value
from agent.ports import Needs, Preparation
from integrations.sandbox.installing import Installer
from integrations.sandbox.interpreters import choose
from integrations.sandbox.places import Interpreter, must_be_there
from integrations.sandbox.reading import read_plain
from integrations.sandbox.requirements import Requirements, gather, normal

_COMPLETE = ".backsmith-complete"
"""Written last; its age tells when the environment was last used."""
_UNUSED = timedelta(days=30)
_PASSED_ON = re.compile(
    r"PATH|HOME|SSL_CERT_(FILE|DIR)|XDG_CONFIG_(HOME|DIRS)|(?i:https?|all|no)_proxy|(?i:UV|PIP)_(?!PUBLISH).+"
)


class RepositoryEnvironment(Value):
    """Where a repository's dependencies are installed; None when it names none."""

    path: Path | None
    prefix: Path | None = None
    """Where the Python is that it was made with; None for ours."""
    notes: tuple[str, ...] = ()
    """What people should know of it."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Return what must be readable for it to be used."""
        return tuple(folder for folder in (self.path, self.prefix) if folder is not None)


NONE = RepositoryEnvironment(path=None)


class _Mark(Value):
    """What stands in an environment that is complete."""

    prefix: Path | None
    notes: tuple[str, ...]
    as_of: date | None = None


class _Note(Value):
    """What was last ensured for a worktree."""

    name: str
    """The environment's folder; empty when it needs none."""
    asked: Preparation


class Environments:
    """Builds and finds virtual environments."""

    def __init__(
        self,
        home: Path,
        *,
        cache: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Keep environments below `home`.

        Args:
            home: Environments go to its folder `envs`.
            cache: The installer's cache of wheels; by default its own one.
            settings: Environment variables to choose index settings and proxies from; by default
                those of this process. Nothing else of them reaches the installer.
        """
        self._folder = home.resolve() / "envs"
        source = os.environ if settings is None else settings
        self._settings = {k: v for k, v in source.items() if _PASSED_ON.fullmatch(k)}
        if cache is not None:
            self._settings["UV_CACHE_DIR"] = str(cache)

    def ensure(self, worktree: Worktree, asked: Preparation | None = None) -> RepositoryEnvironment:
        """Return the environment for what the worktree asks for now; build it if need be.

        Without a network when it was built before.

        Raises:
            NeedsHumanError: The requirements cannot be installed.
            TransientError: The package index cannot be reached.
        """
        must_be_there(worktree.path)
        asked = asked or Preparation()
        read = partial(read_plain, worktree.path)
        wanted = self._completed(gather(read, more=asked.extras), asked)
        found = self._found(self._built(wanted)) if wanted.packages or wanted.tools else NONE
        self._remember(worktree, found, asked)
        return found

    def of(self, worktree: Worktree, needs: Needs | None) -> RepositoryEnvironment:
        """Return the environment for a command."""
        return self.current(worktree) if needs is None else self.for_needs(worktree, needs)

    def beside(self, worktree: Worktree, packages: tuple[str, ...]) -> RepositoryEnvironment:
        """Return an environment with nothing of the repository. Raises as `ensure`."""
        if not packages:
            return NONE
        return self.for_needs(worktree, Needs(also=packages, alone=True))

    def for_needs(self, worktree: Worktree, needs: Needs) -> RepositoryEnvironment:
        """Return an environment for one command; what is `current` stays so. Raises as `ensure`.

        What has no wheels is left out: servers and drivers, mostly.
        """
        must_be_there(worktree.path)
        asked = self._asked(worktree)
        if needs.alone:
            wanted = Requirements(packages=needs.also)
        else:
            read = partial(read_plain, worktree.path)
            found = gather(read, needs.folder, all_extras=needs.extras, more=asked.extras)
            added = {
                "packages": (*found.packages, *needs.also),
                "runtime": (),
                "undated": tuple(map(normal, needs.also)),
            }
            wanted = self._completed(found.model_copy(update=added), asked)
        return self._found(self._built(wanted)) if wanted.packages else NONE

    def current(self, worktree: Worktree) -> RepositoryEnvironment:
        """Return the environment that was last ensured for a worktree; ensure it if none was.

        So a changed requirements file has no effect on commands until it is prepared.
        """
        note = self._note(worktree)
        if note is None:
            return self.ensure(worktree)
        if not note.name:
            return NONE
        path = self._folder / note.name
        if (path / _COMPLETE).exists():
            return self._found(path)
        return self.ensure(worktree, note.asked)

    def _found(self, path: Path) -> RepositoryEnvironment:
        file = path / _COMPLETE
        mark = _Mark.model_validate_json(file.read_text())
        os.utime(file)
        return RepositoryEnvironment(path=path, prefix=mark.prefix, notes=mark.notes)

    def _asked(self, worktree: Worktree) -> Preparation:
        note = self._note(worktree)
        return note.asked if note else Preparation()

    def _note(self, worktree: Worktree) -> _Note | None:
        try:
            return _Note.model_validate_json(self._place(worktree).read_text())
        except (FileNotFoundError, ValidationError):
            return None

    def _place(self, worktree: Worktree) -> Path:
        return self._folder / "of" / worktree.path.name

    def _remember(
        self, worktree: Worktree, found: RepositoryEnvironment, asked: Preparation
    ) -> None:
        place = self._place(worktree)
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f"{place.name}.{uuid.uuid4().hex}")
        note = _Note(name=found.path.name if found.path else "", asked=asked)
        draft.write_text(note.model_dump_json())
        draft.replace(place)

    def _built(self, requirements: Requirements) -> Path:
        python = choose(requirements.python, self._settings.get("PATH", ""))
        path = self._folder / _key(requirements, python)
        if not (path / _COMPLETE).exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{path}.lock"):
                if not (path / _COMPLETE).exists():
                    self._build(path, requirements, python)
        return path

    def _build(self, path: Path, requirements: Requirements, python: Interpreter) -> None:
        """Build in place, for environments do not like to be moved; the mark is written last."""
        made = Installer(self._settings).install(path, requirements, python)
        is_ours = python == Interpreter.ours()
        mark = _Mark(
            prefix=None if is_ours else python.prefix,
            notes=_notes(requirements, made),
            as_of=requirements.as_of,
        )
        (path / _COMPLETE).write_text(mark.model_dump_json())
        self._remove_unused()

    def _remove_unused(self) -> None:
        """Remove environments of a day that nobody used for long: each new base makes new ones."""
        for file in self._folder.glob(f"*/{_COMPLETE}"):
            with suppress(FileNotFoundError, ValidationError, Timeout):
                is_old = time.time() - file.stat().st_mtime > _UNUSED.total_seconds()
                if is_old and _Mark.model_validate_json(file.read_text()).as_of:
                    with FileLock(f"{file.parent}.lock", timeout=0):
                        file.unlink()
                        shutil.rmtree(file.parent, ignore_errors=True)

    def _completed(self, found: Requirements, asked: Preparation) -> Requirements:
        """Return requirements with what is asked beside them; the day only where it decides."""
        wanted = found.with_tools(asked.tools)
        is_free = wanted.is_open and "UV_EXCLUDE_NEWER" not in self._settings
        days = {"as_of": asked.as_of, "later": asked.later}
        return wanted.model_copy(update=days) if is_free else wanted


def _key(requirements: Requirements, python: Interpreter) -> str:
    identity = (platform.python_version(), platform.machine(), python.executable)
    text = f"{identity}\n{requirements.model_dump_json(exclude={'later'})}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _notes(asked: Requirements, made: Requirements) -> tuple[str, ...]:
    """Return in words where an environment is other than it was asked for."""
    notes = [f"{name} is not installed: it has no wheel" for name in made.left_out]
    if asked.tools and not made.tools:
        names = ", ".join(asked.tools)
        notes.append(f"not installed, for it cannot be together with the rest: {names}")
    if asked.pins and not made.pins:
        notes.append("the lock file's versions cannot be installed: newer ones are")
    newer = [name for name in made.undated if name not in (*asked.undated, *made.left_out)]
    if made.as_of and newer:
        notes.append(f"packages as of {made.as_of}, but today's {', '.join(newer)}")
    if asked.as_of != made.as_of:
        day = f"as of {made.as_of}" if made.as_of else "of today"
        notes.append(f"packages {day}: as of {asked.as_of} they cannot be installed")
    return tuple(notes)
