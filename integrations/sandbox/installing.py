"""Installing a set of requirements, and what gives way when it does not work out as asked.

Normally the installer is called once. Only when it refuses does something give way, in this order:
the day for the packages that it names, packages for development that have no wheel, tools, the day
as a whole (for the later one, then for today), the versions of the lock file. What it refuses it
refuses within a second or two, for it has installed nothing then.
Source: uv 0.13, the hints beneath a failed resolution.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from uv import find_uv_bin

from agent.domain.errors import NeedsHumanError, TransientError
from integrations.sandbox.places import Interpreter
from integrations.sandbox.requirements import Requirements, normal

_INSTALL_SECONDS = 900
_WHEELS_LACK = re.compile(r"Wheels are required for `([\w.-]+)`")
_TOO_NEW = re.compile(r"`([\w.-]+)` was filtered by `exclude-newer`")
_UNDATED = re.compile(r"`([\w.]+)-\d\S*\.whl` is missing an upload date")
"""An index that tells no dates: each of its packages counts as too new."""
_MOST_ROUNDS = 4
"""So often packages are freed of the day: those that are asked for, and what they need."""
_MOST_LEFT_OUT = 6
_MOST_ATTEMPTS = 12
_UNREACHABLE = re.compile(
    r"error sending request|dns error|timed out|Connection re|Request failed after"
    r"|(?i:HTTP (status|error)[ \w:]{0,40}\(?|\bstatus( code)?:? )50[234]\b"
    r"|\b50[234] (Bad Gateway|Service Unavailable|Gateway Time)"
)
_ABOUT_PYTHON = re.compile(r"^Using .*environment at.*$", re.MULTILINE)
"""It has the folder's name, in which any number may stand."""


class Installer:
    """Calls uv with the settings of the operator, and with nothing else of our environment."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings

    def install(self, path: Path, wanted: Requirements, python: Interpreter) -> Requirements:
        """Make a virtual environment at `path`; return what was installed in the end.

        Raises:
            NeedsHumanError: The requirements cannot be installed.
            TransientError: The package index cannot be reached.
        """
        shutil.rmtree(path, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as name:
            folder = Path(name)
            program = str(python.executable)
            self._uv(folder, "venv", "--no-project", "--python", program, str(path))
            return self._installed(folder, path, wanted)

    def _installed(self, folder: Path, path: Path, wanted: Requirements) -> Requirements:
        for number in range(_MOST_ATTEMPTS):
            try:
                self._install(folder, path, wanted)
            except NeedsHumanError as error:
                free = _freed(wanted, str(error)) if number < _MOST_ROUNDS else None
                easier = free or next(self._easier(folder, path, wanted, str(error)), None)
                if easier is None:
                    raise
                wanted = easier
            else:
                return wanted
        raise NeedsHumanError("the repository's dependencies cannot be installed")

    def _easier(
        self, folder: Path, path: Path, wanted: Requirements, said: str
    ) -> Iterator[Requirements]:
        """Yield what may work where something else did not, what keeps most of it first."""
        names = {*wanted.left_out, *_WHEELS_LACK.findall(said)}
        if len(wanted.left_out) < len(names) <= _MOST_LEFT_OUT:
            without = wanted.model_copy(update={"left_out": tuple(sorted(names))})
            if not wanted.runtime or self._is_for_development(folder, path, wanted):
                yield without
        if wanted.tools:
            yield wanted.model_copy(update={"tools": ()})
        if wanted.as_of:
            later = wanted.later if wanted.later and wanted.later > wanted.as_of else None
            yield wanted.model_copy(update={"as_of": later, "later": None})
        if wanted.pins:
            yield wanted.model_copy(update={"pins": ()})

    def _is_for_development(self, folder: Path, path: Path, wanted: Requirements) -> bool:
        """Tell whether the project runs without what lacks a wheel: then it is resolved alone."""
        alone = wanted.model_copy(update={"packages": wanted.runtime, "tools": ()})
        try:
            self._install(folder, path, alone, "--dry-run")
        except NeedsHumanError:
            return False
        return True

    def _install(self, folder: Path, path: Path, wanted: Requirements, *options: str) -> None:
        python = str(path / "bin" / "python")
        self._uv(
            folder,
            *("pip", "install", "--python", python, "--only-binary", ":all:"),
            *("--compile-bytecode", *options, *_day(wanted), *_files(folder, wanted)),
        )

    def _uv(self, folder: Path, *arguments: str) -> None:
        argv = [find_uv_bin(), *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - the arguments are ours, the files are sifted
                argv,
                cwd=folder,
                env=dict(self._settings),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TransientError("installing the dependencies took over 15 minutes") from error
        if done.returncode != 0:
            raise _failure(done.stderr.decode("utf-8", "replace").strip())


def _freed(wanted: Requirements, said: str) -> Requirements | None:
    """Return the requirements so that the day does not count for packages that it kept out."""
    late = (*_WHEELS_LACK.findall(said), *_TOO_NEW.findall(said), *_UNDATED.findall(said))
    new = sorted({*map(normal, late)} - {*wanted.undated})
    if wanted.as_of is None or not new:
        return None
    return wanted.model_copy(update={"undated": (*wanted.undated, *new)})


def _day(wanted: Requirements) -> tuple[str, ...]:
    """Return the options that leave out what came after the day."""
    if wanted.as_of is None:
        return ()
    end = f"{wanted.as_of + timedelta(days=1):%Y-%m-%d}T00:00:00Z"
    free = (word for n in wanted.undated for word in ("--exclude-newer-package", f"{n}=false"))
    return ("--exclude-newer", end, *free)


def _files(folder: Path, wanted: Requirements) -> list[str]:
    """Write the requirements to files; return the options that name them."""
    files = {
        "-r": (*wanted.packages, *wanted.tools),
        "-c": (*wanted.constraints, *wanted.pins),
        "--excludes": wanted.left_out,
    }
    options: list[str] = []
    for option, lines in files.items():
        file = folder / f"{option.strip('-')}.txt"
        file.write_text("\n".join(lines) + "\n")
        options += [option, str(file)] if lines else []
    return options


def _failure(said: str) -> Exception:
    """Return the error for what uv said; warnings about dates stand far above its last lines."""
    last = "\n".join(_ABOUT_PYTHON.sub("", said).strip().splitlines()[-15:])
    if _UNREACHABLE.search(last):
        return TransientError(f"the package index cannot be reached:\n{last}")
    undated = "\n".join(dict.fromkeys(found[0] for found in _UNDATED.finditer(said)))
    hidden = f"{undated}\n" if undated else ""
    return NeedsHumanError(f"the repository's dependencies cannot be installed:\n{hidden}{last}")
