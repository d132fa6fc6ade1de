from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.errors import ConflictError, NotFoundError
from shop.models import Order, OrderItem, OrderStatus
from shop.schemas.order import OrderIn
from shop.services.customers import get_customer
from shop.services.products import get_product

NEXT = {
    OrderStatus.PENDING: {OrderStatus.PAID, OrderStatus.CANCELLED},
    OrderStatus.PAID: {OrderStatus.SHIPPED, OrderStatus.CANCELLED},
    OrderStatus.SHIPPED: set[OrderStatus](),
    OrderStatus.CANCELLED: set[OrderStatus](),
}


def create_order(session: Session, data: OrderIn) -> Order:
    """Place an order at today's prices; later price changes do not touch it."""
    customer = get_customer(session, data.customer_id)
    items = []
    for wanted in data.items:
        product = get_product(session, wanted.product_id)
        if not product.active:
            raise ConflictError(f"Product {product.id} is no longer sold.")
        items.append(
            OrderItem(
                product_id=product.id,
                quantity=wanted.quantity,
                unit_price_cents=product.price_cents,
            )
        )
    total = sum(item.quantity * item.unit_price_cents for item in items)
    order = Order(customer_id=customer.id, total_cents=total, items=items)
    session.add(order)
    session.commit()
    return order


def get_order(session: Session, order_id: int) -> Order:
    order = session.get(Order, order_id)
    if order is None:
        raise NotFoundError(f"Order {order_id} does not exist.")
    return order


def list_orders(session: Session) -> Sequence[Order]:
    """Return all orders, newest first."""
    return session.scalars(select(Order).order_by(Order.created_at.desc())).all()


def change_status(session: Session, order_id: int, status: OrderStatus) -> Order:
    order = get_order(session, order_id)
    if status not in NEXT[OrderStatus(order.status)]:
        raise ConflictError(f"An order that is {order.status} cannot become {status}.")
    order.status = status
    session.commit()
    return order
