"""A workspace in memory: repositories as commits with whole trees, worktrees as dicts."""

import difflib
import hashlib
from datetime import date
from pathlib import Path

from agent.domain.errors import NeedsHumanError, NotFoundError, PermanentError
from agent.domain.ids import BranchName, CommitSha, LifeId
from agent.domain.repository import Repository, Worktree
from agent.domain.value import Value
from tests.fakes.sandbox import Files


class FakeCommit(Value):
    """A commit with its whole tree."""

    tree: dict[str, str]
    parent: CommitSha | None
    message: str

    def sha(self) -> CommitSha:
        text = repr((sorted(self.tree.items()), self.parent, self.message))
        return CommitSha(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class MemoryBundles:
    """Bundles by the commit that they hold."""

    def __init__(self) -> None:
        self.kept: dict[CommitSha, bytes] = {}

    def keep_bundle(self, commit: CommitSha, content: bytes) -> None:
        self.kept[commit] = content

    def find_bundle(self, commit: CommitSha) -> bytes | None:
        return self.kept.get(commit)


class FakeWorkspace:
    """`remotes` are the branches on the code host; `trees` is what a FakeSandbox works on."""

    def __init__(self) -> None:
        self.commits: dict[CommitSha, FakeCommit] = {}
        self.remotes: dict[str, dict[str, CommitSha]] = {}
        self.trees: dict[Path, Files] = {}
        self.pushes: list[tuple[BranchName, CommitSha]] = []
        self.day = date(2026, 7, 1)
        """When all commits were made."""

    def commit_on_remote(
        self, repository: Repository, branch: str, files: Files, message: str = "change"
    ) -> CommitSha:
        """Add a commit with these files on top of what the branch has, as a person would."""
        branches = self.remotes.setdefault(repository.git_url, {})
        parent = branches.get(branch)
        tree = {**(self.commits[parent].tree if parent else {}), **files}
        branches[branch] = self._add(FakeCommit(tree=tree, parent=parent, message=message))
        return branches[branch]

    def fetch(self, repository: Repository, rev: str | None = None) -> CommitSha:
        branches = self.remotes.get(repository.git_url)
        if branches is None:
            raise NotFoundError(f"{repository.git_url} does not exist")
        name = rev or repository.default_branch
        if name in branches:
            return branches[name]
        if CommitSha(name) in self.commits:
            return CommitSha(name)
        raise NotFoundError(f"{repository.name} has no revision {name}")

    def open(self, repository: Repository, life: LifeId, commit: CommitSha) -> Worktree:
        path = Path("/fake/worktrees") / life
        files = self.trees.setdefault(path, {})
        files.clear()
        files.update(self._commit(commit).tree)
        return Worktree(path=path, repository=repository, head=commit)

    def snapshot(self, worktree: Worktree, life: LifeId) -> CommitSha:
        found = self.trees[worktree.path].items()
        tree = {name: text for name, text in found if not name.startswith(".backsmith-results/")}
        if tree == self._commit(worktree.head).tree:
            return worktree.head
        return self._add(FakeCommit(tree=tree, parent=worktree.head, message=f"wip {life}"))

    def commit(
        self, repository: Repository, snapshot: CommitSha, parent: CommitSha, message: str
    ) -> CommitSha:
        tree = self._commit(snapshot).tree
        if tree == self._commit(parent).tree:
            return parent
        return self._add(FakeCommit(tree=tree, parent=parent, message=message))

    def push(self, repository: Repository, branch: BranchName, commit: CommitSha) -> None:
        if branch == repository.default_branch:
            raise PermanentError(f"{branch} is the default branch; we never push to it")
        branches = self.remotes.setdefault(repository.git_url, {})
        there = branches.get(branch)
        if there == commit:
            return
        if there is not None and there not in self._ancestors(commit):
            raise NeedsHumanError(f"{branch} has commits that we do not have")
        branches[branch] = commit
        self.pushes.append((branch, commit))

    def diff(self, repository: Repository, base: CommitSha, head: CommitSha) -> str:
        before, after = self._commit(base).tree, self._commit(head).tree
        parts = []
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                old = before.get(name, "").splitlines(keepends=True)
                new = after.get(name, "").splitlines(keepends=True)
                parts.append(f"diff --git a/{name} b/{name}\n")
                parts += difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
        return "".join(parts)

    def log(self, repository: Repository, base: CommitSha, head: CommitSha) -> list[CommitSha]:
        known = set(self._ancestors(base))
        return [sha for sha in reversed(self._ancestors(head)) if sha not in known]

    def subjects(self, repository: Repository, head: CommitSha, most: int) -> list[str]:
        messages = [self._commit(sha).message for sha in self._ancestors(head)[:most]]
        return [message.partition("\n")[0] for message in messages]

    def committed_on(self, repository: Repository, commit: CommitSha) -> date:
        self._commit(commit)
        return self.day

    def close(self, repository: Repository, life: LifeId) -> None:
        self.trees.pop(Path("/fake/worktrees") / life, None)

    def _add(self, commit: FakeCommit) -> CommitSha:
        self.commits[commit.sha()] = commit
        return commit.sha()

    def _commit(self, sha: CommitSha) -> FakeCommit:
        try:
            return self.commits[sha]
        except KeyError:
            raise NotFoundError(f"commit {sha} is nowhere") from None

    def _ancestors(self, sha: CommitSha) -> list[CommitSha]:
        found, at = [], CommitSha(sha)
        while True:
            found.append(at)
            parent = self._commit(at).parent
            if parent is None:
                return found
            at = parent
