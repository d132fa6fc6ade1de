"""Issues, comments, reviews and review comments as JSON."""

from __future__ import annotations

from typing import Any

from office.github.payloads.pulls import association, label
from office.github.payloads.users import node_id, stamp, user
from office.github.records import Comment, PullRequest, Review, ReviewComment


def reactions(url: str) -> dict[str, Any]:
    """Return that nobody has reacted."""
    kinds = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": f"{url}/reactions", "total_count": 0} | dict.fromkeys(kinds, 0)


def issue(pull: PullRequest) -> dict[str, Any]:
    """Return the issue that every pull request also is."""
    known = pull.repository
    url, html = f"{known.api}/issues/{pull.number}", f"{known.html}/pull/{pull.number}"
    return {
        "url": url,
        "repository_url": known.api,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html,
        "id": pull.id + 1,
        "node_id": node_id("PR", pull.id),
        "number": pull.number,
        "title": pull.title,
        "user": user(known.site, pull.user),
        "labels": [label(known, entry) for entry in pull.labels],
        "state": pull.state,
        "locked": False,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": len(pull.comments),
        "created_at": stamp(pull.created_at),
        "updated_at": stamp(pull.updated_at),
        "closed_at": stamp(pull.closed_at),
        "author_association": association(pull.user),
        "active_lock_reason": None,
        "draft": pull.draft,
        "pull_request": {
            "url": f"{known.api}/pulls/{pull.number}",
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "merged_at": stamp(pull.merged_at),
        },
        "body": pull.body,
        "reactions": reactions(url),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None,
        "state_reason": None,
    }


def comment(pull: PullRequest, entry: Comment) -> dict[str, Any]:
    """Return a comment of the conversation."""
    known = pull.repository
    url = f"{known.api}/issues/comments/{entry.id}"
    return {
        "url": url,
        "html_url": f"{known.html}/pull/{pull.number}#issuecomment-{entry.id}",
        "issue_url": f"{known.api}/issues/{pull.number}",
        "id": entry.id,
        "node_id": node_id("IC", entry.id),
        "user": user(known.site, entry.user),
        "created_at": stamp(entry.created_at),
        "updated_at": stamp(entry.updated_at),
        "author_association": association(entry.user),
        "body": entry.body,
        "reactions": reactions(url),
        "performed_via_github_app": None,
    }


def review(pull: PullRequest, entry: Review) -> dict[str, Any]:
    """Return a review; its state is upper case here and lower case in webhooks."""
    known = pull.repository
    html = f"{known.html}/pull/{pull.number}#pullrequestreview-{entry.id}"
    url = f"{known.api}/pulls/{pull.number}"
    answer = {
        "id": entry.id,
        "node_id": node_id("PRR", entry.id),
        "user": user(known.site, entry.user),
        "body": entry.body,
        "state": entry.state,
        "html_url": html,
        "pull_request_url": url,
        "author_association": association(entry.user),
        "_links": {"html": {"href": html}, "pull_request": {"href": url}},
        "commit_id": entry.commit_id,
    }
    if entry.submitted_at:
        answer["submitted_at"] = stamp(entry.submitted_at)
    return answer


def review_comment(pull: PullRequest, entry: ReviewComment) -> dict[str, Any]:
    """Return a comment at a line."""
    known = pull.repository
    url = f"{known.api}/pulls/comments/{entry.id}"
    html = f"{known.html}/pull/{pull.number}#discussion_r{entry.id}"
    pull_url = f"{known.api}/pulls/{pull.number}"
    answer = {
        "url": url,
        "pull_request_review_id": entry.review_id,
        "id": entry.id,
        "node_id": node_id("PRRC", entry.id),
        "diff_hunk": entry.diff_hunk,
        "path": entry.path,
        "commit_id": entry.commit_id,
        "original_commit_id": entry.original_commit_id,
        "user": user(known.site, entry.user),
        "body": entry.body,
        "created_at": stamp(entry.created_at),
        "updated_at": stamp(entry.updated_at),
        "html_url": html,
        "pull_request_url": pull_url,
        "author_association": association(entry.user),
        "_links": {
            "self": {"href": url},
            "html": {"href": html},
            "pull_request": {"href": pull_url},
        },
        "reactions": reactions(url),
    }
    if entry.in_reply_to:
        answer["in_reply_to_id"] = entry.in_reply_to
    return answer | _place(entry)


def _place(entry: ReviewComment) -> dict[str, Any]:
    return {
        "start_line": entry.start_line if entry.line else None,
        "original_start_line": entry.start_line,
        "start_side": entry.side if entry.start_line else None,
        "line": entry.line,
        "original_line": entry.original_line,
        "side": entry.side,
        "position": entry.position,
        "original_position": entry.original_position,
        "subject_type": "line",
    }
