"""Which checks a branch asks for."""

from typing import Any
from urllib.parse import quote

from github import Github, GithubException

from integrations.github.errors import is_rate_limit


def required_checks(client: Github, repository: str, branch: str) -> frozenset[str]:
    """Return the checks that protection and rules ask for; what may not be read counts as none.

    Source: GitHub REST, "Get status checks protection", "Get rules for a branch".
    """
    name = quote(branch, safe="")
    path = f"/repos/{repository}"
    summary = _read(client, f"{path}/branches/{name}") or {}
    protection = (summary.get("protection") or {}).get("required_status_checks")
    if protection is None and summary.get("protected"):
        # Only administrators may read this one.
        protection = _read(client, f"{path}/branches/{name}/protection/required_status_checks")
    rules = _read(client, f"{path}/rules/branches/{name}") or []
    return frozenset(_names(protection or {})) | frozenset(
        context
        for rule in rules
        if rule.get("type") == "required_status_checks"
        for context in _names({"checks": rule["parameters"]["required_status_checks"]})
    )


def _names(protection: dict[str, Any]) -> set[str]:
    checks = {check["context"] for check in protection.get("checks") or ()}
    return checks | set(protection.get("contexts") or ())


def _read(client: Github, path: str) -> Any:
    """Return the JSON at a path, or None when we may not read it."""
    try:
        return client.requester.requestJsonAndCheck("GET", path)[1]
    except GithubException as error:
        if error.status in (403, 404) and not is_rate_limit(error):
            return None
        raise
