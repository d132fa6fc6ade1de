from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from courier.models import ParcelStatus

MAX_GRAMS = 31_500


class QuoteIn(BaseModel):
    weight_grams: int = Field(ge=1, le=MAX_GRAMS)
    country: str = Field(pattern=r"^[A-Z]{2}$")


class QuoteOut(BaseModel):
    zone: str
    price_cents: int


class ParcelIn(BaseModel):
    reference: str = Field(min_length=1, max_length=60)
    receiver_name: str = Field(min_length=1, max_length=120)
    postcode: str = Field(min_length=3, max_length=10)
    country: str = Field(pattern=r"^[A-Z]{2}$")
    weight_grams: int = Field(ge=1, le=MAX_GRAMS)


class ParcelOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    reference: str
    tracking_code: str
    receiver_name: str
    postcode: str
    country: str
    weight_grams: int
    price_cents: int
    status: ParcelStatus
    created_at: datetime


class EventIn(BaseModel):
    status: ParcelStatus
    place: str = Field(min_length=1, max_length=120)


class EventOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    status: ParcelStatus
    place: str
    happened_at: datetime


class TrackingOut(BaseModel):
    """What anybody may know who has the code: no names and no address."""

    tracking_code: str
    status: ParcelStatus
    events: list[EventOut]
