"""Mirrors, worktrees and snapshots on this machine; an `agent.ports.Workspace`."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from agent.domain.errors import PermanentError
from agent.domain.ids import BranchName, CommitSha, LifeId
from agent.domain.repository import Repository, Worktree
from agent.ports import Bundles
from integrations.git import bundle, names, snapshot
from integrations.git.failures import push_failure
from integrations.git.mirror import Mirror
from integrations.git.snapshot import CommitSandbox
from integrations.git.worktrees import Place, identity

Credentials = Callable[[Repository], Mapping[str, str] | None]
"""Gives the environment for fetch and push, such as an `http.<url>.extraHeader` in GIT_CONFIG_*."""
AUTHOR = ("Backsmith", "backsmith@users.noreply.github.com")


class GitWorkspace:
    """Keeps the code: any machine can go on from any commit that was returned here.

    Below `home`: `mirrors`, `worktrees`, `locks`, `snapshots` (being made) and `trash`.
    """

    def __init__(
        self,
        home: Path,
        *,
        credentials: Credentials,
        sandbox: CommitSandbox,
        bundles: Bundles,
        author: tuple[str, str] = AUTHOR,
    ) -> None:
        """Create a workspace.

        Args:
            home: The folder for everything; the sandbox must know the same one.
            credentials: Gives the environment for fetch and push; None for none.
            sandbox: Where git runs over the content of worktrees.
            bundles: Where commits that no remote has are kept off the machine.
            author: Name and address in the commits.
        """
        self._home = home.resolve()
        self._credentials = credentials
        self._sandbox = sandbox
        self._bundles = bundles
        self._author = author

    def fetch(self, repository: Repository, rev: str | None = None) -> CommitSha:
        """Bring the mirror up to date; return the commit of `rev` (else of the default branch)."""
        mirror = self._mirror(repository)
        with mirror.locked():
            mirror.fetch()
            return CommitSha(mirror.resolve(repository.default_branch if rev is None else rev))

    def open(self, repository: Repository, life: LifeId, commit: CommitSha) -> Worktree:
        """Return the ticket's worktree standing exactly at `commit`, re-created if need be."""
        mirror = self._mirror(repository)
        place = Place(self._home, mirror, life)
        if not place.stands_at(names.sha(commit), self._sandbox):
            mirror.ensure(commit)
            with mirror.locked():
                place.create(commit)
        return Worktree(path=place.path, repository=repository, head=commit)

    def snapshot(self, worktree: Worktree, life: LifeId) -> CommitSha:
        """Keep the worktree's content as a commit on a hidden ref; its head if nothing changed.

        Raises:
            ToolError: Something in the worktree must not be committed; the text names it.
        """
        mirror = self._mirror(worktree.repository)
        place = Place(self._home, mirror, life)
        author = identity(self._author)
        taken = snapshot.take(self._sandbox, worktree, mirror.path, place.life, author)
        if taken is None:
            return worktree.head
        commit = CommitSha(names.sha(taken.commit))
        with mirror.locked():
            mirror.take_in(bundle.packed(commit, [worktree.head], taken.pack))
            place.move_to(commit)
            mirror.keep(commit)
        return commit

    def commit(
        self, repository: Repository, snapshot: CommitSha, parent: CommitSha, message: str
    ) -> CommitSha:
        """Return the commit with the snapshot's tree on `parent`; the same arguments, the same sha.

        Returns `parent` when the trees are equal.
        """
        mirror = self._mirror(repository)
        mirror.ensure(snapshot, parent)
        trees = mirror.git.run("rev-parse", f"{snapshot}^{{tree}}", f"{parent}^{{tree}}").text()
        tree, parent_tree = trees.split("\n")
        if tree == parent_tree:
            return parent
        second = int(mirror.git.run("show", "-s", "--format=%ct", parent).text()) + 1
        made = mirror.git.run(
            *("commit-tree", tree, "-p", parent, "-F", "-"),
            stdin=(message.rstrip("\n") + "\n").encode(),
            environment=identity(self._author, f"@{second} +0000"),
        ).text()
        mirror.keep(made)
        return CommitSha(made)

    def push(self, repository: Repository, branch: BranchName, commit: CommitSha) -> None:
        """Push to the branch, never by force; nothing happens if it stands there already.

        Raises:
            NeedsHumanError: The branch has other commits, or the server refuses ours.
            PermanentError: It is the default branch.
        """
        if names.branch(branch) == repository.default_branch:
            raise PermanentError(f"{branch} is the default branch; we never push to it")
        mirror = self._mirror(repository)
        mirror.ensure(commit)
        status, report, complaint = mirror.push(commit, branch)
        if status != 0:
            raise push_failure(branch, report, complaint)

    def diff(self, repository: Repository, base: CommitSha, head: CommitSha) -> str:
        """Return the unified diff between two commits."""
        mirror = self._mirror(repository)
        mirror.ensure(base, head)
        plain = ("--no-color", "--no-ext-diff", "--no-textconv", "--find-renames")
        said = mirror.git.run("diff", *plain, base, head, "--")
        return said.output.decode("utf-8", "replace")

    def log(self, repository: Repository, base: CommitSha, head: CommitSha) -> list[CommitSha]:
        """Return the commits after `base` up to `head`, oldest first."""
        mirror = self._mirror(repository)
        mirror.ensure(base, head)
        listed = mirror.git.run("rev-list", "--reverse", "--topo-order", f"{base}..{head}").text()
        return [CommitSha(line) for line in listed.split("\n") if line]

    def subjects(self, repository: Repository, head: CommitSha, most: int) -> list[str]:
        """Return the first lines of the newest commits up to `head`, without merges, newest first.

        A commit without a message has an empty one.
        """
        mirror = self._mirror(repository)
        mirror.ensure(head)
        listed = mirror.git.run("log", "--no-merges", f"-{most}", "--format=%s", "-z", head, "--")
        return listed.output.decode("utf-8", "replace").removesuffix("\0").split("\0")

    def committed_on(self, repository: Repository, commit: CommitSha) -> date:
        """Return the day (UTC) on which a commit was made, as the commit itself says."""
        mirror = self._mirror(repository)
        mirror.ensure(commit)
        seconds = int(mirror.git.run("show", "-s", "--format=%ct", commit).text())
        return datetime.fromtimestamp(seconds, UTC).date()

    def close(self, repository: Repository, life: LifeId) -> None:
        """Remove the worktree and its hidden ref; nothing happens if they are gone."""
        mirror = self._mirror(repository)
        with mirror.locked():
            Place(self._home, mirror, life).remove()
            mirror.tidy()

    def _mirror(self, repository: Repository) -> Mirror:
        return Mirror(self._home, repository, self._credentials(repository), self._bundles)
