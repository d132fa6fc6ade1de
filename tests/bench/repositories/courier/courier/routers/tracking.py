from typing import Annotated

from fastapi import APIRouter, Path

from courier.db import SessionDep
from courier.errors import documented
from courier.models import ParcelStatus
from courier.schemas.parcel import EventOut, TrackingOut
from courier.services import tracking

router = APIRouter(prefix="/tracking", tags=["tracking"])


@router.get("/{code}", responses=documented(404))
async def track(code: Annotated[str, Path(max_length=16)], session: SessionDep) -> TrackingOut:
    parcel = await tracking.find_by_code(session, code)
    events = await tracking.list_events(session, parcel)
    return TrackingOut(
        tracking_code=parcel.tracking_code,
        status=ParcelStatus(parcel.status),
        events=[EventOut.model_validate(event) for event in events],
    )
