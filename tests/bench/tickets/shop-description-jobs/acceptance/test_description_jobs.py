"""Descriptions from a queue: the endpoints, the worker, and the database between them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, inspect, pool, text

from shop.main import create_app
from shop.models import Base
from shop.settings import Settings

ROOT = Path(__file__).parents[1]
FIELDS = {"id", "product_id", "status", "description", "error", "created_at", "finished_at"}


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def config(database: str) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", database)
    command.upgrade(config, "head")
    return config


@pytest.fixture
def client(config: Config, database: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database_url=database))) as client:
        yield client


def add_product(client: TestClient, name: str, price_cents: int = 1250) -> int:
    number = client.get("/products").json()["total"]
    data = {"sku": f"SKU-{number}", "name": name, "price_cents": price_cents}
    return int(client.post("/products", json=data).json()["id"])


def put(client: TestClient, product: int) -> dict[str, Any]:
    answer = client.post(f"/products/{product}/description-jobs")
    assert answer.status_code == 202, answer.text
    return answer.json()


def work_off(client: TestClient) -> list[int]:
    from shop.worker import work_off as work

    return list(work(client.app.state.sessions))


def job(client: TestClient, number: int) -> dict[str, Any]:
    answer = client.get(f"/description-jobs/{number}")
    assert answer.status_code == 200
    return answer.json()


def test_request_is_accepted_and_queued(client: TestClient) -> None:
    product = add_product(client, "Mug")
    answer = client.post(f"/products/{product}/description-jobs")
    assert answer.status_code == 202
    body = answer.json()
    assert set(body) == FIELDS
    assert answer.headers["Location"] == f"/description-jobs/{body['id']}"
    assert (body["product_id"], body["status"]) == (product, "queued")
    assert (body["description"], body["error"], body["finished_at"]) == (None, None, None)
    assert datetime.fromisoformat(body["created_at"]).tzinfo is not None
    assert job(client, body["id"]) == body


def test_unknown_product_is_not_found(client: TestClient) -> None:
    assert client.post("/products/99/description-jobs").status_code == 404


def test_unknown_job_is_not_found(client: TestClient) -> None:
    answer = client.get("/description-jobs/99")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_product_that_is_no_longer_sold_gets_none(client: TestClient) -> None:
    product = add_product(client, "Mug")
    with client.app.state.engine.begin() as connection:
        connection.execute(text("UPDATE products SET active = 0"))
    answer = client.post(f"/products/{product}/description-jobs")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_product_has_one_job_in_the_queue(client: TestClient) -> None:
    product = add_product(client, "Mug")
    first = put(client, product)
    assert client.post(f"/products/{product}/description-jobs").status_code == 409
    put(client, add_product(client, "Pot"))
    work_off(client)
    assert put(client, product)["id"] != first["id"]


@pytest.mark.parametrize(
    ("name", "cents", "description"),
    [
        ("Mug", 1250, "Mug: a fine choice for 12.50 euros."),
        ("Tea pot", 5, "Tea pot: a fine choice for 0.05 euros."),
        ("Ä4", 100_000_000, "Ä4: a fine choice for 1000000.00 euros."),
    ],
)
def test_worker_has_the_mock_describe_the_product(
    client: TestClient, name: str, cents: int, description: str
) -> None:
    queued = put(client, add_product(client, name, cents))
    assert work_off(client) == [queued["id"]]
    done = job(client, queued["id"])
    assert (done["status"], done["description"]) == ("done", description)
    assert done["error"] is None
    assert done["finished_at"] >= done["created_at"]


def test_queue_is_worked_off_in_order_and_once(client: TestClient) -> None:
    products = [add_product(client, name) for name in ("Zoo", "Mug", "Ape")]
    queued = [put(client, product)["id"] for product in (products[1], products[2], products[0])]
    assert work_off(client) == queued
    assert work_off(client) == []


def test_nothing_is_worked_off_within_a_request(client: TestClient) -> None:
    queued = put(client, add_product(client, "Mug"))
    client.get("/description-jobs")
    assert job(client, queued["id"])["status"] == "queued"


@pytest.mark.parametrize("name", ["4711", "- -"])
def test_job_that_fails_does_not_stop_the_queue(client: TestClient, name: str) -> None:
    bad, good = (put(client, add_product(client, each))["id"] for each in (name, "Mug"))
    assert work_off(client) == [bad, good]
    failed = job(client, bad)
    assert (failed["status"], failed["error"]) == ("failed", "nothing to describe")
    assert failed["description"] is None
    assert failed["finished_at"] is not None
    assert job(client, good)["status"] == "done"


def test_jobs_are_listed_in_pages(client: TestClient) -> None:
    queued = [put(client, add_product(client, name))["id"] for name in ("Mug", "12", "Pot")]
    body = client.get("/description-jobs", params={"limit": 2, "offset": 1}).json()
    assert [item["id"] for item in body["items"]] == queued[1:]
    assert (body["total"], body["limit"], body["offset"]) == (3, 2, 1)
    work_off(client)
    for status, ids in [("queued", []), ("done", [queued[0], queued[2]]), ("failed", [queued[1]])]:
        body = client.get("/description-jobs", params={"status": status}).json()
        assert [item["id"] for item in body["items"]] == ids
        assert body["total"] == len(ids)
        assert all(set(item) == FIELDS for item in body["items"])


@pytest.mark.parametrize(("name", "value"), [("status", "lost"), ("limit", 101), ("offset", -1)])
def test_list_rejects_what_it_does_not_know(client: TestClient, name: str, value: Any) -> None:
    answer = client.get("/description-jobs", params={name: value})
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["details"]] == [f"query.{name}"]


def test_worker_is_a_program(client: TestClient, database: str) -> None:
    queued = put(client, add_product(client, "Mug"))
    done = subprocess.run(
        [sys.executable, "-m", "shop.worker"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database},
        timeout=60,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert job(client, queued["id"])["status"] == "done"


def test_jobs_outlive_a_restart(client: TestClient, database: str) -> None:
    queued = put(client, add_product(client, "Mug"))
    with TestClient(create_app(Settings(database_url=database))) as second:
        assert job(second, queued["id"]) == queued
        assert work_off(second) == [queued["id"]]


def test_migration_agrees_with_the_models_and_can_be_undone(config: Config, database: str) -> None:
    engine = create_engine(database, poolclass=pool.NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    with_jobs = set(inspect(engine).get_table_names())
    command.downgrade(config, "0003")
    without = set(inspect(engine).get_table_names())
    assert without == {"alembic_version", "customers", "products", "orders", "order_items"}
    command.upgrade(config, "head")
    assert set(inspect(engine).get_table_names()) == with_jobs
    assert len(with_jobs) > len(without)
