import pytest
from httpx import AsyncClient

from tests.conftest import PASSWORD, StoppedClock


async def test_account_is_made_with_a_lower_case_email(client: AsyncClient) -> None:
    data = {"email": "New@Example.com", "company": "New Shop", "password": PASSWORD}
    answer = await client.post("/auth/register", json=data)
    assert answer.status_code == 201
    assert answer.json()["email"] == "new@example.com"
    assert "password" not in answer.text


async def test_second_account_with_the_same_email_is_a_conflict(
    client: AsyncClient, person: dict[str, str]
) -> None:
    data = {"email": "first@example.com", "company": "Twin", "password": PASSWORD}
    assert (await client.post("/auth/register", json=data)).status_code == 409


async def test_short_password_is_rejected(client: AsyncClient) -> None:
    data = {"email": "new@example.com", "company": "New Shop", "password": "short"}
    answer = await client.post("/auth/register", json=data)
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["details"]] == ["body.password"]


@pytest.mark.parametrize(
    ("email", "password"), [("first@example.com", "wrong"), ("nobody@example.com", PASSWORD)]
)
async def test_wrong_credentials_all_get_the_same_answer(
    client: AsyncClient, person: dict[str, str], email: str, password: str
) -> None:
    answer = await client.post("/auth/token", json={"email": email, "password": password})
    assert answer.status_code == 401
    assert answer.json()["message"] == "E-mail or password is wrong."


async def test_access_token_says_how_long_it_holds(
    client: AsyncClient, person: dict[str, str]
) -> None:
    data = {"email": "first@example.com", "password": PASSWORD}
    body = (await client.post("/auth/token", json=data)).json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)


async def test_person_sees_the_own_account(client: AsyncClient, person: dict[str, str]) -> None:
    answer = await client.get("/auth/me", headers=person)
    assert answer.status_code == 200
    assert answer.json()["email"] == "first@example.com"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x.y.z"}])
async def test_nobody_without_a_token_has_an_account(
    client: AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.get("/auth/me", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_access_token_is_over_after_its_time(
    client: AsyncClient, person: dict[str, str], clock: StoppedClock
) -> None:
    clock.forward(minutes=14, seconds=59)
    assert (await client.get("/auth/me", headers=person)).status_code == 200
    clock.forward(seconds=1)
    assert (await client.get("/auth/me", headers=person)).status_code == 401
