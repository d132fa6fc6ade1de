from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from shop.models import Customer, OrderStatus, Product
from tests.conftest import MakeOrder


def test_order_totals_its_items_at_the_current_price(
    client: TestClient, customer: Customer, product: Product
) -> None:
    data = {"customer_id": customer.id, "items": [{"product_id": product.id, "quantity": 3}]}
    response = client.post("/orders", json=data)
    assert response.status_code == 201
    body = response.json()
    assert body["status"] == "pending"
    assert body["total_cents"] == 3750
    assert body["items"] == [{"product_id": product.id, "quantity": 3, "unit_price_cents": 1250}]


def test_order_needs_an_item(client: TestClient, customer: Customer) -> None:
    response = client.post("/orders", json={"customer_id": customer.id, "items": []})
    assert response.status_code == 422


def test_order_for_an_unknown_customer_is_not_found(client: TestClient, product: Product) -> None:
    data = {"customer_id": 99, "items": [{"product_id": product.id, "quantity": 1}]}
    assert client.post("/orders", json=data).status_code == 404


def test_product_that_is_no_longer_sold_cannot_be_ordered(
    client: TestClient, session: Session, customer: Customer, product: Product
) -> None:
    product.active = False
    session.commit()
    data = {"customer_id": customer.id, "items": [{"product_id": product.id, "quantity": 1}]}
    assert client.post("/orders", json=data).status_code == 409


def test_orders_are_listed_newest_first(client: TestClient, make_order: MakeOrder) -> None:
    older = make_order(created_at=datetime(2026, 1, 1, tzinfo=UTC))
    newer = make_order(created_at=datetime(2026, 1, 2, tzinfo=UTC))
    response = client.get("/orders")
    assert response.status_code == 200
    assert [order["id"] for order in response.json()] == [newer.id, older.id]


def test_listed_order_carries_its_items_and_a_time_in_utc(
    client: TestClient, make_order: MakeOrder
) -> None:
    make_order()
    (order,) = client.get("/orders").json()
    assert order["created_at"] == "2026-01-01T00:00:00Z"
    assert len(order["items"]) == 1


def test_order_is_read_by_id(client: TestClient, make_order: MakeOrder) -> None:
    order = make_order()
    assert client.get(f"/orders/{order.id}").json()["id"] == order.id


def test_unknown_order_is_not_found(client: TestClient) -> None:
    assert client.get("/orders/99").status_code == 404


def test_order_id_that_no_database_holds_is_rejected(client: TestClient) -> None:
    assert client.get(f"/orders/{10**20}").status_code == 422


def test_pending_order_can_be_paid(client: TestClient, make_order: MakeOrder) -> None:
    order = make_order()
    response = client.patch(f"/orders/{order.id}", json={"status": "paid"})
    assert response.status_code == 200
    assert response.json()["status"] == "paid"


@pytest.mark.parametrize("status", [OrderStatus.SHIPPED, OrderStatus.CANCELLED])
def test_finished_order_keeps_its_status(
    client: TestClient, make_order: MakeOrder, status: OrderStatus
) -> None:
    order = make_order(status=status)
    response = client.patch(f"/orders/{order.id}", json={"status": "paid"})
    assert response.status_code == 409
    assert response.json()["message"] == f"An order that is {status} cannot become paid."
