from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, status

from courier.clock import ClockDep
from courier.db import SessionDep
from courier.dependencies import CallerDep
from courier.errors import documented
from courier.models import Parcel, ParcelStatus, TrackingEvent
from courier.schemas.ids import PathId
from courier.schemas.page import Page, PageDep
from courier.schemas.parcel import EventIn, EventOut, ParcelIn, ParcelOut
from courier.services import parcels, tracking

router = APIRouter(prefix="/parcels", tags=["parcels"])


@router.post(
    "",
    response_model=ParcelOut,
    status_code=status.HTTP_201_CREATED,
    responses=documented(401, 409),
)
async def create_parcel(
    data: ParcelIn, session: SessionDep, caller: CallerDep, clock: ClockDep
) -> Parcel:
    return await parcels.create_parcel(session, caller, data, clock())


@router.get("", responses=documented(401))
async def list_parcels(
    session: SessionDep,
    caller: CallerDep,
    page: PageDep,
    status: Annotated[ParcelStatus | None, Query(description="Only parcels in it.")] = None,
) -> Page[ParcelOut]:
    rows, total = await parcels.list_parcels(session, caller, page, status)
    items = [ParcelOut.model_validate(row) for row in rows]
    return Page(items=items, total=total, limit=page.limit, offset=page.offset)


@router.get("/{parcel_id}", response_model=ParcelOut, responses=documented(401, 404))
async def read_parcel(parcel_id: PathId, session: SessionDep, caller: CallerDep) -> Parcel:
    return await parcels.get_parcel(session, caller, parcel_id)


@router.post(
    "/{parcel_id}/events",
    response_model=EventOut,
    status_code=status.HTTP_201_CREATED,
    responses=documented(401, 404, 409),
)
async def add_event(
    parcel_id: PathId, data: EventIn, session: SessionDep, caller: CallerDep, clock: ClockDep
) -> TrackingEvent:
    parcel = await parcels.get_parcel(session, caller, parcel_id)
    return await tracking.add_event(session, parcel, data, clock())


@router.get("/{parcel_id}/events", response_model=list[EventOut], responses=documented(401, 404))
async def list_events(
    parcel_id: PathId, session: SessionDep, caller: CallerDep
) -> Sequence[TrackingEvent]:
    parcel = await parcels.get_parcel(session, caller, parcel_id)
    return await tracking.list_events(session, parcel)
