from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from courier.errors import ConflictError, UnauthorizedError
from courier.models import User
from courier.schemas.auth import CredentialsIn, RegisterIn
from courier.security import hash_password, is_password


async def register(session: AsyncSession, data: RegisterIn, now: datetime) -> User:
    user = User(
        email=data.email.lower(),
        company=data.company,
        password_hash=hash_password(data.password),
        created_at=now,
    )
    session.add(user)
    try:
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        raise ConflictError("There is an account with this e-mail.") from error
    return user


async def sign_in(session: AsyncSession, data: CredentialsIn) -> User:
    """Return whose credentials these are; the error does not tell which of the two is wrong."""
    found = await session.scalars(select(User).where(User.email == data.email.lower()))
    user = found.one_or_none()
    if user is None or not is_password(data.password, user.password_hash):
        raise UnauthorizedError("E-mail or password is wrong.")
    return user


async def find_user(session: AsyncSession, user_id: int) -> User | None:
    return await session.get(User, user_id)
