"""Commits as a git bundle: what a mirror elsewhere lacks, and what it must have already.

The header is written here because `git bundle` takes refs only, and our commits have none.
Source: git 2.39, gitformat-bundle, version 2.
"""

from collections.abc import Sequence

_SIGNATURE = b"# v2 git bundle\n"
REF = "refs/backsmith/kept"


def packed(commit: str, prerequisites: Sequence[str], pack: bytes) -> bytes:
    """Return a bundle that brings `commit` to whoever has the prerequisites."""
    needs = "".join(f"-{sha} \n" for sha in prerequisites)
    return _SIGNATURE + f"{needs}{commit} {REF}\n\n".encode() + pack


def prerequisites_of(bundle: bytes) -> list[str]:
    """Return the commits that must be there before a bundle can be taken in."""
    header = bundle.partition(b"\n\n")[0].decode("ascii", "replace")
    lines = header.split("\n")[1:]
    return [line[1:].split(" ")[0] for line in lines if line.startswith("-")]
