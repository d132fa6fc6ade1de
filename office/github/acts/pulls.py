"""What can be done to a pull request, by the API or by a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from office.github.accounts import BY_LOGIN, ROLES, Account
from office.github.diffs import Diff, compare
from office.github.errors import Refused, custom, invalid
from office.github.hub import Hub, Trigger, require_write, touch
from office.github.payloads.pulls import full_pull
from office.github.payloads.users import user
from office.github.records import PullRequest, Repository
from office.world import now


def announce(hub: Hub, pull: PullRequest, sender: Account, action: str, **extra: Any) -> None:
    """Send the pull_request webhook and tell the office."""
    payload = {"action": action, "number": pull.number, "pull_request": full_pull(pull)} | extra
    hub.emit("pull_request", pull.repository, sender, payload)
    hub.publish(
        "pull_request",
        pull.repository,
        action=action,
        number=pull.number,
        title=pull.title,
        draft=pull.draft,
        head_sha=pull.head_sha,
        author=pull.user.login,
        by=sender.login,
        merged=pull.merged_at is not None,
    )


def run_workflows(hub: Hub, pull: PullRequest, actor: Account) -> None:
    """Start the workflows for the head of a pull request."""
    hub.start_workflows(
        Trigger(
            pull.repository,
            event="pull_request",
            branch=pull.head_ref,
            sha=pull.head_sha,
            actor=actor,
            title=pull.title,
            pull=pull.number,
        )
    )


def _head_branch(repository: Repository, head: str) -> str:
    owner, colon, branch = head.rpartition(":")
    if colon and owner.lower() != repository.owner.login.lower():
        raise invalid("PullRequest", "head")
    if repository.branch(branch) is None:
        raise invalid("PullRequest", "head")
    return branch


async def _difference(repository: Repository, base: str, head: str) -> Diff:
    """Compare two branches, or say why there can be no pull request between them."""
    base_sha, head_sha = repository.branch(base), repository.branch(head)
    if base_sha is None:
        raise invalid("PullRequest", "base")
    if head_sha is None:
        raise invalid("PullRequest", "head")
    diff = await compare(repository.path, base_sha, head_sha)
    if diff is None:
        raise custom("PullRequest", f"The {head} branch has no history in common with {base}")
    if not diff.commits:
        raise custom("PullRequest", f"No commits between {base} and {head}")
    return diff


def _refuse_duplicate(repository: Repository, base: str, head: str) -> None:
    for pull in repository.pulls.values():
        if pull.open and (pull.base_ref, pull.head_ref) == (base, head):
            owner = repository.owner.login
            raise custom("PullRequest", f"A pull request already exists for {owner}:{head}.")


async def open_pull(
    hub: Hub,
    repository: Repository,
    author: Account,
    *,
    title: str,
    head: str,
    base: str,
    body: str | None = None,
    draft: bool = False,
) -> PullRequest:
    """Open a pull request.

    Raises:
        Refused: unknown or never pushed branch, nothing to merge, or one is open already (422).
    """
    require_write(repository, author)
    branch = _head_branch(repository, head)
    async with repository.lock:
        _refuse_duplicate(repository, base, branch)
        diff = await _difference(repository, base, branch)
        pull = PullRequest(
            repository=repository,
            id=hub.new_id(),
            number=len(repository.pulls) + 1,
            title=title,
            body=body,
            user=author,
            head_ref=branch,
            head_sha=repository.branch(branch) or "",
            base_ref=base,
            base_sha=repository.branch(base) or "",
            draft=draft,
            created_at=now(),
            updated_at=now(),
            diff=diff,
        )
        hub.new_id()  # The issue behind a pull request has an id of its own: the next one.
        repository.pulls[pull.number] = pull
        repository.commits.update({commit.sha: commit for commit in diff.commits})
    announce(hub, pull, author, "opened")
    run_workflows(hub, pull, author)
    return pull


async def refresh(pull: PullRequest) -> None:
    """Compare again after one of the two branches has moved."""
    repository = pull.repository
    base = repository.branch(pull.base_ref)
    diff = await compare(repository.path, base, pull.head_sha) if base else None
    pull.diff = diff or Diff(pull.base_sha, (), (), mergeable=False)
    repository.commits.update({commit.sha: commit for commit in pull.diff.commits})


async def edit_pull(
    hub: Hub,
    pull: PullRequest,
    editor: Account,
    *,
    title: str | None = None,
    body: str | None = None,
    base: str | None = None,
    state: str | None = None,
) -> None:
    """Change title, body, base or state; None leaves a field as it is."""
    if editor != pull.user:
        require_write(pull.repository, editor)
    changes: dict[str, Any] = {}
    if title is not None and title != pull.title:
        changes["title"], pull.title = {"from": pull.title}, title
    if body is not None and body != pull.body:
        changes["body"], pull.body = {"from": pull.body or ""}, body
    if base is not None and base != pull.base_ref:
        changes["base"] = await _change_base(pull, base)
    if changes:
        touch(pull)
        announce(hub, pull, editor, "edited", changes=changes)
    if state is not None and state != pull.state:
        await _set_state(hub, pull, editor, state)


async def _change_base(pull: PullRequest, base: str) -> dict[str, Any]:
    if not pull.open:
        raise invalid("PullRequest", "base")
    await _difference(pull.repository, base, pull.head_ref)
    change = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
    pull.base_ref, pull.base_sha = base, pull.repository.branch(base) or ""
    await refresh(pull)
    return change


async def _set_state(hub: Hub, pull: PullRequest, editor: Account, state: str) -> None:
    if state == "closed":
        close_pull(hub, pull, editor)
        return
    head = pull.repository.branch(pull.head_ref)
    if pull.merged_at or head is None:
        raise custom("PullRequest", "state cannot be changed.")
    _refuse_duplicate(pull.repository, pull.base_ref, pull.head_ref)
    pull.state, pull.closed_at, pull.head_sha = "open", None, head
    await refresh(pull)
    touch(pull)
    announce(hub, pull, editor, "reopened")
    run_workflows(hub, pull, editor)


def close_pull(hub: Hub, pull: PullRequest, by: Account) -> None:
    """Close a pull request without merging it; nothing happens when it is closed already."""
    if by != pull.user:
        require_write(pull.repository, by)
    if not pull.open:
        return
    pull.state, pull.closed_at = "closed", now()
    touch(pull)
    hub.cancel_workflows(pull.repository, pull.number)
    announce(hub, pull, by, "closed")


def set_draft(hub: Hub, pull: PullRequest, by: Account, *, draft: bool) -> None:
    """Mark a pull request as ready for review, or turn it back into a draft."""
    if by != pull.user:
        require_write(pull.repository, by)
    if not pull.open:
        raise Refused(422, "Pull request is closed")
    if pull.draft == draft:
        return
    pull.draft = draft
    touch(pull)
    announce(hub, pull, by, "converted_to_draft" if draft else "ready_for_review")


def request_review(hub: Hub, pull: PullRequest, by: Account, logins: Sequence[str]) -> None:
    """Ask collaborators for a review.

    Raises:
        Refused: one of them is the author or no collaborator (422); then nobody is asked.
    """
    require_write(pull.repository, by)
    asked = [_reviewer(pull, login) for login in logins]
    for account in asked:
        if account in pull.requested:
            continue
        pull.requested.append(account)
        touch(pull)
        profile = user(pull.repository.site, account)
        announce(hub, pull, by, "review_requested", requested_reviewer=profile)


def _reviewer(pull: PullRequest, login: str) -> Account:
    account = BY_LOGIN.get(login)
    if account == pull.user:
        raise Refused(422, "Review cannot be requested from pull request author.")
    if account is None or account.type == "Bot" or login not in ROLES:
        raise Refused(
            422,
            "Reviews may only be requested from collaborators. One or more of the users or teams "
            f"you specified is not a collaborator of the {pull.repository.full_name} repository.",
        )
    return account


def withdraw_request(hub: Hub, pull: PullRequest, by: Account, logins: Sequence[str]) -> None:
    """Take back requests for a review."""
    require_write(pull.repository, by)
    for account in [known for known in pull.requested if known.login in logins]:
        pull.requested.remove(account)
        touch(pull)
        profile = user(pull.repository.site, account)
        announce(hub, pull, by, "review_request_removed", requested_reviewer=profile)
