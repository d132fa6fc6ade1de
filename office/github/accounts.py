"""The accounts that GitHub knows: people, the organisation, and the bots of two apps."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from office.people import BOT, ENGINEER, LEAD, PEOPLE, Person


@dataclass(frozen=True)
class Account:
    """A login with a profile."""

    login: str
    id: int
    type: str = "User"
    """`User`, `Bot` or `Organization`."""
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class App:
    """A GitHub App."""

    id: int
    slug: str
    name: str
    bot: Account
    permissions: tuple[tuple[str, str], ...]
    events: tuple[str, ...]


def account_of(person: Person) -> Account:
    """Return the GitHub account of a person."""
    return Account(person.login, person.github_id, "User", person.name, person.email)


def organization(login: str) -> Account:
    """Return the organisation that owns the repositories under `login`."""
    return Account(login, 9_100_000 + zlib.crc32(login.encode()) % 900_000, "Organization", login)


ACTIONS = App(
    id=15368,
    slug="github-actions",
    name="GitHub Actions",
    bot=Account(
        "github-actions[bot]",
        41898282,
        "Bot",
        "github-actions[bot]",
        "41898282+github-actions[bot]@users.noreply.github.com",
    ),
    permissions=(("checks", "write"), ("contents", "write"), ("metadata", "read")),
    events=("push", "pull_request"),
)
BACKSMITH = App(
    id=9_000_901,
    slug="backsmith",
    name="Backsmith",
    bot=Account(
        "backsmith[bot]",
        9_000_902,
        "Bot",
        "backsmith[bot]",
        "9000902+backsmith[bot]@users.noreply.github.com",
    ),
    permissions=(
        ("actions", "read"),
        ("checks", "write"),
        ("contents", "write"),
        ("issues", "write"),
        ("metadata", "read"),
        ("pull_requests", "write"),
        ("statuses", "write"),
    ),
    events=("check_run", "check_suite", "issue_comment", "pull_request", "push"),
)

BY_TOKEN = {person.github_token: account_of(person) for person in PEOPLE}
BY_LOGIN = {account.login: account for account in BY_TOKEN.values()} | {
    app.bot.login: app.bot for app in (ACTIONS, BACKSMITH)
}
BY_EMAIL = {account.email: account for account in BY_LOGIN.values()}

ROLES = {LEAD.login: "admin", ENGINEER.login: "write", BOT.login: "write"} | {
    app.bot.login: "write" for app in (ACTIONS, BACKSMITH)
}
"""Role in every repository of the office; who is not named has none."""
