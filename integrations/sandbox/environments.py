"""The dependencies of repositories: one virtual environment for each set of requirements.

Installing is the one phase with access to a package index. It runs on the host, but runs nothing
of the repository: wheels only, from the configured index only.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from filelock import FileLock
from uv import find_uv_bin

from agent.domain.errors import NeedsHumanError, TransientError
from agent.domain.repository import Worktree
from agent.domain.value import Value
from agent.ports import Needs
from integrations.sandbox.interpreters import choose
from integrations.sandbox.places import Interpreter, must_be_there
from integrations.sandbox.reading import read_plain
from integrations.sandbox.requirements import Requirements, gather

_COMPLETE = ".backsmith-complete"
_PASSED_ON = re.compile(
    r"PATH|HOME|SSL_CERT_(FILE|DIR)|XDG_CONFIG_(HOME|DIRS)|(?i:https?|all|no)_proxy|(?i:UV|PIP)_(?!PUBLISH).+"
)
_INSTALL_SECONDS = 900
_WHEELS_LACK = re.compile(r"Wheels are required for `([\w.-]+)`")
"""Source: uv 0.13, the hint beneath a resolution that failed."""
_MOST_LEFT_OUT = 6
_NETWORK_WORDS = ("error sending request", "dns error", "timed out", "Connection re", "503", "502")


class RepositoryEnvironment(Value):
    """Where a repository's dependencies are installed; None when it names none."""

    path: Path | None
    prefix: Path | None = None
    """Where the Python is that it was made with; None for ours."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Return what must be readable for it to be used."""
        return tuple(folder for folder in (self.path, self.prefix) if folder is not None)


NONE = RepositoryEnvironment(path=None)


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

    def ensure(self, worktree: Worktree) -> RepositoryEnvironment:
        """Return the environment for what the worktree asks for now; build it if need be.

        Without a network when it was built before.

        Raises:
            NeedsHumanError: The requirements cannot be installed.
            TransientError: The package index cannot be reached.
        """
        must_be_there(worktree.path)
        requirements = gather(partial(read_plain, worktree.path))
        found = self._found(self._built(requirements)) if requirements.packages else NONE
        self._remember(worktree, found)
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
        read = partial(read_plain, worktree.path)
        found = Requirements()
        if not needs.alone:
            found = gather(read, needs.folder, all_extras=needs.extras)
        wanted = found.model_copy(update={"packages": (*found.packages, *needs.also)})
        while wanted.packages:
            try:
                return self._found(self._built(wanted))
            except NeedsHumanError as error:
                names = {*wanted.left_out, *_WHEELS_LACK.findall(str(error))}
                if len(names) in (len(wanted.left_out), _MOST_LEFT_OUT):
                    raise
                wanted = wanted.model_copy(update={"left_out": tuple(sorted(names))})
        return NONE

    def current(self, worktree: Worktree) -> RepositoryEnvironment:
        """Return the environment that was last ensured for a worktree; ensure it if none was.

        So a changed requirements file has no effect on commands until it is prepared.
        """
        try:
            name = self._note(worktree).read_text()
        except FileNotFoundError:
            return self.ensure(worktree)
        path = self._folder / name if name else None
        if path is None:
            return NONE
        return self._found(path) if (path / _COMPLETE).exists() else self.ensure(worktree)

    def _found(self, path: Path) -> RepositoryEnvironment:
        prefix = (path / _COMPLETE).read_text()
        return RepositoryEnvironment(path=path, prefix=Path(prefix) if prefix else None)

    def _note(self, worktree: Worktree) -> Path:
        return self._folder / "of" / worktree.path.name

    def _remember(self, worktree: Worktree, found: RepositoryEnvironment) -> None:
        note = self._note(worktree)
        note.parent.mkdir(parents=True, exist_ok=True)
        draft = note.with_name(f"{note.name}.{uuid.uuid4().hex}")
        draft.write_text(found.path.name if found.path else "")
        draft.replace(note)

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
        """Build in place, for environments do not like to be moved; the mark is written last.

        The versions of a lock file were chosen for another Python, perhaps: without them it may be
        possible.
        """
        try:
            self._install(path, requirements, python)
        except NeedsHumanError:
            if not requirements.pins:
                raise
            self._install(path, requirements.model_copy(update={"pins": ()}), python)
        is_ours = python == Interpreter.ours()
        (path / _COMPLETE).write_text("" if is_ours else str(python.prefix))

    def _install(self, path: Path, requirements: Requirements, python: Interpreter) -> None:
        shutil.rmtree(path, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            files = {
                "-r": requirements.packages,
                "-c": (*requirements.constraints, *requirements.pins),
                "--excludes": requirements.left_out,
            }
            options: list[str] = []
            for option, lines in files.items():
                file = Path(folder, f"{option.strip('-')}.txt")
                file.write_text("\n".join(lines) + "\n")
                options += [option, str(file)] if lines else []
            self._uv(folder, "venv", "--no-project", "--python", str(python.executable), str(path))
            self._uv(
                folder,
                *("pip", "install", "--python", str(path / "bin" / "python")),
                *("--only-binary", ":all:", "--compile-bytecode", *options),
            )

    def _uv(self, folder: str, *arguments: str) -> None:
        argv = [find_uv_bin(), *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - the arguments are ours, the files are sifted
                argv,
                cwd=folder,
                env=self._settings,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TransientError("installing the dependencies took over 15 minutes") from error
        if done.returncode != 0:
            said = "\n".join(done.stderr.decode("utf-8", "replace").strip().splitlines()[-15:])
            if any(word in said for word in _NETWORK_WORDS):
                raise TransientError(f"the package index cannot be reached:\n{said}")
            raise NeedsHumanError(f"the repository's dependencies cannot be installed:\n{said}")


def _key(requirements: Requirements, python: Interpreter) -> str:
    identity = (platform.python_version(), platform.machine(), python.executable)
    text = f"{identity}\n{requirements.model_dump_json()}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]
