"""The whole state for the office's web page."""

from __future__ import annotations

from typing import Any

from office.github.diffs import unified
from office.github.hub import Hub
from office.github.mergeability import blockers, mergeable_state, newest_checks
from office.github.payloads.users import stamp
from office.github.records import CheckRun, PullRequest, Repository, ReviewComment


def view(hub: Hub) -> dict[str, Any]:
    """Return all repositories with their pull requests, newest first."""
    return {"repositories": [_repository(known) for known in hub.repositories.values()]}


def _repository(known: Repository) -> dict[str, Any]:
    pulls = sorted(known.pulls.values(), key=lambda pull: -pull.number)
    return {
        "full_name": known.full_name,
        "url": known.html,
        "default_branch": known.default_branch,
        "head": known.branch(known.default_branch),
        "required_checks": list(known.required_checks),
        "checks": [_check(run) for run in _checks(known, known.branch(known.default_branch))],
        "pulls": [_pull(pull) for pull in pulls],
    }


def _checks(known: Repository, sha: str | None) -> list[CheckRun]:
    return list(newest_checks(known, sha).values()) if sha else []


def _pull(pull: PullRequest) -> dict[str, Any]:
    return {
        "number": pull.number,
        "url": f"{pull.repository.html}/pull/{pull.number}",
        "title": pull.title,
        "body": pull.body or "",
        "state": pull.state,
        "draft": pull.draft,
        "merged": pull.merged_at is not None,
        "author": pull.user.login,
        "head": {"ref": pull.head_ref, "sha": pull.head_sha},
        "base": {"ref": pull.base_ref, "sha": pull.base_sha},
        "mergeable": pull.diff.mergeable,
        "mergeable_state": mergeable_state(pull),
        "blockers": blockers(pull) if pull.open else [],
        "requested_reviewers": [account.login for account in pull.requested],
        "labels": [label.name for label in pull.labels],
        "created_at": stamp(pull.created_at),
        "updated_at": stamp(pull.updated_at),
        "additions": pull.diff.additions,
        "deletions": pull.diff.deletions,
        "files": _files(pull),
        "commits": _commits(pull),
        "checks": [_check(run) for run in _checks(pull.repository, pull.head_sha)],
        **_talk(pull),
    }


def _files(pull: PullRequest) -> list[dict[str, Any]]:
    return [
        {
            "path": file.path,
            "status": file.status,
            "additions": file.additions,
            "deletions": file.deletions,
            "diff": unified((file,)),
        }
        for file in pull.diff.files
    ]


def _commits(pull: PullRequest) -> list[dict[str, Any]]:
    return [
        {
            "sha": commit.sha,
            "message": commit.message,
            "author": commit.author.name,
            "date": commit.committer.date,
        }
        for commit in pull.diff.commits
    ]


def _check(run: CheckRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "app": run.suite.app.name,
        "status": run.status,
        "conclusion": run.conclusion,
        "url": run.details_url,
        "title": run.title,
        "summary": run.summary,
        "text": run.text,
        "started_at": stamp(run.started_at),
        "completed_at": stamp(run.completed_at),
    }


def _talk(pull: PullRequest) -> dict[str, Any]:
    return {
        "reviews": [
            {
                "id": review.id,
                "by": review.user.login,
                "state": review.state,
                "body": review.body,
                "at": stamp(review.submitted_at),
            }
            for review in pull.reviews
            if review.state != "PENDING"
        ],
        "comments": [
            {
                "id": entry.id,
                "by": entry.user.login,
                "body": entry.body,
                "at": stamp(entry.created_at),
            }
            for entry in pull.comments
        ],
        "threads": [
            _thread(pull, first) for first in pull.review_comments if first.in_reply_to is None
        ],
    }


def _thread(pull: PullRequest, first: ReviewComment) -> dict[str, Any]:
    entries = [entry for entry in pull.review_comments if entry.thread == first.id]
    return {
        "id": first.id,
        "path": first.path,
        "line": first.line,
        "original_line": first.original_line,
        "outdated": first.line is None,
        "resolved": first.id in pull.resolved,
        "diff_hunk": first.diff_hunk,
        "comments": [
            {
                "id": entry.id,
                "by": entry.user.login,
                "body": entry.body,
                "at": stamp(entry.created_at),
            }
            for entry in entries
        ],
    }
