import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from courier.errors import ConflictError, NotFoundError
from courier.models import Parcel, ParcelStatus, User
from courier.schemas.page import PageParams
from courier.schemas.parcel import ParcelIn
from courier.services.pricing import price_cents

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


async def create_parcel(session: AsyncSession, user: User, data: ParcelIn, now: datetime) -> Parcel:
    parcel = Parcel(
        **data.model_dump(),
        user_id=user.id,
        tracking_code="".join(secrets.choice(_LETTERS) for _ in range(12)),
        price_cents=price_cents(data.weight_grams, data.country),
        status=ParcelStatus.REGISTERED,
        created_at=now,
    )
    session.add(parcel)
    try:
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        raise ConflictError(f"There is a parcel with the reference {data.reference}.") from error
    return parcel


async def list_parcels(
    session: AsyncSession, user: User, page: PageParams, status: ParcelStatus | None
) -> tuple[Sequence[Parcel], int]:
    """Return one page of the user's parcels, newest first, and how many there are."""
    statement = select(Parcel).where(Parcel.user_id == user.id)
    if status is not None:
        statement = statement.where(Parcel.status == status)
    total = await session.scalar(select(func.count()).select_from(statement.subquery()))
    ordered = statement.order_by(Parcel.created_at.desc(), Parcel.id.desc())
    rows = await session.scalars(ordered.limit(page.limit).offset(page.offset))
    return rows.all(), total or 0


async def get_parcel(session: AsyncSession, user: User, parcel_id: int) -> Parcel:
    """Return a parcel of the user; those of others are as good as not there."""
    parcel = await session.get(Parcel, parcel_id)
    if parcel is None or parcel.user_id != user.id:
        raise NotFoundError(f"Parcel {parcel_id} does not exist.")
    return parcel
