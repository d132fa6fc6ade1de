"""REST: users, apps, installations and the rate limit."""

from __future__ import annotations

from office.github.accounts import BACKSMITH, BY_LOGIN
from office.github.auth import INSTALLATION_ID
from office.github.errors import Refused, not_found
from office.github.payloads.repositories import full_repository
from office.github.payloads.users import app, installation, own_profile, profile, stamp
from office.github.rest.call import Answer, Call, Table, page

table = Table()


@table("GET", "/user")
async def get_user(call: Call) -> Answer:
    """Return who the token belongs to."""
    if call.known.kind != "person":
        raise Refused(403, "Resource not accessible by integration")
    return Answer(own_profile(call.hub.site, call.known.account))


@table("GET", "/users/{login}")
async def get_login(call: Call) -> Answer:
    """Return a public profile."""
    account = BY_LOGIN.get(call.path("login"))
    if account is None:
        raise not_found()
    return Answer(profile(call.hub.site, account))


@table("GET", "/rate_limit")
async def get_rate_limit(call: Call) -> Answer:
    """Return the state of the primary limits."""
    login = call.caller.account.login if call.caller else "anonymous"
    state = call.limits.state(login)
    names = ("core", "search", "graphql")
    return Answer({"resources": dict.fromkeys(names, state), "rate": state})


def _require_app(call: Call) -> None:
    if call.known.kind != "app":
        raise Refused(401, "A JSON web token could not be decoded")


def _installation(call: Call, owner: str) -> dict[str, object]:
    found = next(
        (
            known.owner
            for known in call.hub.repositories.values()
            if known.owner.login.lower() == owner.lower()
        ),
        None,
    )
    if found is None:
        raise not_found()
    return installation(call.hub.site, BACKSMITH, INSTALLATION_ID, found)


@table("GET", "/app")
async def get_app(call: Call) -> Answer:
    """Return the app that calls."""
    _require_app(call)
    return Answer(app(call.hub.site, BACKSMITH))


@table("GET", "/app/installations")
async def list_installations(call: Call) -> Answer:
    """Return where the app is installed."""
    _require_app(call)
    owners = sorted({known.owner.login for known in call.hub.repositories.values()})[:1]
    return page(call, owners, lambda owner: _installation(call, owner))


@table("GET", "/app/installations/{installation}")
async def get_installation(call: Call) -> Answer:
    """Return the installation."""
    _require_app(call)
    if call.number("installation") != INSTALLATION_ID:
        raise not_found()
    owner = next(iter(call.hub.repositories.values())).owner.login
    return Answer(_installation(call, owner))


@table("GET", "/repos/{owner}/{repo}/installation")
async def get_repository_installation(call: Call) -> Answer:
    """Return the installation that covers a repository."""
    _require_app(call)
    found = call.hub.repository(f"{call.path('owner')}/{call.path('repo')}")
    return Answer(_installation(call, found.owner.login))


@table("POST", "/app/installations/{installation}/access_tokens")
async def create_token(call: Call) -> Answer:
    """Hand out an installation token for an hour."""
    _require_app(call)
    if call.number("installation") != INSTALLATION_ID:
        raise not_found()
    asked = call.optional("permissions", dict) or {}
    held = dict(BACKSMITH.permissions)
    if any(
        name not in held or (held[name], word) == ("read", "write") for name, word in asked.items()
    ):
        message = "The permissions requested are not granted to this installation."
        raise Refused(422, message)
    token, until = call.keys.issue()
    return Answer(
        {
            "token": token,
            "expires_at": stamp(until),
            "permissions": asked or held,
            "repository_selection": "all",
        },
        201,
    )


@table("GET", "/installation/repositories")
async def list_installation_repositories(call: Call) -> Answer:
    """Return what an installation token reaches."""
    if call.known.kind != "installation":
        raise Refused(403, "You must authenticate with an installation access token")
    known = list(call.hub.repositories.values())
    return page(call, known, lambda one: full_repository(one, "write"), "repositories")
