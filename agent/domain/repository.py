"""Repositories and private worktrees."""

from pathlib import Path

from agent.domain.ids import CommitSha
from agent.domain.value import Value


class Repository(Value):
    """A git repository that tickets may be about."""

    name: str
    """`owner/name` on the code host, or a label for a local repository."""
    git_url: str
    """Where it is cloned from and pushed to; never holds a credential."""
    default_branch: str = "main"


class Worktree(Value):
    """A private `git worktree` for one ticket, standing at `head`."""

    path: Path
    repository: Repository
    head: CommitSha
