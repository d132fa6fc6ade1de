"""Repositories, branches and refs as JSON."""

from __future__ import annotations

from typing import Any

from office.github.payloads.users import node_id, permissions, stamp, user
from office.github.records import Repository

_URLS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def minimal_repository(repository: Repository) -> dict[str, Any]:
    """Return the form that workflow runs and combined statuses carry."""
    site = repository.site
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": user(site, repository.owner),
        "html_url": repository.html,
        "description": None,
        "fork": False,
        "url": repository.api,
    } | {key: repository.api + tail for key, tail in _URLS.items()}


def repository(repository: Repository) -> dict[str, Any]:
    """Return the form that pull requests and webhooks carry."""
    open_pulls = sum(pull.open for pull in repository.pulls.values())
    return minimal_repository(repository) | {
        "created_at": stamp(repository.created_at),
        "updated_at": stamp(repository.pushed_at),
        "pushed_at": stamp(repository.pushed_at),
        "git_url": f"git:{repository.html.partition(':')[2]}.git",
        "ssh_url": f"git@{repository.site.origin.partition('//')[2]}:{repository.full_name}.git",
        "clone_url": f"{repository.html}.git",
        "svn_url": repository.html,
        "mirror_url": None,
        "homepage": None,
        "size": 100,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": "Python",
        "has_issues": True,
        "has_projects": False,
        "has_downloads": True,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "forks_count": 0,
        "archived": False,
        "disabled": False,
        "open_issues_count": open_pulls,
        "license": None,
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "topics": [],
        "visibility": "private" if repository.private else "public",
        "forks": 0,
        "open_issues": open_pulls,
        "watchers": 0,
        "default_branch": repository.default_branch,
        "custom_properties": {},
    }


def full_repository(known: Repository, role: str) -> dict[str, Any]:
    """Return what `GET /repos/{owner}/{repo}` gives an account with this role."""
    return repository(known) | {
        "permissions": permissions(role),
        "network_count": 0,
        "subscribers_count": 0,
        "allow_squash_merge": True,
        "allow_merge_commit": True,
        "allow_rebase_merge": False,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
        "organization": user(known.site, known.owner),
    }


def git_ref(repository: Repository, name: str, sha: str) -> dict[str, Any]:
    """Return a ref; `name` is the full one, `refs/heads/main`."""
    return {
        "ref": name,
        "node_id": f"REF_{repository.id}_{name}",
        "url": f"{repository.api}/git/{name}",
        "object": {"sha": sha, "type": "commit", "url": f"{repository.api}/git/commits/{sha}"},
    }


def is_protected(repository: Repository, branch: str) -> bool:
    """Tell whether a branch takes changes through pull requests only."""
    return branch == repository.default_branch


def required_status_checks(repository: Repository, branch: str) -> dict[str, Any]:
    """Return the names of the checks that must be green before a merge."""
    url = f"{repository.api}/branches/{branch}/protection/required_status_checks"
    names = list(repository.required_checks)
    return {
        "url": url,
        "strict": False,
        "contexts": names,
        "contexts_url": f"{url}/contexts",
        "checks": [{"context": name, "app_id": None} for name in names],
    }


def protection(repository: Repository, branch: str) -> dict[str, Any]:
    """Return all rules of a protected branch."""
    url = f"{repository.api}/branches/{branch}/protection"
    return {
        "url": url,
        "required_status_checks": required_status_checks(repository, branch),
        "required_pull_request_reviews": {
            "url": f"{url}/required_pull_request_reviews",
            "dismiss_stale_reviews": False,
            "require_code_owner_reviews": False,
            "require_last_push_approval": False,
            "required_approving_review_count": 1,
        },
        "required_signatures": {"url": f"{url}/required_signatures", "enabled": False},
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": False},
        "required_linear_history": {"enabled": False},
        "allow_force_pushes": {"enabled": False},
        "allow_deletions": {"enabled": False},
        "block_creations": {"enabled": False},
        "required_conversation_resolution": {"enabled": False},
        "lock_branch": {"enabled": False},
        "allow_fork_syncing": {"enabled": False},
    }


def short_branch(repository: Repository, branch: str, sha: str) -> dict[str, Any]:
    """Return a branch as lists show it."""
    return {
        "name": branch,
        "commit": {"sha": sha, "url": f"{repository.api}/commits/{sha}"},
        "protected": is_protected(repository, branch),
    }


def branch_protection_summary(repository: Repository, branch: str) -> dict[str, Any]:
    """Return the part of a branch that anyone may read about its protection."""
    protected = is_protected(repository, branch)
    names = list(repository.required_checks) if protected else []
    return {
        "protected": protected,
        "protection": {
            "enabled": protected,
            "required_status_checks": {
                "enforcement_level": "non_admins" if protected else "off",
                "contexts": names,
                "checks": [{"context": name, "app_id": None} for name in names],
            },
        },
        "protection_url": f"{repository.api}/branches/{branch}/protection",
    }
