from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from courier.errors import NotFoundError
from courier.models import ApiKey, User
from courier.security import digest, make_api_key


async def create_key(
    session: AsyncSession, user: User, name: str, now: datetime
) -> tuple[ApiKey, str]:
    """Return the stored key and the secret itself, which is kept nowhere."""
    secret = make_api_key()
    key = ApiKey(
        user_id=user.id, name=name, prefix=secret[:8], key_hash=digest(secret), created_at=now
    )
    session.add(key)
    await session.commit()
    return key, secret


async def list_keys(session: AsyncSession, user: User) -> Sequence[ApiKey]:
    """Return the keys that can be used, oldest first."""
    statement = select(ApiKey).where(ApiKey.user_id == user.id, ApiKey.revoked_at.is_(None))
    return (await session.scalars(statement.order_by(ApiKey.id))).all()


async def revoke_key(session: AsyncSession, user: User, key_id: int, now: datetime) -> None:
    key = await session.get(ApiKey, key_id)
    if key is None or key.user_id != user.id or key.revoked_at is not None:
        raise NotFoundError(f"API key {key_id} does not exist.")
    key.revoked_at = now
    await session.commit()


async def use_key(session: AsyncSession, secret: str, now: datetime) -> User | None:
    """Return for whom a key speaks, and note that it was used."""
    statement = (
        select(ApiKey)
        .where(ApiKey.key_hash == digest(secret), ApiKey.revoked_at.is_(None))
        .options(joinedload(ApiKey.user))
    )
    key = (await session.scalars(statement)).one_or_none()
    if key is None:
        return None
    key.last_used_at = now
    await session.commit()
    return key.user
