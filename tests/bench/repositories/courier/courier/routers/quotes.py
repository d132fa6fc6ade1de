from fastapi import APIRouter, Depends

from courier.dependencies import get_caller
from courier.errors import documented
from courier.schemas.parcel import QuoteIn, QuoteOut
from courier.services.pricing import price_cents, zone_of

router = APIRouter(prefix="/quotes", tags=["quotes"], dependencies=[Depends(get_caller)])


@router.post("", responses=documented(401))
async def quote(data: QuoteIn) -> QuoteOut:
    price = price_cents(data.weight_grams, data.country)
    return QuoteOut(zone=zone_of(data.country), price_cents=price)
