import pytest
from httpx import AsyncClient

from tests.conftest import MakeParcel, StoppedClock


async def test_way_of_a_parcel_is_shown_oldest_first(
    client: AsyncClient, make_parcel: MakeParcel, person: dict[str, str], clock: StoppedClock
) -> None:
    parcel = await make_parcel()
    for status, place in [("in_transit", "Depot 4"), ("out_for_delivery", "Van 12")]:
        clock.forward(minutes=5)
        event = {"status": status, "place": place}
        answer = await client.post(f"/parcels/{parcel['id']}/events", json=event, headers=person)
        assert answer.status_code == 201
    events = (await client.get(f"/parcels/{parcel['id']}/events", headers=person)).json()
    assert [event["place"] for event in events] == ["Depot 4", "Van 12"]
    assert events[0]["happened_at"] == "2026-03-02T12:05:00Z"


@pytest.mark.parametrize("status", ["delivered", "returned", "registered"])
async def test_step_that_makes_no_sense_is_a_conflict(
    client: AsyncClient, make_parcel: MakeParcel, person: dict[str, str], status: str
) -> None:
    parcel = await make_parcel()
    event = {"status": status, "place": "Depot 4"}
    answer = await client.post(f"/parcels/{parcel['id']}/events", json=event, headers=person)
    assert answer.status_code == 409


async def test_anybody_with_the_code_follows_a_parcel(
    client: AsyncClient, make_parcel: MakeParcel
) -> None:
    parcel = await make_parcel()
    answer = await client.get(f"/tracking/{str(parcel['tracking_code']).lower()}")
    assert answer.status_code == 200
    assert answer.json() == {
        "tracking_code": parcel["tracking_code"],
        "status": "registered",
        "events": [],
    }


async def test_unknown_code_is_not_found(client: AsyncClient) -> None:
    assert (await client.get("/tracking/NOTHING")).status_code == 404
