"""Virtual environments for CI jobs, built once per set of requirements and kept on disk."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_INCLUDE = re.compile(r"(?m)^\s*(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)")
_FILE_OPTIONS = ("-r", "--requirement", "-c", "--constraint")
_HARMLESS = {
    "-q", "--quiet", "-U", "--upgrade", "--no-cache-dir", "--disable-pip-version-check",
    "--system", "--no-input", "--progress-bar=off",
}  # fmt: skip
_INSTALLERS = {"pip", "setuptools", "wheel", "uv"}
_INHERITED = ("PATH", "HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR")
_INHERITED_PREFIXES = ("UV_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http", "no_proxy")


class BuildError(RuntimeError):
    """An environment could not be built; the message is the installer's output."""


@dataclass(frozen=True)
class Install:
    """What one command installs."""

    arguments: tuple[str, ...]
    """As for `uv pip install`, files as absolute paths."""
    files: tuple[Path, ...] = ()

    def fingerprint(self) -> bytes:
        """Return what decides the outcome: the words, with each file replaced by its content."""
        words = [word for word in self.arguments if Path(word) not in self.files]
        contents = [_with_includes(file) for file in self.files]
        return repr((words, contents)).encode()


def _with_includes(file: Path) -> str:
    text = file.read_text()
    nested = [file.parent / name for name in _INCLUDE.findall(text)]
    return text + "".join(_with_includes(other) for other in nested if other.is_file())


def parse_installs(script: str, directory: Path) -> list[Install] | None:
    """Return what a script installs, or None when it does anything else as well."""
    lines = script.replace("\\\n", " ").replace("&&", "\n").splitlines()
    installs = []
    for line in lines:
        words = shlex.split(line, comments=True)
        if not words:
            continue
        install = _parse_install(words, directory)
        if install is None:
            return None
        installs.append(install)
    return installs or None


def _parse_install(words: list[str], directory: Path) -> Install | None:
    if words[0] in ("python", "python3") and words[1:2] == ["-m"]:
        words = words[2:]
    if words[0] == "uv":
        words = words[1:]
    if words[:2] == ["pip", "sync"]:
        words = ["pip", "install", *(word for file in words[2:] for word in ("-r", file))]
    if words[0] not in ("pip", "pip3") or words[1:2] != ["install"]:
        return None
    return _arguments(words[2:], directory)


def _arguments(words: list[str], directory: Path) -> Install | None:
    kept: list[str] = []
    files: list[Path] = []
    rest = iter(words)
    for word in rest:
        if word in _FILE_OPTIONS:
            file = directory / next(rest, "")
            if not file.is_file():
                return None
            kept += [word, str(file)]
            files.append(file)
        elif word == "--require-hashes":
            kept.append(word)
        elif word.startswith(("-", ".", "/")) and word not in _HARMLESS:
            return None
        elif word not in _HARMLESS and word not in _INSTALLERS:
            kept.append(word)
    return Install(tuple(kept), tuple(files))


def find_uv() -> str:
    """Return the uv that came with this Python, or the one on the PATH."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if found is None:
        raise BuildError("uv is neither beside this Python nor on the PATH")
    return found


@dataclass
class Environments:
    """The cache of environments."""

    cache: Path
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, installs: Sequence[Install]) -> Path:
        """Return an environment that has all of this; the second time it needs no network.

        Raises:
            BuildError: the installer failed.
        """
        wanted = [install for install in installs if install.arguments]
        digest = hashlib.sha256(sys.version.encode())
        for install in wanted:
            digest.update(install.fingerprint())
        home = self.cache / digest.hexdigest()
        async with self._lock:
            if not home.is_dir():
                await self._build(home, wanted)
        return home

    async def _build(self, home: Path, installs: Sequence[Install]) -> None:
        """Build under a name of its own and rename, so that a killed build leaves nothing."""
        self.cache.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="building-", dir=self.cache))
        try:
            uv = find_uv()
            await _call(uv, "venv", "--relocatable", "--python", sys.executable, "--clear", draft)
            for install in installs:
                python = draft / "bin" / "python"
                await _call(uv, "pip", "install", "--python", python, *install.arguments)
            _publish(draft, home)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _publish(draft: Path, home: Path) -> None:
    """Give a finished environment its name, unless another process has just done so."""
    try:
        draft.rename(home)
    except OSError:
        if not home.is_dir():
            raise


def _call_environment() -> dict[str, str]:
    return {
        key: value
        for key, value in os.environ.items()
        if key in _INHERITED or key.startswith(_INHERITED_PREFIXES)
    }


async def _call(*command: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=_call_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise BuildError(output.decode(errors="replace"))
