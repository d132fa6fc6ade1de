from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from shop.main import create_app
from shop.models import Base, Customer, Order, OrderItem, OrderStatus, Product
from shop.settings import Settings

MakeOrder = Callable[..., Order]


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of a fresh application on an empty in-memory database."""
    app = create_app(Settings(database_url="sqlite:///:memory:"))
    Base.metadata.create_all(app.state.engine)
    with TestClient(app) as client:
        yield client


@pytest.fixture
def session(client: TestClient) -> Iterator[Session]:
    """A session on the same database as the client."""
    with client.app.state.sessions() as session:
        yield session


@pytest.fixture
def customer(session: Session) -> Customer:
    customer = Customer(name="First Customer", email="first@example.com")
    session.add(customer)
    session.commit()
    return customer


@pytest.fixture
def product(session: Session) -> Product:
    product = Product(sku="MUG-1", name="Mug", price_cents=1250)
    session.add(product)
    session.commit()
    return product


@pytest.fixture
def make_order(session: Session, customer: Customer, product: Product) -> MakeOrder:
    """Store an order with one item, at a given time and in a given status."""

    def make(
        status: OrderStatus = OrderStatus.PENDING,
        created_at: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    ) -> Order:
        item = OrderItem(product_id=product.id, quantity=1, unit_price_cents=product.price_cents)
        order = Order(
            customer_id=customer.id,
            status=status,
            total_cents=product.price_cents,
            created_at=created_at,
            items=[item],
        )
        session.add(order)
        session.commit()
        return order

    return make
