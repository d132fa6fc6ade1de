"""Refresh tokens: sign-in, rotation, reuse, time, and what the database holds."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import create_engine, inspect, pool

from courier.main import create_app
from courier.models import Base
from courier.settings import Settings

ROOT = Path(__file__).parents[1]
PERSON = {"email": "first@example.com", "password": "correct horse battery"}
TABLES = {"alembic_version", "users", "api_keys", "parcels", "tracking_events"}


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
def path(tmp_path: Path) -> Path:
    return tmp_path / "courier.db"


@pytest.fixture
def config(path: Path) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", f"sqlite+aiosqlite:///{path}")
    command.upgrade(config, "head")
    return config


@pytest.fixture
def settings(config: Config, path: Path) -> Settings:
    return Settings(database_url=f"sqlite+aiosqlite:///{path}")


@pytest.fixture
async def client(settings: Settings, clock: StoppedClock) -> AsyncIterator[AsyncClient]:
    app = create_app(settings, clock)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        answer = await client.post("/auth/register", json=PERSON | {"company": "First Shop"})
        assert answer.status_code == 201
        yield client
    await app.state.engine.dispose()


async def sign_in(client: AsyncClient) -> dict[str, Any]:
    answer = await client.post("/auth/token", json=PERSON)
    assert answer.status_code == 200
    return answer.json()


async def refresh(client: AsyncClient, token: str) -> Response:
    return await client.post("/auth/refresh", json={"refresh_token": token})


async def renewed(client: AsyncClient, token: str) -> str:
    answer = await refresh(client, token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["refresh_token"])


def is_refused(answer: Response) -> bool:
    return answer.status_code == 401 and answer.json()["code"] == "invalid_refresh_token"


async def me(client: AsyncClient, token: str) -> int:
    answer = await client.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


async def test_sign_in_answers_a_refresh_token_too(client: AsyncClient) -> None:
    body = await sign_in(client)
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert body["refresh_expires_in"] == 2_592_000
    assert len(body["refresh_token"]) >= 20
    assert await me(client, body["access_token"]) == 200


async def test_refresh_answers_new_tokens(client: AsyncClient, clock: StoppedClock) -> None:
    first = await sign_in(client)
    clock.forward(minutes=20)
    assert await me(client, first["access_token"]) == 401
    answer = await refresh(client, first["refresh_token"])
    assert answer.status_code == 200
    second = answer.json()
    assert set(second) == set(first)
    assert second["refresh_token"] != first["refresh_token"]
    assert (second["expires_in"], second["refresh_expires_in"]) == (900, 2_592_000)
    assert await me(client, second["access_token"]) == 200


async def test_tokens_can_be_renewed_again_and_again(client: AsyncClient) -> None:
    token = (await sign_in(client))["refresh_token"]
    seen = {token}
    for _ in range(5):
        token = await renewed(client, token)
        seen.add(token)
    assert len(seen) == 6


async def test_second_use_voids_all_of_the_sign_in(client: AsyncClient) -> None:
    first = (await sign_in(client))["refresh_token"]
    other = (await sign_in(client))["refresh_token"]
    second = await renewed(client, first)
    third = await renewed(client, second)
    assert is_refused(await refresh(client, first))
    assert is_refused(await refresh(client, third))
    assert is_refused(await refresh(client, second))
    await renewed(client, other)


async def test_second_use_long_after_still_voids_all(
    client: AsyncClient, clock: StoppedClock
) -> None:
    first = (await sign_in(client))["refresh_token"]
    clock.forward(days=20)
    second = await renewed(client, first)
    clock.forward(days=5)
    assert is_refused(await refresh(client, first))
    assert is_refused(await refresh(client, second))


async def test_token_is_over_after_thirty_days(client: AsyncClient, clock: StoppedClock) -> None:
    early, late = [(await sign_in(client))["refresh_token"] for _ in range(2)]
    clock.forward(days=29, hours=23, minutes=59, seconds=59)
    await renewed(client, early)
    clock.forward(seconds=1)
    assert is_refused(await refresh(client, late))


async def test_each_token_has_thirty_days_of_its_own(
    client: AsyncClient, clock: StoppedClock
) -> None:
    token = (await sign_in(client))["refresh_token"]
    for _ in range(4):
        clock.forward(days=29)
        token = await renewed(client, token)


async def test_number_of_days_is_a_setting(settings: Settings, clock: StoppedClock) -> None:
    app = create_app(settings.model_copy(update={"refresh_token_days": 2}), clock)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        await client.post("/auth/register", json=PERSON | {"company": "First Shop"})
        body = await sign_in(client)
        assert body["refresh_expires_in"] == 172_800
        clock.forward(days=2)
        assert is_refused(await refresh(client, body["refresh_token"]))
    await app.state.engine.dispose()


def test_setting_is_thirty_and_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().refresh_token_days == 30
    monkeypatch.setenv("REFRESH_TOKEN_DAYS", "7")
    assert Settings().refresh_token_days == 7


@pytest.mark.parametrize("token", ["nothing", "", "x" * 300, "ä"])
async def test_unknown_token_is_refused(client: AsyncClient, token: str) -> None:
    answer = await refresh(client, token)
    assert answer.status_code in {401} | ({422} if token in {"", "x" * 300} else set())


async def test_body_without_a_token_is_rejected(client: AsyncClient) -> None:
    for path in ("/auth/refresh", "/auth/logout"):
        answer = await client.post(path, json={})
        assert answer.status_code == 422
        assert answer.json()["details"][0]["field"] == "body.refresh_token"


async def test_logout_voids_all_of_the_sign_in(client: AsyncClient) -> None:
    first = (await sign_in(client))["refresh_token"]
    other = (await sign_in(client))["refresh_token"]
    second = await renewed(client, first)
    answer = await client.post("/auth/logout", json={"refresh_token": second})
    assert (answer.status_code, answer.content) == (204, b"")
    assert is_refused(await refresh(client, second))
    await renewed(client, other)


async def test_logout_with_a_spent_token_ends_the_sign_in_too(client: AsyncClient) -> None:
    first = (await sign_in(client))["refresh_token"]
    second = await renewed(client, first)
    answer = await client.post("/auth/logout", json={"refresh_token": first})
    assert answer.status_code == 204
    assert is_refused(await refresh(client, second))


async def test_logout_never_tells_whether_a_token_was_good(
    client: AsyncClient, clock: StoppedClock
) -> None:
    token = (await sign_in(client))["refresh_token"]
    clock.forward(days=31)
    for each in (token, token, "nothing"):
        answer = await client.post("/auth/logout", json={"refresh_token": each})
        assert answer.status_code == 204


async def test_kinds_of_tokens_are_not_mixed_up(client: AsyncClient) -> None:
    body = await sign_in(client)
    assert await me(client, body["refresh_token"]) == 401
    assert is_refused(await refresh(client, body["access_token"]))
    await renewed(client, body["refresh_token"])


async def test_database_holds_no_token_that_could_be_used(client: AsyncClient, path: Path) -> None:
    first = (await sign_in(client))["refresh_token"]
    second = await renewed(client, first)
    content = b"".join(file.read_bytes() for file in path.parent.glob("courier.db*"))
    for token in (first, second):
        assert token.encode() not in content


def test_migration_agrees_with_the_models_and_can_be_undone(config: Config, path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}", poolclass=pool.NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    command.downgrade(config, "0003")
    assert set(inspect(engine).get_table_names()) == TABLES
    columns = {column["name"] for column in inspect(engine).get_columns("users")}
    assert columns == {"id", "email", "company", "password_hash", "created_at"}
    command.upgrade(config, "head")
