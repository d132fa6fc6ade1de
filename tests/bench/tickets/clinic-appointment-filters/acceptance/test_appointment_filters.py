"""Filters and order of GET /appointments."""

from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework.test import APIClient

from appointments.models import Appointment
from patients.models import Patient


@pytest.fixture
def client(db: None) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("desk"))
    return client


@pytest.fixture
def patient(db: None) -> Patient:
    return Patient.objects.create(full_name="P", born_on=date(1980, 1, 1))


def book(patient: Patient, day: int, doctor: str = "Doctor One", **fields: Any) -> int:
    values = {"starts_at": datetime(2026, 3, day, 8, tzinfo=UTC)} | fields
    return Appointment.objects.create(patient=patient, doctor_name=doctor, **values).pk


@pytest.fixture
def four(patient: Patient) -> list[int]:
    return [
        book(patient, 2),
        book(patient, 3, "doctor ONETTI", status="no_show"),
        book(patient, 4, "Doctor Two", status="completed"),
        book(patient, 5, "Doctor Two"),
    ]


def ids(client: APIClient, query: Any = None) -> list[int]:
    answer = client.get("/appointments", query or {})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["count"] == len(body["results"])
    return [item["id"] for item in body["results"]]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({}, [0, 1, 2, 3]),
        ({"doctor": "one"}, [0, 1]),
        ({"doctor": "OCTOR t"}, [2, 3]),
        ({"doctor": "%"}, []),
        ({"doctor": "_"}, []),
        ({"status": "scheduled"}, [0, 3]),
        ({"status": ["scheduled", "no_show"]}, [0, 1, 3]),
        ({"starts_from": "2026-03-03T08:00:00Z"}, [1, 2, 3]),
        ({"starts_from": "2026-03-03T10:00:01+02:00"}, [2, 3]),
        ({"starts_from": "2026-03-03T08:00:00"}, [1, 2, 3]),
        ({"starts_before": "2026-03-03T08:00:00Z"}, [0]),
        ({"starts_before": "2026-03-03T10:00:01+02:00"}, [0, 1]),
        ({"starts_from": "2026-03-03T00:00:00Z", "starts_before": "2026-03-05T00:00:00Z"}, [1, 2]),
        ({"starts_from": "2026-03-05T00:00:00Z", "starts_before": "2026-03-03T00:00:00Z"}, []),
        ({"ordering": "starts_at"}, [0, 1, 2, 3]),
        ({"ordering": "-starts_at"}, [3, 2, 1, 0]),
        ({"doctor": "two", "status": "scheduled", "ordering": "-starts_at"}, [3]),
        (dict.fromkeys(("doctor", "status", "starts_from", "starts_before", "ordering"), ""), None),
    ],
)
def test_list_holds_what_matches(
    client: APIClient, four: list[int], query: dict[str, Any], places: list[int] | None
) -> None:
    wanted = four if places is None else [four[place] for place in places]
    assert ids(client, query) == wanted


def test_filters_go_together_with_the_patient(
    client: APIClient, four: list[int], patient: Patient
) -> None:
    other = Patient.objects.create(full_name="Q", born_on=date(1980, 1, 1))
    his = book(other, 9)
    assert ids(client, {"patient": other.pk, "doctor": "one"}) == [his]
    assert ids(client, {"patient": patient.pk, "doctor": "one"}) == four[:2]


def test_same_start_is_ordered_by_id_in_both_directions(
    client: APIClient, patient: Patient
) -> None:
    same = [book(patient, 2, f"Doctor {number}") for number in range(4)]
    assert ids(client) == same
    assert ids(client, {"ordering": "-starts_at"}) == same[::-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "lost"),
        ("status", ["scheduled", "lost"]),
        ("starts_from", "tomorrow"),
        ("starts_from", "2026-02-30T08:00:00Z"),
        ("starts_before", "tomorrow"),
        ("starts_before", "2026-13-01T00:00:00Z"),
        ("ordering", "patient"),
        ("ordering", "--starts_at"),
    ],
)
def test_value_that_means_nothing_is_told(client: APIClient, name: str, value: Any) -> None:
    answer = client.get("/appointments", {name: value})
    assert answer.status_code == 400
    assert list(answer.json()) == [name]
    assert isinstance(answer.json()[name], list)


def test_next_page_keeps_the_filters(client: APIClient, patient: Patient) -> None:
    wanted = [book(patient, day, status="no_show") for day in (2, 3, 4)]
    book(patient, 1)
    page = client.get("/appointments", {"status": "no_show", "limit": 2, "doctor": "one"}).json()
    assert page["count"] == 3
    assert page["previous"] is None
    last = client.get(page["next"]).json()
    seen = [item["id"] for item in page["results"] + last["results"]]
    assert seen == wanted
    assert last["next"] is None


def test_page_has_a_hundred_at_most(client: APIClient, patient: Patient) -> None:
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    Appointment.objects.bulk_create(
        Appointment(patient=patient, doctor_name=f"Doctor {number}", starts_at=start)
        for number in range(103)
    )
    body = client.get("/appointments", {"limit": 1000}).json()
    assert (len(body["results"]), body["count"]) == (100, 103)
    assert len(client.get("/appointments", {"limit": 30}).json()["results"]) == 30
    assert len(client.get("/appointments").json()["results"]) == 20


def test_other_answers_are_as_before(client: APIClient, four: list[int]) -> None:
    assert client.get(f"/appointments/{four[2]}", {"status": "scheduled"}).status_code == 200
    answer = client.post(f"/appointments/{four[0]}/complete?doctor=nobody")
    assert answer.status_code == 200
    assert client.get("/appointments", {"patient": "x"}).status_code == 400


def test_openapi_document_names_the_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert capsys.readouterr().err == ""
    parameters = yaml.safe_load(out.getvalue())["paths"]["/appointments"]["get"]["parameters"]
    names = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    wanted = {"doctor", "status", "starts_from", "starts_before", "ordering"}
    assert wanted | {"patient", "limit", "offset"} <= names
