"""Accounts and apps as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from office.github.accounts import BACKSMITH, Account, App, organization
from office.github.records import Site

EPOCH = "2024-01-02T08:00:00Z"
"""When the office opened; the age of its accounts and apps."""


def stamp(moment: datetime | None) -> str | None:
    """Return a moment the way GitHub writes it, in UTC without fractions."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def node_id(kind: str, number: int) -> str:
    """Return a GraphQL id from which `number` can be read back."""
    return f"{kind}_kwDO{number}"


def node_number(identifier: str, kind: str) -> int | None:
    """Return the number in a GraphQL id of this kind."""
    digits = identifier.removeprefix(f"{kind}_kwDO")
    return int(digits) if digits != identifier and digits.isdecimal() else None


def user(site: Site, account: Account) -> dict[str, Any]:
    """Return the short form that is part of nearly every answer."""
    api = f"{site.api}/users/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("U", account.id),
        "avatar_url": f"{site.origin}/avatars/u/{account.id}?v=4",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{site.origin}/{account.login}",
        "followers_url": f"{api}/followers",
        "following_url": f"{api}/following{{/other_user}}",
        "gists_url": f"{api}/gists{{/gist_id}}",
        "starred_url": f"{api}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{api}/subscriptions",
        "organizations_url": f"{api}/orgs",
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events{{/privacy}}",
        "received_events_url": f"{api}/received_events",
        "type": account.type,
        "site_admin": False,
    }


def profile(site: Site, account: Account) -> dict[str, Any]:
    """Return the long form that `GET /users/{login}` gives."""
    return user(site, account) | {
        "name": account.name or None,
        "company": None,
        "blog": "",
        "location": None,
        "email": account.email or None,
        "hireable": None,
        "bio": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": EPOCH,
        "updated_at": EPOCH,
        "user_view_type": "public",
    }


def own_profile(site: Site, account: Account) -> dict[str, Any]:
    """Return what `GET /user` tells an account about itself."""
    return profile(site, account) | {
        "private_gists": 0,
        "total_private_repos": 0,
        "owned_private_repos": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
        "user_view_type": "private",
    }


def collaborator(site: Site, account: Account, role: str) -> dict[str, Any]:
    """Return an account with what it may do in a repository."""
    return user(site, account) | {"permissions": permissions(role), "role_name": role}


def permissions(role: str) -> dict[str, bool]:
    """Return the five switches of a role."""
    write = role in ("admin", "write")
    return {
        "admin": role == "admin",
        "maintain": role == "admin",
        "push": write,
        "triage": write,
        "pull": role != "none",
    }


def app(site: Site, known: App) -> dict[str, Any]:
    """Return a GitHub App."""
    owner = organization("github" if known is not BACKSMITH else "backsmith")
    return {
        "id": known.id,
        "slug": known.slug,
        "node_id": node_id("A", known.id),
        "owner": user(site, owner),
        "name": known.name,
        "description": "",
        "external_url": f"{site.origin}/apps/{known.slug}",
        "html_url": f"{site.origin}/apps/{known.slug}",
        "created_at": EPOCH,
        "updated_at": EPOCH,
        "permissions": dict(known.permissions),
        "events": list(known.events),
    }


def installation(site: Site, known: App, number: int, account: Account) -> dict[str, Any]:
    """Return the installation of an app in an organisation."""
    api = f"{site.api}/app/installations/{number}"
    return {
        "id": number,
        "account": user(site, account),
        "repository_selection": "all",
        "access_tokens_url": f"{api}/access_tokens",
        "repositories_url": f"{site.api}/installation/repositories",
        "html_url": f"{site.origin}/organizations/{account.login}/settings/installations/{number}",
        "app_id": known.id,
        "app_slug": known.slug,
        "target_id": account.id,
        "target_type": account.type,
        "permissions": dict(known.permissions),
        "events": list(known.events),
        "created_at": EPOCH,
        "updated_at": EPOCH,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": None,
    }
