import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from shop.models import Product


@pytest.fixture
def five_products(session: Session) -> None:
    names = ["Apron", "Bowl", "Cup", "Dish", "Egg timer"]
    session.add_all(
        Product(sku=f"SKU-{number}", name=name, price_cents=100 * number, active=name != "Dish")
        for number, name in enumerate(names)
    )
    session.commit()


def test_product_is_created_active(client: TestClient) -> None:
    data = {"sku": "MUG-1", "name": "Mug", "price_cents": 1250}
    response = client.post("/products", json=data)
    assert response.status_code == 201
    assert response.json() == {"id": 1, **data, "active": True}


def test_second_product_with_the_same_sku_is_a_conflict(
    client: TestClient, product: Product
) -> None:
    data = {"sku": product.sku, "name": "Other", "price_cents": 1}
    assert client.post("/products", json=data).status_code == 409


def test_price_must_not_be_negative(client: TestClient) -> None:
    data = {"sku": "MUG-1", "name": "Mug", "price_cents": -1}
    assert client.post("/products", json=data).status_code == 422


def test_unknown_product_is_not_found(client: TestClient) -> None:
    assert client.get("/products/99").status_code == 404


def test_product_is_read_by_id(client: TestClient, product: Product) -> None:
    assert client.get(f"/products/{product.id}").json()["sku"] == "MUG-1"


def test_products_come_in_pages_of_twenty_by_default(client: TestClient) -> None:
    assert client.get("/products").json() == {"items": [], "total": 0, "limit": 20, "offset": 0}


@pytest.mark.usefixtures("five_products")
def test_page_of_products_holds_the_asked_slice_and_the_total(client: TestClient) -> None:
    body = client.get("/products", params={"limit": 2, "offset": 1}).json()
    assert [item["name"] for item in body["items"]] == ["Bowl", "Cup"]
    assert (body["total"], body["limit"], body["offset"]) == (5, 2, 1)


@pytest.mark.usefixtures("five_products")
def test_products_are_filtered_by_active(client: TestClient) -> None:
    body = client.get("/products", params={"active": "false"}).json()
    assert [item["name"] for item in body["items"]] == ["Dish"]
    assert body["total"] == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("limit", 0), ("limit", 101), ("limit", "x"), ("offset", -1), ("offset", 10**20)],
)
def test_page_outside_the_bounds_is_rejected(
    client: TestClient, field: str, value: int | str
) -> None:
    response = client.get("/products", params={field: value})
    assert response.status_code == 422
    assert response.json()["details"][0]["field"] == f"query.{field}"
