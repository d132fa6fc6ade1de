from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shop.models import OrderStatus
from shop.schemas.ids import BodyId


class OrderItemIn(BaseModel):
    product_id: BodyId
    quantity: int = Field(ge=1, le=1000)


class OrderIn(BaseModel):
    customer_id: BodyId
    items: list[OrderItemIn] = Field(min_length=1, max_length=50)


class OrderStatusIn(BaseModel):
    status: OrderStatus


class OrderItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    product_id: int
    quantity: int
    unit_price_cents: int


class OrderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    customer_id: int
    status: OrderStatus
    total_cents: int
    created_at: datetime
    items: list[OrderItemOut]
