import pytest
from httpx import AsyncClient

from tests.conftest import MakeParcel, StoppedClock


async def test_parcel_is_registered_with_price_and_code(make_parcel: MakeParcel) -> None:
    parcel = await make_parcel(weight_grams=1001)
    assert parcel["status"] == "registered"
    assert parcel["price_cents"] == 639
    assert len(str(parcel["tracking_code"])) == 12


async def test_reference_is_taken_once_per_account(
    client: AsyncClient, make_parcel: MakeParcel, person: dict[str, str], stranger: dict[str, str]
) -> None:
    parcel = await make_parcel()
    names = ("reference", "receiver_name", "postcode", "country", "weight_grams")
    again = {name: parcel[name] for name in names}
    assert (await client.post("/parcels", json=again, headers=person)).status_code == 409
    assert (await client.post("/parcels", json=again, headers=stranger)).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [("weight_grams", 0), ("weight_grams", 31_501), ("country", "de"), ("postcode", "1")],
)
async def test_parcel_that_we_cannot_send_is_rejected(
    client: AsyncClient, person: dict[str, str], field: str, value: object
) -> None:
    data = {
        "reference": "ORDER-1",
        "receiver_name": "Some Receiver",
        "postcode": "10115",
        "country": "DE",
        "weight_grams": 900,
    }
    answer = await client.post("/parcels", json=data | {field: value}, headers=person)
    assert answer.status_code == 422
    assert answer.json()["details"][0]["field"] == f"body.{field}"


async def test_parcels_are_listed_newest_first_in_pages(
    client: AsyncClient, make_parcel: MakeParcel, person: dict[str, str], clock: StoppedClock
) -> None:
    for _ in range(3):
        await make_parcel()
        clock.forward(minutes=1)
    body = (await client.get("/parcels", params={"limit": 2}, headers=person)).json()
    assert [item["reference"] for item in body["items"]] == ["ORDER-3", "ORDER-2"]
    assert (body["total"], body["limit"], body["offset"]) == (3, 2, 0)


async def test_parcels_are_filtered_by_status(
    client: AsyncClient, make_parcel: MakeParcel, person: dict[str, str]
) -> None:
    moved = await make_parcel()
    await make_parcel()
    event = {"status": "in_transit", "place": "Depot 4"}
    await client.post(f"/parcels/{moved['id']}/events", json=event, headers=person)
    body = (await client.get("/parcels", params={"status": "in_transit"}, headers=person)).json()
    assert [item["id"] for item in body["items"]] == [moved["id"]]
    assert body["total"] == 1


async def test_parcels_of_others_are_not_there(
    client: AsyncClient, make_parcel: MakeParcel, stranger: dict[str, str]
) -> None:
    parcel = await make_parcel()
    assert (await client.get(f"/parcels/{parcel['id']}", headers=stranger)).status_code == 404
    assert (await client.get("/parcels", headers=stranger)).json()["total"] == 0


async def test_parcels_are_for_those_who_are_signed_in(client: AsyncClient) -> None:
    assert (await client.get("/parcels")).status_code == 401
