"""Who is calling."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from courier.clock import ClockDep
from courier.db import SessionDep
from courier.errors import UnauthorizedError
from courier.models import User
from courier.security import read_access_token
from courier.services import api_keys, users
from courier.settings import Settings

bearer = HTTPBearer(auto_error=False)
api_key_header = APIKeyHeader(name="X-API-Key", auto_error=False)

BearerDep = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
ApiKeyDep = Annotated[str | None, Depends(api_key_header)]


def get_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


async def get_person(
    session: SessionDep, settings: SettingsDep, clock: ClockDep, credentials: BearerDep
) -> User:
    """Return who is signed in."""
    if credentials is None:
        raise UnauthorizedError("Sign in first.")
    user_id = read_access_token(credentials.credentials, settings.jwt_secret, clock())
    user = None if user_id is None else await users.find_user(session, user_id)
    if user is None:
        raise UnauthorizedError("The access token is not valid.")
    return user


PersonDep = Annotated[User, Depends(get_person)]


async def get_caller(
    session: SessionDep,
    settings: SettingsDep,
    clock: ClockDep,
    credentials: BearerDep,
    key: ApiKeyDep,
) -> User:
    """Return for whom the caller acts: a person, or a machine with a key."""
    if key is None:
        return await get_person(session, settings, clock, credentials)
    user = await api_keys.use_key(session, key, clock())
    if user is None:
        raise UnauthorizedError("The API key is not valid.")
    return user


CallerDep = Annotated[User, Depends(get_caller)]
