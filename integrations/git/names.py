"""Names that go into commands, refs and paths: checked before git sees them."""

import hashlib
import re

from agent.domain.errors import PermanentError
from agent.domain.repository import Repository

BASE = "refs/backsmith/base"
"""The branches of the remote, as they were fetched last."""
WIP = "refs/backsmith/wip"
"""Where each worktree stands, out of sight of people."""
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LIFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")
_BRANCH = re.compile(
    r"(?!.*(\.\.|//|@\{|/\.|\.lock(/|$)))[A-Za-z0-9_][A-Za-z0-9._/#+=@-]*(?<![./])"
)
_REVISION = re.compile(r"(?P<name>[^~^:\s]+)(?P<steps>[~^0-9]*)")


def sha(text: str) -> str:
    """Return a full commit id, or refuse."""
    return _checked(_SHA, text, "a full commit id")


def life(text: str) -> str:
    """Return a life's id, fit for a folder and a ref, or refuse."""
    found = _checked(_LIFE, text, "the id of a ticket's life")
    return _checked(_BRANCH, found, "the id of a ticket's life")


def branch(text: str) -> str:
    """Return a branch's name, or refuse."""
    return _checked(_BRANCH, text, "a branch name")


def revision(text: str) -> tuple[str, str]:
    """Split a revision such as `main~2` into a name and steps back from it, or refuse."""
    found = _REVISION.fullmatch(text)
    if found is None:
        raise PermanentError(f"{text!r} is not a revision; give a branch, a tag or a commit id")
    return _checked(_BRANCH, found["name"], "a revision"), found["steps"]


def mirror(repository: Repository) -> str:
    """Return the folder name of a repository's mirror: readable, and unique by its address."""
    if repository.git_url.startswith("-"):
        raise PermanentError(f"{repository.name} has an address that starts with a dash")
    readable = re.sub(r"[^A-Za-z0-9]+", "-", repository.name).strip("-")[:60] or "repository"
    return f"{readable}-{hashlib.sha256(repository.git_url.encode()).hexdigest()[:10]}.git"


def _checked(form: re.Pattern[str], text: str, what: str) -> str:
    if form.fullmatch(text) is None:
        raise PermanentError(f"{text!r} is not {what}")
    return text
