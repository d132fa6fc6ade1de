"""Pull requests as JSON: the short form of lists, the long form, and the smallest one."""

from __future__ import annotations

from typing import Any

from office.github.accounts import ROLES, Account
from office.github.mergeability import mergeable_state
from office.github.payloads.repositories import repository
from office.github.payloads.users import node_id, stamp, user
from office.github.records import Label, PullRequest, Repository


def association(account: Account) -> str:
    """Return how an account relates to the repository."""
    if account.type == "Bot":
        return "NONE"
    return {"admin": "MEMBER", "write": "COLLABORATOR"}.get(ROLES.get(account.login, ""), "NONE")


def label(known: Repository, entry: Label) -> dict[str, Any]:
    """Return a label."""
    return {
        "id": entry.id,
        "node_id": node_id("LA", entry.id),
        "url": f"{known.api}/labels/{entry.name}",
        "name": entry.name,
        "color": entry.color,
        "default": False,
        "description": entry.description,
    }


def _side(pull: PullRequest, ref: str, sha: str) -> dict[str, Any]:
    known = pull.repository
    return {
        "label": f"{known.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(known.site, known.owner),
        "repo": repository(known),
    }


def _links(pull: PullRequest) -> dict[str, str]:
    api, number = pull.repository.api, pull.number
    return {
        "self": f"{api}/pulls/{number}",
        "html": f"{pull.repository.html}/pull/{number}",
        "issue": f"{api}/issues/{number}",
        "comments": f"{api}/issues/{number}/comments",
        "review_comments": f"{api}/pulls/{number}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{api}/pulls/{number}/commits",
        "statuses": f"{api}/statuses/{pull.head_sha}",
    }


def simple_pull(pull: PullRequest) -> dict[str, Any]:
    """Return the form that lists and review webhooks carry."""
    site, links = pull.repository.site, _links(pull)
    return {
        "url": links["self"],
        "id": pull.id,
        "node_id": node_id("PR", pull.id),
        "html_url": links["html"],
        "diff_url": f"{links['html']}.diff",
        "patch_url": f"{links['html']}.patch",
        "issue_url": links["issue"],
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "user": user(site, pull.user),
        "body": pull.body,
        "created_at": stamp(pull.created_at),
        "updated_at": stamp(pull.updated_at),
        "closed_at": stamp(pull.closed_at),
        "merged_at": stamp(pull.merged_at),
        "merge_commit_sha": pull.merge_commit_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [user(site, account) for account in pull.requested],
        "requested_teams": [],
        "labels": [label(pull.repository, entry) for entry in pull.labels],
        "milestone": None,
        "draft": pull.draft,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        "head": _side(pull, pull.head_ref, pull.head_sha),
        "base": _side(pull, pull.base_ref, pull.base_sha),
        "_links": {name: {"href": link} for name, link in links.items()},
        "author_association": association(pull.user),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def full_pull(pull: PullRequest) -> dict[str, Any]:
    """Return the form with the counts and the merge state."""
    mergeable = pull.diff.mergeable if pull.open else None
    return simple_pull(pull) | {
        "merged": pull.merged_at is not None,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": mergeable_state(pull),
        "merged_by": user(pull.repository.site, pull.merged_by) if pull.merged_by else None,
        "comments": len(pull.comments),
        "review_comments": len(pull.review_comments),
        "maintainer_can_modify": False,
        "commits": len(pull.diff.commits),
        "additions": pull.diff.additions,
        "deletions": pull.diff.deletions,
        "changed_files": len(pull.diff.files),
    }


def minimal_pull(pull: PullRequest) -> dict[str, Any]:
    """Return the form that checks and workflow runs carry."""
    known = pull.repository
    place = {"id": known.id, "url": known.api, "name": known.name}
    return {
        "id": pull.id,
        "number": pull.number,
        "url": f"{known.api}/pulls/{pull.number}",
        "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": place},
        "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": place},
    }


def pulls_at(known: Repository, sha: str) -> list[dict[str, Any]]:
    """Return the open pull requests whose head is this commit, in the smallest form."""
    return [
        minimal_pull(pull) for pull in known.pulls.values() if pull.open and pull.head_sha == sha
    ]
