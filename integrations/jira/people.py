"""Jira accounts as actor ids."""

from collections.abc import Mapping
from typing import Any

from agent.domain.ids import ActorId

_PREFIX = "jira:"


def actor_of(user: object) -> ActorId | None:
    """Return who a user record of Jira is: by `accountId` on Cloud, by `name` on Data Center."""
    account = account_of(user)
    return ActorId(_PREFIX + account) if account else None


def account_of(user: object) -> str | None:
    """Return the id that Jira itself takes for a user record."""
    record: Mapping[str, Any] = user if isinstance(user, Mapping) else {}
    account = record.get("accountId") or record.get("name")
    return str(account) if account else None


def bare_account(actor: str) -> str:
    """Return an account id without our prefix."""
    return actor.removeprefix(_PREFIX)
