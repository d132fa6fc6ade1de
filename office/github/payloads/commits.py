"""Commits, comparisons and changed files as JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from office.github.accounts import BY_EMAIL
from office.github.commits import Commit, Signature
from office.github.diffs import FileChange
from office.github.payloads.users import user
from office.github.records import Repository

_UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None}


def _person(signature: Signature) -> dict[str, str]:
    return {"name": signature.name, "email": signature.email, "date": signature.date}


def _account(repository: Repository, signature: Signature) -> dict[str, Any] | None:
    account = BY_EMAIL.get(signature.email)
    return user(repository.site, account) if account else None


def parents(repository: Repository, commit: Commit) -> list[dict[str, str]]:
    """Return links to the commits before this one."""
    return [
        {
            "sha": sha,
            "url": f"{repository.api}/commits/{sha}",
            "html_url": f"{repository.html}/commit/{sha}",
        }
        for sha in commit.parents
    ]


def commit(repository: Repository, known: Commit, *, verified_at: bool = True) -> dict[str, Any]:
    """Return a commit; webhooks leave `verified_at` out."""
    url = f"{repository.api}/commits/{known.sha}"
    return {
        "sha": known.sha,
        "node_id": f"C_{known.sha}",
        "commit": {
            "author": _person(known.author),
            "committer": _person(known.committer),
            "message": known.message,
            "tree": {"sha": known.tree, "url": f"{repository.api}/git/trees/{known.tree}"},
            "url": f"{repository.api}/git/commits/{known.sha}",
            "comment_count": 0,
            "verification": _UNSIGNED | ({"verified_at": None} if verified_at else {}),
        },
        "url": url,
        "html_url": f"{repository.html}/commit/{known.sha}",
        "comments_url": f"{url}/comments",
        "author": _account(repository, known.author),
        "committer": _account(repository, known.committer),
        "parents": parents(repository, known),
    }


def git_commit(repository: Repository, known: Commit) -> dict[str, Any]:
    """Return the low-level form of `GET /git/commits/{sha}`."""
    whole = commit(repository, known)
    inner = whole["commit"]
    return {
        "sha": known.sha,
        "node_id": whole["node_id"],
        "url": inner["url"],
        "html_url": whole["html_url"],
        "author": inner["author"],
        "committer": inner["committer"],
        "tree": inner["tree"],
        "message": known.message,
        "parents": whole["parents"],
        "verification": inner["verification"],
    }


def simple_commit(known: Commit) -> dict[str, Any]:
    """Return the form that check suites and workflow runs carry."""
    return {
        "id": known.sha,
        "tree_id": known.tree,
        "message": known.message,
        "timestamp": known.committer.date,
        "author": {"name": known.author.name, "email": known.author.email},
        "committer": {"name": known.committer.name, "email": known.committer.email},
    }


def pushed_commit(repository: Repository, known: Commit, files: list[FileChange]) -> dict[str, Any]:
    """Return the form that the push webhook carries."""
    return simple_commit(known) | {
        "distinct": True,
        "url": f"{repository.html}/commit/{known.sha}",
        "added": [file.path for file in files if file.status in ("added", "renamed", "copied")],
        "removed": [
            file.previous or file.path for file in files if file.status in ("removed", "renamed")
        ],
        "modified": [file.path for file in files if file.status in ("modified", "changed")],
    }


def changed_file(repository: Repository, file: FileChange, sha: str) -> dict[str, Any]:
    """Return one file of a diff, seen at commit `sha`."""
    path = quote(file.path)
    entry: dict[str, Any] = {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": f"{repository.html}/blob/{sha}/{path}",
        "raw_url": f"{repository.html}/raw/{sha}/{path}",
        "contents_url": f"{repository.api}/contents/{path}?ref={sha}",
    }
    if file.patch is not None:
        entry["patch"] = file.patch
    if file.previous is not None:
        entry["previous_filename"] = file.previous
    return entry
