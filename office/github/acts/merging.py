"""Merging a pull request, with everything that the protected branch asks for."""

from __future__ import annotations

from office.github.accounts import Account
from office.github.acts.refs import mark_merged, settle
from office.github.diffs import merged_tree
from office.github.errors import Refused
from office.github.git import git, identity
from office.github.hub import Hub, require_write
from office.github.mergeability import blockers
from office.github.records import PullRequest


async def merge_pull(
    hub: Hub,
    pull: PullRequest,
    by: Account,
    *,
    method: str = "merge",
    title: str | None = None,
    message: str | None = None,
    sha: str | None = None,
) -> str:
    """Merge a pull request and return the new commit.

    Raises:
        Refused: it is closed, a draft, in conflict or short of checks or approvals (405), or
            `sha` is no longer its head (409).
    """
    require_write(pull.repository, by)
    repository = pull.repository
    async with repository.lock:
        _refuse(pull, method, sha)
        base = repository.branch(pull.base_ref) or ""
        tree = await merged_tree(repository.path, base, pull.head_sha)
        if tree is None:
            raise Refused(405, "Pull Request is not mergeable")
        parents = [base] if method == "squash" else [base, pull.head_sha]
        text = _message(pull, method, title, message)
        commit = await _commit(pull, by, tree, parents, text)
        await git(repository.path, "update-ref", f"refs/heads/{pull.base_ref}", commit, base)
        mark_merged(hub, pull, by, commit)
        await settle(hub, repository, by)
    return commit


def _refuse(pull: PullRequest, method: str, sha: str | None) -> None:
    if not pull.open:
        raise Refused(405, "Pull Request is not mergeable")
    if pull.draft:
        raise Refused(405, "Pull Request is still a draft")
    if method == "rebase":
        raise Refused(405, "Rebase merges are not allowed on this repository.")
    if sha is not None and sha != pull.head_sha:
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    reasons = blockers(pull)
    if reasons:
        raise Refused(405, " ".join(reasons))


def _message(pull: PullRequest, method: str, title: str | None, message: str | None) -> str:
    owner = pull.repository.owner.login
    if method == "squash":
        head = title or f"{pull.title} (#{pull.number})"
        listed = "\n\n".join(f"* {commit.message}" for commit in pull.diff.commits)
        return f"{head}\n\n{message if message is not None else listed}".rstrip() + "\n"
    head = title or f"Merge pull request #{pull.number} from {owner}/{pull.head_ref}"
    return f"{head}\n\n{message if message is not None else pull.title}".rstrip() + "\n"


async def _commit(
    pull: PullRequest, by: Account, tree: str, parents: list[str], message: str
) -> str:
    options = [word for parent in parents for word in ("-p", parent)]
    text = await git(
        pull.repository.path,
        "commit-tree",
        *options,
        "-m",
        message,
        tree,
        environment=identity(by.name or by.login, by.email),
    )
    return text.strip()
