"""Products have a weight: what the ticket asks for, asked over HTTP and of a migrated database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, inspect, pool, text
from sqlalchemy.exc import IntegrityError

from shop.main import create_app
from shop.models import Base
from shop.settings import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def config(database: str) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", database)
    return config


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = create_engine(database, poolclass=pool.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def client(config: Config, database: str) -> Iterator[TestClient]:
    command.upgrade(config, "head")
    with TestClient(create_app(Settings(database_url=database))) as client:
        yield client


def add_product(client: TestClient, name: str, **fields: Any) -> dict[str, Any]:
    data = {"sku": name.upper(), "name": name, "price_cents": 100} | fields
    answer = client.post("/products", json=data)
    assert answer.status_code == 201, answer.text
    return answer.json()


def place(client: TestClient, *items: tuple[dict[str, Any], int]) -> dict[str, Any]:
    customer = client.post("/customers", json={"name": "C", "email": "c@example.com"})
    customer_id = customer.json()["id"] if customer.status_code == 201 else 1
    data = {
        "customer_id": customer_id,
        "items": [{"product_id": product["id"], "quantity": count} for product, count in items],
    }
    answer = client.post("/orders", json=data)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("grams", [1, 350, 50_000])
def test_product_is_made_with_a_weight(client: TestClient, grams: int) -> None:
    made = add_product(client, "Mug", weight_grams=grams)
    assert made["weight_grams"] == grams
    assert client.get(f"/products/{made['id']}").json() == made
    assert client.get("/products").json()["items"] == [made]


@pytest.mark.parametrize("fields", [{}, {"weight_grams": None}])
def test_weight_may_be_unknown(client: TestClient, fields: dict[str, Any]) -> None:
    made = add_product(client, "Mug", **fields)
    assert made["weight_grams"] is None
    assert client.get(f"/products/{made['id']}").json()["weight_grams"] is None


@pytest.mark.parametrize("grams", [0, -1, 50_001, "heavy", 1.5])
def test_impossible_weight_is_rejected(client: TestClient, grams: Any) -> None:
    data = {"sku": "MUG", "name": "Mug", "price_cents": 1, "weight_grams": grams}
    answer = client.post("/products", json=data)
    assert answer.status_code == 422
    assert answer.json()["code"] == "validation_error"
    assert [detail["field"] for detail in answer.json()["details"]] == ["body.weight_grams"]


def test_order_weighs_what_its_items_weigh(client: TestClient) -> None:
    mug = add_product(client, "Mug", weight_grams=350)
    pot = add_product(client, "Pot", weight_grams=1200)
    order = place(client, (mug, 3), (pot, 1))
    assert order["total_weight_grams"] == 2250
    assert client.get(f"/orders/{order['id']}").json()["total_weight_grams"] == 2250
    (listed,) = client.get("/orders").json()
    assert listed["total_weight_grams"] == 2250
    paid = client.patch(f"/orders/{order['id']}", json={"status": "paid"}).json()
    assert paid["total_weight_grams"] == 2250


def test_order_with_a_product_of_unknown_weight_has_none(client: TestClient) -> None:
    mug, pen = add_product(client, "Mug", weight_grams=350), add_product(client, "Pen")
    assert place(client, (mug, 1), (pen, 1))["total_weight_grams"] is None


def test_later_change_of_a_weight_leaves_the_order_alone(
    client: TestClient, engine: Engine
) -> None:
    order = place(client, (add_product(client, "Mug", weight_grams=350), 2))
    with engine.begin() as connection:
        connection.execute(text("UPDATE products SET weight_grams = 999"))
    assert client.get(f"/orders/{order['id']}").json()["total_weight_grams"] == 700


def test_large_order_is_weighed(client: TestClient) -> None:
    pots = [add_product(client, f"Pot-{n}", weight_grams=50_000) for n in range(50)]
    order = place(client, *((pot, 1000) for pot in pots))
    assert order["total_weight_grams"] == 2_500_000_000


def test_products_are_filtered_by_weight(client: TestClient) -> None:
    for name, grams in [("A1A", 100), ("B1B", 200), ("C1C", None), ("D1D", 201)]:
        add_product(client, name, weight_grams=grams)
    body = client.get("/products", params={"max_weight_grams": 200}).json()
    assert [item["name"] for item in body["items"]] == ["A1A", "B1B"]
    assert body["total"] == 2
    page = {"max_weight_grams": 201, "limit": 1, "offset": 1, "active": "true"}
    body = client.get("/products", params=page).json()
    assert [item["name"] for item in body["items"]] == ["B1B"]
    assert body["total"] == 3
    page = {"max_weight_grams": 201, "active": "false"}
    assert client.get("/products", params=page).json()["total"] == 0
    assert client.get("/products").json()["total"] == 4


@pytest.mark.parametrize("value", [0, 50_001, "x"])
def test_filter_out_of_bounds_is_rejected(client: TestClient, value: Any) -> None:
    answer = client.get("/products", params={"max_weight_grams": value})
    assert answer.status_code == 422
    assert [d["field"] for d in answer.json()["details"]] == ["query.max_weight_grams"]


@pytest.mark.parametrize("grams", [0, -5])
def test_database_refuses_a_product_that_weighs_nothing(
    client: TestClient, engine: Engine, grams: int
) -> None:
    add_product(client, "Mug", weight_grams=1)
    with (
        engine.begin() as connection,
        pytest.raises(IntegrityError, match="ck_products_weight_positive"),
    ):
        connection.execute(text(f"UPDATE products SET weight_grams = {grams}"))


def test_old_rows_survive_the_migration_and_its_undoing(config: Config, engine: Engine) -> None:
    command.upgrade(config, "0003")
    before = schema(engine)
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO customers VALUES (1, 'C', 'c@example.com', '2026-01-01')",
            "INSERT INTO products (id, sku, name, price_cents, active) VALUES (1,'MUG','Mug',5,1)",
            "INSERT INTO orders (id, customer_id, status, total_cents, created_at)"
            " VALUES (1, 1, 'paid', 5, '2026-01-01 00:00:00')",
            "INSERT INTO order_items (order_id, product_id, quantity, unit_price_cents)"
            " VALUES (1, 1, 1, 5)",
        ):
            connection.execute(text(statement))
    command.upgrade(config, "head")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    app = create_app(Settings(database_url=str(engine.url)))
    with TestClient(app) as client:
        assert client.get("/products/1").json()["weight_grams"] is None
        assert client.get("/orders/1").json()["total_weight_grams"] is None
        assert len(client.get("/orders/1").json()["items"]) == 1
    command.downgrade(config, "-1")
    assert schema(engine) == before
    with engine.connect() as connection:
        for table in ("customers", "products", "orders", "order_items"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1


def schema(engine: Engine) -> dict[str, Any]:
    seen = inspect(engine)
    return {
        table: (
            sorted(str(column["name"]) for column in seen.get_columns(table)),
            sorted(str(check["name"]) for check in seen.get_check_constraints(table)),
            sorted(str(index["name"]) for index in seen.get_indexes(table)),
        )
        for table in seen.get_table_names()
    }
