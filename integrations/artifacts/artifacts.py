"""Artifacts named by their content, and bundles named by their commit, in one store."""

import hashlib
import re

from agent.domain.errors import NotFoundError, PermanentError
from agent.domain.ids import CommitSha
from integrations.artifacts.store import FileStore

_SUFFIX = re.compile(r"(\.[A-Za-z0-9_-]{1,16}){0,3}")
_NAME = re.compile(r"[0-9a-f]{64}" + _SUFFIX.pattern)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class FsspecArtifacts:
    """The port `Artifacts` over any address fsspec knows: `<first two digits>/<sha256><suffix>`."""

    def __init__(self, url: str) -> None:
        """Open the store at a folder or address.

        Raises:
            SettingsError: The address is of no known kind, or the package for it is missing.
        """
        self.store = FileStore(url)

    def put(self, content: bytes, suffix: str) -> str:
        """Store content; return its name, `<sha256><suffix>`. Storing twice stores once.

        Raises:
            PermanentError: The suffix is not of the kind `.log` or `.tar.gz`.
        """
        if not _SUFFIX.fullmatch(suffix):
            raise PermanentError(
                f"An artifact cannot have the suffix {suffix!r}; use one like .log."
            )
        name = hashlib.sha256(content).hexdigest() + suffix
        if not self.store.has(_path(name)):
            self.store.write(_path(name), content)
        return name

    def get(self, name: str) -> bytes:
        """Return the content.

        Raises:
            NotFoundError: There is none, or what is there was damaged.
        """
        if not _NAME.fullmatch(name):
            raise NotFoundError(f"{name!r} is not the name of an artifact.")
        content = self.store.read(_path(name))
        if not name.startswith(hashlib.sha256(content).hexdigest()):
            raise NotFoundError(
                f"Artifact {name} is damaged; delete the file, it can be of no use."
            )
        return content


class StoredBundles:
    """The port `Bundles` in the store of the artifacts: `bundles/<commit>.bundle`."""

    def __init__(self, artifacts: FsspecArtifacts) -> None:
        self._store = artifacts.store

    def keep_bundle(self, commit: CommitSha, content: bytes) -> None:
        """Keep a git bundle that holds `commit`; a later one takes its place.

        Raises:
            PermanentError: `commit` is not a full commit id.
        """
        if not _COMMIT.fullmatch(commit):
            raise PermanentError(f"{commit!r} is not a full commit id, so no bundle was kept.")
        self._store.write(_bundle(commit), content)

    def find_bundle(self, commit: CommitSha) -> bytes | None:
        """Return the bundle that holds `commit`, or None."""
        if not _COMMIT.fullmatch(commit):
            return None
        try:
            return self._store.read(_bundle(commit))
        except NotFoundError:
            return None


def _path(name: str) -> str:
    return f"{name[:2]}/{name}"


def _bundle(commit: CommitSha) -> str:
    return f"bundles/{commit}.bundle"
