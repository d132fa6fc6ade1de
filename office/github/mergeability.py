"""Whether a pull request may be merged, and what stands in the way."""

from __future__ import annotations

from office.github.accounts import ROLES
from office.github.payloads.repositories import is_protected
from office.github.records import CheckRun, PullRequest, Repository

_GREEN = ("success", "neutral", "skipped")
_WRITERS = ("admin", "write")


def newest_checks(repository: Repository, sha: str) -> dict[str, CheckRun]:
    """Return the newest check run per name on a commit."""
    runs = sorted(repository.check_runs.values(), key=lambda run: run.id)
    return {run.name: run for run in runs if run.suite.head_sha == sha}


def check_states(repository: Repository, sha: str) -> dict[str, str]:
    """Return `success`, `failure` or `pending` per check or status context on a commit."""
    states = {}
    for name, run in newest_checks(repository, sha).items():
        green = "success" if run.conclusion in _GREEN else "failure"
        states[name] = "pending" if run.conclusion is None else green
    for status in repository.statuses:
        if status.sha == sha:
            states[status.context] = "failure" if status.state == "error" else status.state
    return states


def verdicts(pull: PullRequest) -> dict[str, str]:
    """Return each reviewer's last word, comments aside."""
    words = {}
    for review in pull.reviews:
        if review.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            words[review.user.login] = review.state
    return words


def blockers(pull: PullRequest) -> list[str]:
    """Return what the protection of the base branch still asks for, in GitHub's words."""
    repository = pull.repository
    if not is_protected(repository, pull.base_ref):
        return []
    states = check_states(repository, pull.head_sha)
    reasons = []
    for name in repository.required_checks:
        word = {"success": "", "failure": "is failing", "pending": "is pending"}
        trouble = word.get(states.get(name, ""), "is expected")
        if trouble:
            reasons.append(f'Required status check "{name}" {trouble}.')
    return reasons + _review_blockers(pull)


def _review_blockers(pull: PullRequest) -> list[str]:
    words = {login: word for login, word in verdicts(pull).items() if ROLES.get(login) in _WRITERS}
    if "CHANGES_REQUESTED" in words.values():
        return ["Changes have been requested on this pull request."]
    others = {login for login, word in words.items() if word == "APPROVED"} - {pull.user.login}
    if not others:
        return ["At least 1 approving review is required by reviewers with write access."]
    return []


def mergeable_state(pull: PullRequest) -> str:
    """Return the one word of REST for all of the above.

    Source: GraphQL enum MergeStateStatus, lower case in REST.
    """
    if not pull.open:
        return "unknown"
    if not pull.diff.mergeable:
        return "dirty"
    if pull.draft:
        return "draft"
    if blockers(pull):
        return "blocked"
    states = check_states(pull.repository, pull.head_sha).values()
    return "clean" if all(state == "success" for state in states) else "unstable"
