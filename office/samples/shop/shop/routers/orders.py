from collections.abc import Sequence

from fastapi import APIRouter, status

from shop.db import SessionDep
from shop.errors import documented
from shop.models import Order
from shop.schemas.ids import PathId
from shop.schemas.order import OrderIn, OrderOut, OrderStatusIn
from shop.services import orders

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post(
    "",
    response_model=OrderOut,
    status_code=status.HTTP_201_CREATED,
    responses=documented(404, 409),
)
def create_order(data: OrderIn, session: SessionDep) -> Order:
    return orders.create_order(session, data)


@router.get("", response_model=list[OrderOut])
def list_orders(session: SessionDep) -> Sequence[Order]:
    return orders.list_orders(session)


@router.get("/{order_id}", response_model=OrderOut, responses=documented(404))
def read_order(order_id: PathId, session: SessionDep) -> Order:
    return orders.get_order(session, order_id)


@router.patch("/{order_id}", response_model=OrderOut, responses=documented(404, 409))
def change_status(order_id: PathId, data: OrderStatusIn, session: SessionDep) -> Order:
    return orders.change_status(session, order_id, data.status)
