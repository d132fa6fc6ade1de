"""Artifacts and bundles in memory."""

import hashlib
import re

from agent.domain.errors import NotFoundError, PermanentError
from agent.domain.ids import CommitSha


class FakeArtifacts:
    """The port `Artifacts`; contents are gone with the object."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    def put(self, content: bytes, suffix: str) -> str:
        """Store content; return its name, `<sha256><suffix>`. Storing twice stores once."""
        if not re.fullmatch(r"(\.[A-Za-z0-9_-]{1,16}){0,3}", suffix):
            raise PermanentError(f"not a suffix: {suffix!r}")
        name = hashlib.sha256(content).hexdigest() + suffix
        self._contents[name] = content
        return name

    def get(self, name: str) -> bytes:
        """Return the content. Raises NotFoundError."""
        if name not in self._contents:
            raise NotFoundError(f"no artifact {name!r}")
        return self._contents[name]


class FakeBundles:
    """The port `Bundles`; contents are gone with the object."""

    def __init__(self) -> None:
        self._contents: dict[CommitSha, bytes] = {}

    def keep_bundle(self, commit: CommitSha, content: bytes) -> None:
        """Keep a git bundle that holds `commit`."""
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
            raise PermanentError(f"not a full commit id: {commit!r}")
        self._contents[commit] = content

    def find_bundle(self, commit: CommitSha) -> bytes | None:
        """Return the bundle that holds `commit`, or None."""
        return self._contents.get(commit)
