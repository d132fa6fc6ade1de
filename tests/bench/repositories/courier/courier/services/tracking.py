from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from courier.errors import ConflictError, NotFoundError
from courier.models import Parcel, ParcelStatus, TrackingEvent
from courier.schemas.parcel import EventIn

NEXT = {
    ParcelStatus.REGISTERED: {ParcelStatus.IN_TRANSIT},
    ParcelStatus.IN_TRANSIT: {
        ParcelStatus.IN_TRANSIT,
        ParcelStatus.OUT_FOR_DELIVERY,
        ParcelStatus.RETURNED,
    },
    ParcelStatus.OUT_FOR_DELIVERY: {
        ParcelStatus.IN_TRANSIT,
        ParcelStatus.DELIVERED,
        ParcelStatus.RETURNED,
    },
    ParcelStatus.DELIVERED: set[ParcelStatus](),
    ParcelStatus.RETURNED: set[ParcelStatus](),
}


async def add_event(
    session: AsyncSession, parcel: Parcel, data: EventIn, now: datetime
) -> TrackingEvent:
    """Note where a parcel is; its status becomes that of the event."""
    if data.status not in NEXT[ParcelStatus(parcel.status)]:
        raise ConflictError(f"A parcel that is {parcel.status} cannot become {data.status}.")
    parcel.status = data.status
    event = TrackingEvent(
        parcel_id=parcel.id, status=data.status, place=data.place, happened_at=now
    )
    session.add(event)
    await session.commit()
    return event


async def list_events(session: AsyncSession, parcel: Parcel) -> Sequence[TrackingEvent]:
    statement = select(TrackingEvent).where(TrackingEvent.parcel_id == parcel.id)
    ordered = statement.order_by(TrackingEvent.happened_at, TrackingEvent.id)
    return (await session.scalars(ordered)).all()


async def find_by_code(session: AsyncSession, code: str) -> Parcel:
    found = await session.scalars(select(Parcel).where(Parcel.tracking_code == code.upper()))
    parcel = found.one_or_none()
    if parcel is None:
        raise NotFoundError("There is no parcel with this tracking code.")
    return parcel
