"""What follows when branches move: pushes, merges and refs made through the API."""

from __future__ import annotations

from typing import Any

from office.github.accounts import Account
from office.github.acts.comments import relocate
from office.github.acts.pulls import announce, close_pull, refresh, run_workflows
from office.github.ci.workflow import read_workflows, required_names
from office.github.commits import is_ancestor, log
from office.github.diffs import EMPTY_TREE, changed_files
from office.github.git import REFS, git, parse_refs
from office.github.hub import Hub, Trigger, touch
from office.github.payloads.commits import pushed_commit
from office.github.records import PullRequest, Repository
from office.world import now

NOTHING = "0" * 40
"""Stands for "no commit" when a ref is made or removed."""
_MOST_COMMITS = 2048
"""The most commits that a push webhook lists."""


async def settle(hub: Hub, repository: Repository, pusher: Account) -> None:
    """Compare the refs with what they were, and do all that follows from each change.

    Call it with `repository.lock` held, right after git has written.
    """
    before = repository.refs
    repository.refs = parse_refs(await git(repository.path, *REFS))
    changed = sorted(
        name
        for name in before.keys() | repository.refs.keys()
        if before.get(name) != repository.refs.get(name)
    )
    for name in changed:
        if not name.startswith(("refs/heads/", "refs/tags/")):
            continue
        old, new = before.get(name, NOTHING), repository.refs.get(name, NOTHING)
        await _push_event(hub, repository, pusher, name, old, new)
        if name.startswith("refs/heads/"):
            branch = name.removeprefix("refs/heads/")
            await _branch_moved(hub, repository, pusher, branch, old, new)


async def write_ref(
    hub: Hub, repository: Repository, by: Account, name: str, sha: str | None
) -> None:
    """Make, move or (with None) remove a ref. Call it with `repository.lock` held."""
    arguments = ("update-ref", name, sha) if sha else ("update-ref", "-d", name)
    await git(repository.path, *arguments)
    await settle(hub, repository, by)


async def _push_event(
    hub: Hub, repository: Repository, pusher: Account, name: str, old: str, new: str
) -> None:
    repository.pushed_at = now()
    payload = await _push_payload(repository, pusher, name, old, new)
    hub.emit("push", repository, pusher, payload)
    hub.publish(
        "push",
        repository,
        ref=name,
        before=old,
        after=new,
        forced=payload["forced"],
        by=pusher.login,
    )


async def _push_payload(
    repository: Repository, pusher: Account, name: str, old: str, new: str
) -> dict[str, Any]:
    commits = await _pushed_commits(repository, old, new)
    forced = NOTHING not in (old, new) and not await is_ancestor(repository.path, old, new)
    return {
        "ref": name,
        "before": old,
        "after": new,
        "created": old == NOTHING,
        "deleted": new == NOTHING,
        "forced": forced,
        "base_ref": None,
        "compare": f"{repository.html}/compare/{old[:12]}...{new[:12]}",
        "commits": commits,
        "head_commit": commits[-1] if commits else None,
        "pusher": {"name": pusher.login, "email": pusher.email},
    }


async def _pushed_commits(repository: Repository, old: str, new: str) -> list[dict[str, Any]]:
    if new == NOTHING:
        return []
    start = repository.branch(repository.default_branch) if old == NOTHING else old
    span = f"{start}..{new}" if start and start != new else f"{new}^!"
    listed = await log(repository.path, "--reverse", f"--max-count={_MOST_COMMITS}", span)
    repository.commits.update({commit.sha: commit for commit in listed})
    entries = []
    for commit in listed:
        parent = commit.parents[0] if commit.parents else EMPTY_TREE
        files = await changed_files(repository.path, parent, commit.sha)
        entries.append(pushed_commit(repository, commit, files))
    return entries


async def _branch_moved(
    hub: Hub, repository: Repository, pusher: Account, branch: str, old: str, new: str
) -> None:
    if branch == repository.default_branch and new != NOTHING:
        await _default_branch_moved(hub, repository, pusher, old, new)
    for pull in [pull for pull in repository.pulls.values() if pull.open]:
        if pull.head_ref == branch:
            await _head_moved(hub, pull, pusher, new)
        elif pull.base_ref == branch and new != NOTHING:
            await _base_moved(hub, pull, pusher, new)


async def _default_branch_moved(
    hub: Hub, repository: Repository, pusher: Account, old: str, new: str
) -> None:
    repository.required_checks = required_names(await read_workflows(repository.path, new))
    commit = (await log(repository.path, "--max-count=1", new))[0]
    repository.commits[new] = commit
    title = commit.message.partition("\n")[0]
    hub.start_workflows(
        Trigger(repository, "push", repository.default_branch, new, pusher, title, before=old)
    )


async def _head_moved(hub: Hub, pull: PullRequest, pusher: Account, new: str) -> None:
    if new == NOTHING:
        close_pull(hub, pull, pusher)
        return
    old = pull.head_sha
    pull.head_sha = new
    pull.base_sha = pull.repository.branch(pull.base_ref) or pull.base_sha
    await refresh(pull)
    await relocate(pull, old, new)
    touch(pull)
    announce(hub, pull, pusher, "synchronize", before=old, after=new)
    run_workflows(hub, pull, pusher)


async def _base_moved(hub: Hub, pull: PullRequest, pusher: Account, new: str) -> None:
    """Compare again; a head that has reached the base some other way counts as merged."""
    if not await is_ancestor(pull.repository.path, pull.head_sha, new):
        await refresh(pull)
        return
    mark_merged(hub, pull, pusher, new)


def mark_merged(hub: Hub, pull: PullRequest, by: Account, sha: str) -> None:
    """Note that a pull request is merged, and tell everyone."""
    pull.state, pull.closed_at, pull.merged_at = "closed", now(), now()
    pull.merged_by, pull.merge_commit_sha = by, sha
    touch(pull)
    announce(hub, pull, by, "closed")
    hub.publish("merge", pull.repository, number=pull.number, sha=sha, by=by.login)
