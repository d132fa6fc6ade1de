"""The rate limit of API keys, by a clock that the tests move."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from httpx import ASGITransport, AsyncClient, Response

from courier.main import create_app
from courier.settings import Settings

ROOT = Path(__file__).parents[1]
PASSWORD = "correct horse battery"
PARCEL = {
    "reference": "ORDER-1",
    "receiver_name": "R",
    "postcode": "10115",
    "country": "DE",
    "weight_grams": 900,
}


class StoppedClock:
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
def url(tmp_path: Path) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path / 'courier.db'}"
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", url)
    command.upgrade(config, "head")
    return url


class Town:
    """An application, and somebody who makes keys and asks."""

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self.person: dict[str, str] = {}

    async def sign_up(self) -> None:
        data = {"email": "a@example.com", "password": PASSWORD}
        await self.client.post("/auth/register", json=data | {"company": "Shop"})
        await self.sign_in()

    async def sign_in(self) -> None:
        data = {"email": "a@example.com", "password": PASSWORD}
        token = (await self.client.post("/auth/token", json=data)).json()["access_token"]
        self.person = {"Authorization": f"Bearer {token}"}

    async def key(self, name: str = "key") -> dict[str, str]:
        answer = await self.client.post("/api-keys", json={"name": name}, headers=self.person)
        assert answer.status_code == 201, answer.text
        return {"X-API-Key": answer.json()["key"]}

    async def ask(self, headers: dict[str, str], path: str = "/parcels") -> Response:
        return await self.client.get(path, headers=headers)

    async def spend(self, headers: dict[str, str], count: int) -> None:
        for _ in range(count):
            assert (await self.ask(headers)).status_code == 200


@pytest.fixture
async def make_town(url: str, clock: StoppedClock) -> AsyncIterator[Callable[..., Any]]:
    apps = []

    async def make(**fields: Any) -> Town:
        app = create_app(Settings(database_url=url, **fields), clock)
        apps.append(app)
        town = Town(AsyncClient(transport=ASGITransport(app), base_url="http://test"))
        await town.sign_up()
        return town

    yield make
    for app in apps:
        await app.state.engine.dispose()


def is_limited(answer: Response, seconds: int) -> bool:
    body = answer.json()
    return (
        answer.status_code == 429
        and body["code"] == "rate_limited"
        and set(body) == {"code", "message", "details"}
        and answer.headers["Retry-After"] == str(seconds)
    )


async def test_sixty_requests_are_accepted_and_no_more(make_town: Any) -> None:
    town = await make_town()
    key = await town.key()
    await town.spend(key, 60)
    assert is_limited(await town.ask(key), 60)


async def test_each_request_counts_for_sixty_seconds(make_town: Any, clock: StoppedClock) -> None:
    town = await make_town(rate_limit_per_minute=3)
    key = await town.key()
    for _ in range(3):
        await town.spend(key, 1)
        clock.forward(seconds=10)
    assert is_limited(await town.ask(key), 30)
    clock.forward(seconds=29)
    assert is_limited(await town.ask(key), 1)
    clock.forward(seconds=1)
    await town.spend(key, 1)
    assert is_limited(await town.ask(key), 10)
    clock.forward(seconds=10)
    await town.spend(key, 1)
    assert is_limited(await town.ask(key), 10)


async def test_burst_over_a_full_minute_is_not_forgotten(
    make_town: Any, clock: StoppedClock
) -> None:
    town = await make_town(rate_limit_per_minute=2)
    key = await town.key()
    clock.forward(seconds=59)
    await town.spend(key, 2)
    clock.forward(seconds=2)
    assert is_limited(await town.ask(key), 58)


async def test_time_to_wait_is_rounded_up(make_town: Any, clock: StoppedClock) -> None:
    town = await make_town(rate_limit_per_minute=1)
    key = await town.key()
    await town.spend(key, 1)
    clock.forward(seconds=20.5)
    assert is_limited(await town.ask(key), 40)
    clock.forward(seconds=39.4)
    assert is_limited(await town.ask(key), 1)
    clock.forward(seconds=0.1)
    await town.spend(key, 1)


async def test_refused_requests_do_not_count(make_town: Any, clock: StoppedClock) -> None:
    town = await make_town(rate_limit_per_minute=2)
    key = await town.key()
    await town.spend(key, 2)
    for _ in range(59):
        clock.forward(seconds=1)
        assert (await town.ask(key)).status_code == 429
    clock.forward(seconds=1)
    await town.spend(key, 2)


async def test_each_key_has_a_count_of_its_own(make_town: Any) -> None:
    town = await make_town(rate_limit_per_minute=2)
    first, second = await town.key("one"), await town.key("two")
    await town.spend(first, 2)
    assert (await town.ask(first)).status_code == 429
    await town.spend(second, 2)
    assert (await town.ask(second)).status_code == 429


async def test_request_counts_whatever_its_answer_is(make_town: Any) -> None:
    town = await make_town(rate_limit_per_minute=3)
    key = await town.key()
    assert (await town.ask(key, "/parcels/99")).status_code == 404
    assert (await town.ask(key, "/parcels?limit=0")).status_code == 422
    answer = await town.client.post("/quotes", json={"weight_grams": 0}, headers=key)
    assert answer.status_code == 422
    assert (await town.ask(key)).status_code == 429


async def test_one_count_holds_for_all_endpoints(make_town: Any) -> None:
    town = await make_town(rate_limit_per_minute=2)
    key = await town.key()
    made = await town.client.post("/parcels", json=PARCEL, headers=key)
    assert made.status_code == 201
    assert (await town.ask(key, f"/parcels/{made.json()['id']}")).status_code == 200
    data = {"weight_grams": 1, "country": "DE"}
    for path in ("/quotes", f"/parcels/{made.json()['id']}/events", "/parcels"):
        answer = await town.client.post(path, json=data, headers=key)
        assert answer.status_code == 429, path


async def test_refused_request_changes_nothing(make_town: Any, clock: StoppedClock) -> None:
    town = await make_town(rate_limit_per_minute=1)
    key = await town.key()
    await town.spend(key, 1)
    clock.forward(seconds=5)
    assert (await town.client.post("/parcels", json=PARCEL, headers=key)).status_code == 429
    assert (await town.ask(town.person)).json()["total"] == 0
    (listed,) = (await town.ask(town.person, "/api-keys")).json()
    assert listed["last_used_at"] == "2026-03-02T12:00:00Z"


async def test_people_and_open_endpoints_are_not_limited(make_town: Any) -> None:
    town = await make_town(rate_limit_per_minute=1)
    key = await town.key()
    await town.spend(town.person, 5)
    await town.spend(key, 1)
    await town.spend(town.person, 5)
    for _ in range(3):
        assert (await town.ask(key, "/health")).status_code == 200
        assert (await town.ask(key, "/tracking/NOTHING")).status_code == 404


async def test_open_endpoints_do_not_count(make_town: Any) -> None:
    town = await make_town(rate_limit_per_minute=1)
    key = await town.key()
    for _ in range(3):
        assert (await town.ask(key, "/health")).status_code == 200
    await town.spend(key, 1)


async def test_wrong_key_is_never_limited(make_town: Any) -> None:
    town = await make_town(rate_limit_per_minute=1)
    for _ in range(3):
        assert (await town.ask({"X-API-Key": "ck_wrong"})).status_code == 401
    key = await town.key()
    await town.spend(key, 1)
    (listed,) = (await town.ask(town.person, "/api-keys")).json()
    await town.client.delete(f"/api-keys/{listed['id']}", headers=town.person)
    assert (await town.ask(key)).status_code == 401


async def test_zero_means_no_limit(make_town: Any) -> None:
    town = await make_town(rate_limit_per_minute=0)
    await town.spend(await town.key(), 70)


async def test_each_application_counts_for_itself(make_town: Any) -> None:
    one, other = [await make_town(rate_limit_per_minute=1) for _ in range(2)]
    key = await one.key()
    await one.spend(key, 1)
    assert (await one.ask(key)).status_code == 429
    await other.spend(key, 1)


def test_setting_is_sixty_and_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().rate_limit_per_minute == 60
    monkeypatch.setenv("RATE_LIMIT_PER_MINUTE", "5")
    assert Settings().rate_limit_per_minute == 5


async def test_openapi_document_has_the_answer_where_keys_are_taken(make_town: Any) -> None:
    town = await make_town()
    document = (await town.client.get("/openapi.json")).json()
    with_429, with_key = set(), set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if any("APIKeyHeader" in each for each in operation.get("security", [])):
                with_key.add((path, method))
            if answer := operation["responses"].get("429"):
                with_429.add((path, method))
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorOut"}
    assert len(with_key) == 6
    assert with_429 == with_key
