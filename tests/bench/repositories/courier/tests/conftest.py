from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from courier.main import create_app
from courier.models import Base
from courier.settings import Settings

MakeParcel = Callable[..., Awaitable[dict[str, object]]]
PASSWORD = "correct horse battery"


class StoppedClock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **units: float) -> None:
        self.now += timedelta(**units)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def app(clock: StoppedClock) -> AsyncIterator[FastAPI]:
    """A fresh application on an empty in-memory database."""
    app = create_app(Settings(database_url="sqlite+aiosqlite:///:memory:"), clock)
    async with app.state.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield app
    await app.state.engine.dispose()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Somebody who is not signed in."""
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


async def sign_up(client: AsyncClient, email: str) -> dict[str, str]:
    """Make an account and return the headers of its owner."""
    data = {"email": email, "company": "First Shop", "password": PASSWORD}
    assert (await client.post("/auth/register", json=data)).status_code == 201
    answer = await client.post("/auth/token", json={"email": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
async def person(client: AsyncClient) -> dict[str, str]:
    """Headers of somebody who is signed in."""
    return await sign_up(client, "first@example.com")


@pytest.fixture
async def stranger(client: AsyncClient) -> dict[str, str]:
    """Headers of somebody else who is signed in."""
    return await sign_up(client, "second@example.com")


@pytest.fixture
async def machine(client: AsyncClient, person: dict[str, str]) -> dict[str, str]:
    """Headers of a machine of the person."""
    answer = await client.post("/api-keys", json={"name": "warehouse"}, headers=person)
    return {"X-API-Key": answer.json()["key"]}


@pytest.fixture
def make_parcel(client: AsyncClient, person: dict[str, str]) -> MakeParcel:
    """Register a parcel; each has a reference of its own."""
    count = 0

    async def make(**fields: object) -> dict[str, object]:
        nonlocal count
        count += 1
        data = {
            "reference": f"ORDER-{count}",
            "receiver_name": "Some Receiver",
            "postcode": "10115",
            "country": "DE",
            "weight_grams": 900,
        }
        answer = await client.post("/parcels", json=data | fields, headers=person)
        assert answer.status_code == 201, answer.text
        body: dict[str, object] = answer.json()
        return body

    return make
