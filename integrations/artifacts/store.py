"""A folder on any file system that fsspec knows, with whole-file reads and atomic writes."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from agent.domain.errors import (
    NotFoundError,
    PermissionDeniedError,
    SettingsError,
    TransientError,
)

_SETTING = "BACKSMITH_ARTIFACTS_URL"


class FileStore:
    """Files below one address; a path given to it must not come from outside unchecked."""

    def __init__(self, url: str) -> None:
        """Open the store.

        Raises:
            SettingsError: The address is of no known kind, or the package for it is missing.
        """
        self._files, self._root = _open(url)

    def write(self, path: str, content: bytes) -> None:
        """Write a file as a whole: readers see all of it or nothing, also after a crash."""
        with self._translated(f"write {path}"):
            if isinstance(self._files, LocalFileSystem):
                _replace(Path(self._at(path)), content)
            else:
                # Object stores show an object only when its upload is complete.
                self._files.pipe_file(self._at(path), content)

    def read(self, path: str) -> bytes:
        """Return a file's content. Raises NotFoundError."""
        with self._translated(f"read {path}"):
            return bytes(self._files.cat_file(self._at(path)))

    def has(self, path: str) -> bool:
        """Tell whether a file is there."""
        with self._translated(f"look for {path}"):
            return bool(self._files.exists(self._at(path)))

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise NotFoundError(f"Could not {doing}: the artifacts hold no such file.") from error
        except PermissionError as error:
            raise PermissionDeniedError(
                f"Could not {doing}: access to {self._root} ({_SETTING}) was refused; "
                "give this user, or these credentials, the right to read and write there."
            ) from error
        except OSError as error:
            raise TransientError(
                f"Could not {doing} in {self._root} ({_SETTING}): {error.strerror or error}; "
                "see that the store can be reached and is not full."
            ) from error


def _open(url: str) -> tuple[AbstractFileSystem, str]:
    if not url.rpartition("://")[2].strip("/ "):
        raise SettingsError(f"{_SETTING} names no folder; write one, such as s3://bucket/folder.")
    try:
        files, root = url_to_fs(url)
    except ImportError as error:
        raise SettingsError(f"{_SETTING} needs one more package: {error}.") from error
    except ValueError as error:
        raise SettingsError(
            f"{_SETTING} cannot be used ({error}); write a folder, or an address such as "
            "s3://bucket/folder or gs://bucket/folder."
        ) from error
    except OSError as error:
        raise TransientError(
            f"{_SETTING} cannot be reached ({error.strerror or type(error).__name__}); "
            "see that the network is up and the address is right."
        ) from error
    return files, root.rstrip("/")


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            # Without it a loss of power could leave an empty file under the final name.
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
