"""Who works in the office. One record per person, with the identity each vendor knows them by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """One account holder, human or bot, in all three tools."""

    name: str
    """Display name."""
    login: str
    """GitHub login."""
    github_id: int
    account_id: str
    """Jira account id."""
    slack_id: str
    email: str
    github_token: str
    """A personal access token that the office accepts for this person."""
    jira_token: str
    """A Jira API token, used with `email` as basic auth, or alone as a bearer token."""


def _person(name: str, login: str, number: int) -> Person:
    return Person(
        name=name,
        login=login,
        github_id=9_000_000 + number,
        account_id=f"557058:00000000-0000-4000-8000-{number:012d}",
        slack_id=f"U0OFFICE{number:02d}",
        email=f"{login}@example.com",
        github_token=f"office-github-{login}",
        jira_token=f"office-jira-{login}",
    )


BOT = _person("Backsmith", "backsmith-bot", 1)
LEAD = _person("Tech Lead", "tech-lead", 2)
ENGINEER = _person("Engineer", "engineer", 3)
OUTSIDER = _person("Outsider", "outsider", 4)

PEOPLE = (BOT, LEAD, ENGINEER, OUTSIDER)
