import pytest
from httpx import AsyncClient


@pytest.mark.parametrize(
    ("grams", "country", "zone", "price"),
    [
        (1, "DE", "home", 549),
        (1000, "DE", "home", 549),
        (1001, "DE", "home", 639),
        (2500, "FR", "neighbour", 1710),
        (31_500, "JP", "world", 25_830),
    ],
)
async def test_price_grows_with_each_kilogram_that_is_begun(
    client: AsyncClient, machine: dict[str, str], grams: int, country: str, zone: str, price: int
) -> None:
    data = {"weight_grams": grams, "country": country}
    answer = await client.post("/quotes", json=data, headers=machine)
    assert answer.json() == {"zone": zone, "price_cents": price}


async def test_quotes_are_for_those_who_are_signed_in(client: AsyncClient) -> None:
    data = {"weight_grams": 1, "country": "DE"}
    assert (await client.post("/quotes", json=data)).status_code == 401
