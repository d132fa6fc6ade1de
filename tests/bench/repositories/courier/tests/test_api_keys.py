from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import text


async def test_key_is_shown_once(client: AsyncClient, person: dict[str, str]) -> None:
    answer = await client.post("/api-keys", json={"name": "warehouse"}, headers=person)
    assert answer.status_code == 201
    made = answer.json()
    assert made["key"].startswith(made["prefix"])
    listed = (await client.get("/api-keys", headers=person)).json()
    assert [key["name"] for key in listed] == ["warehouse"]
    assert "key" not in listed[0]


async def test_key_is_stored_as_a_hash(app: FastAPI, machine: dict[str, str]) -> None:
    async with app.state.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM api_keys"))).all()
    assert machine["X-API-Key"] not in str(rows)


async def test_machine_acts_for_the_person(client: AsyncClient, machine: dict[str, str]) -> None:
    assert (await client.get("/parcels", headers=machine)).status_code == 200


async def test_use_of_a_key_is_noted(
    client: AsyncClient, person: dict[str, str], machine: dict[str, str]
) -> None:
    await client.get("/parcels", headers=machine)
    (key,) = (await client.get("/api-keys", headers=person)).json()
    assert key["last_used_at"] == "2026-03-02T12:00:00Z"


async def test_machine_cannot_make_keys(client: AsyncClient, machine: dict[str, str]) -> None:
    answer = await client.post("/api-keys", json={"name": "more"}, headers=machine)
    assert answer.status_code == 401


async def test_revoked_key_opens_nothing(
    client: AsyncClient, person: dict[str, str], machine: dict[str, str]
) -> None:
    (key,) = (await client.get("/api-keys", headers=person)).json()
    assert (await client.delete(f"/api-keys/{key['id']}", headers=person)).status_code == 204
    assert (await client.get("/parcels", headers=machine)).status_code == 401
    assert (await client.get("/api-keys", headers=person)).json() == []


async def test_key_of_somebody_else_cannot_be_revoked(
    client: AsyncClient, person: dict[str, str], machine: dict[str, str], stranger: dict[str, str]
) -> None:
    (key,) = (await client.get("/api-keys", headers=person)).json()
    assert (await client.delete(f"/api-keys/{key['id']}", headers=stranger)).status_code == 404
