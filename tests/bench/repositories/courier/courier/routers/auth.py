from datetime import timedelta

from fastapi import APIRouter, status

from courier.clock import ClockDep
from courier.db import SessionDep
from courier.dependencies import PersonDep, SettingsDep
from courier.errors import documented
from courier.models import User
from courier.schemas.auth import CredentialsIn, RegisterIn, TokenOut, UserOut
from courier.security import make_access_token
from courier.services import users

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post(
    "/register",
    response_model=UserOut,
    status_code=status.HTTP_201_CREATED,
    responses=documented(409),
)
async def register(data: RegisterIn, session: SessionDep, clock: ClockDep) -> User:
    return await users.register(session, data, clock())


@router.post("/token", responses=documented(401))
async def sign_in(
    data: CredentialsIn, session: SessionDep, settings: SettingsDep, clock: ClockDep
) -> TokenOut:
    user = await users.sign_in(session, data)
    lifetime = timedelta(minutes=settings.access_token_minutes)
    token = make_access_token(user.id, settings.jwt_secret, clock(), lifetime)
    return TokenOut(access_token=token, expires_in=int(lifetime.total_seconds()))


@router.get("/me", response_model=UserOut, responses=documented(401))
async def read_me(person: PersonDep) -> User:
    return person
