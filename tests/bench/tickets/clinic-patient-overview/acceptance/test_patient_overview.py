"""What the list of patients shows of their appointments, and how many queries that takes."""

from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from appointments.models import Appointment
from patients.models import Patient


@pytest.fixture
def client(db: None) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("desk"))
    return client


def add_patient(name: str = "P") -> Patient:
    return Patient.objects.create(full_name=name, born_on=date(1980, 1, 1))


def book(patient: Patient, days: float, doctor: str = "Doctor One", **fields: Any) -> Appointment:
    starts_at = timezone.now().replace(microsecond=0) + timedelta(days=days)
    values = {"patient": patient, "doctor_name": doctor, "starts_at": starts_at} | fields
    return Appointment.objects.create(**values)


def shown(client: APIClient, patient: Patient) -> dict[str, Any]:
    (listed,) = (
        item for item in client.get("/patients").json()["results"] if item["id"] == patient.pk
    )
    assert client.get(f"/patients/{patient.pk}").json() == listed
    return listed


def test_patient_without_appointments_shows_none(client: APIClient) -> None:
    body = shown(client, add_patient())
    assert (body["upcoming_appointments"], body["next_appointment"]) == (0, None)


def test_earliest_upcoming_appointment_is_shown(client: APIClient) -> None:
    patient = add_patient()
    book(patient, 5)
    soon = book(patient, 2, "Doctor Two")
    book(patient, 9)
    body = shown(client, patient)
    assert body["upcoming_appointments"] == 3
    assert set(body["next_appointment"]) == {"id", "doctor_name", "starts_at"}
    assert body["next_appointment"]["id"] == soon.pk
    assert body["next_appointment"]["doctor_name"] == "Doctor Two"
    assert body["next_appointment"]["starts_at"].endswith("Z")
    assert datetime.fromisoformat(body["next_appointment"]["starts_at"]) == soon.starts_at


@pytest.mark.parametrize(
    ("days", "status"),
    [(1, "completed"), (1, "cancelled"), (1, "no_show"), (-1, "scheduled"), (-0.01, "scheduled")],
)
def test_appointment_that_is_over_does_not_count(
    client: APIClient, days: float, status: str
) -> None:
    patient = add_patient()
    book(patient, days, status=status)
    assert shown(client, patient)["upcoming_appointments"] == 0
    later = book(patient, 3)
    body = shown(client, patient)
    assert body["upcoming_appointments"] == 1
    assert body["next_appointment"]["id"] == later.pk


def test_of_two_at_the_same_time_the_lower_id_is_next(client: APIClient) -> None:
    patient = add_patient()
    starts_at = timezone.now() + timedelta(days=1)
    first, _second = (
        book(patient, 1, doctor, starts_at=starts_at) for doctor in ("Doctor Z", "Doctor A")
    )
    assert shown(client, patient)["next_appointment"]["id"] == first.pk


def test_patients_are_not_mixed_up(client: APIClient) -> None:
    patients = [add_patient(name) for name in "CAB"]
    for number, patient in enumerate(patients):
        for day in range(number):
            book(patient, 1 + day, f"Doctor {number}")
    body = client.get("/patients").json()
    assert [item["full_name"] for item in body["results"]] == ["A", "B", "C"]
    assert [item["upcoming_appointments"] for item in body["results"]] == [1, 2, 0]
    names = [(item["next_appointment"] or {}).get("doctor_name") for item in body["results"]]
    assert names == ["Doctor 1", "Doctor 2", None]


def test_new_and_changed_patients_show_it_too_and_nobody_sets_it(client: APIClient) -> None:
    sent = {"upcoming_appointments": 7, "next_appointment": {"id": 1}}
    data = {"full_name": "New", "born_on": "1990-01-31"} | sent
    made = client.post("/patients", data)
    assert made.status_code == 201
    assert made.json()["upcoming_appointments"] == 0
    assert made.json()["next_appointment"] is None
    appointment = book(Patient.objects.get(pk=made.json()["id"]), 1)
    changed = client.patch(f"/patients/{made.json()['id']}", {"phone": "1"} | sent)
    assert changed.status_code == 200
    assert changed.json()["phone"] == "1"
    assert changed.json()["upcoming_appointments"] == 1
    assert changed.json()["next_appointment"]["id"] == appointment.pk


def test_patients_are_filtered_by_what_is_upcoming(client: APIClient) -> None:
    busy, idle, past = (add_patient(name) for name in "ABC")
    book(busy, 1)
    book(busy, 2)
    book(past, -1)
    book(past, 1, status="cancelled")

    def found(value: str) -> list[int]:
        body = client.get("/patients", {"has_upcoming": value}).json()
        assert body["count"] == len(body["results"])
        return [item["id"] for item in body["results"]]

    assert found("true") == [busy.pk]
    assert found("false") == [idle.pk, past.pk]
    assert found("") == [busy.pk, idle.pk, past.pk]


def test_filter_keeps_pages_whole(client: APIClient) -> None:
    for number in range(5):
        patient = add_patient(f"P{number}")
        for day in range(1 + number % 3):
            book(patient, 1 + day, f"Doctor {number}")
    page = {"has_upcoming": "true", "limit": 2, "offset": 2}
    body = client.get("/patients", page).json()
    assert body["count"] == 5
    assert [item["full_name"] for item in body["results"]] == ["P2", "P3"]


@pytest.mark.parametrize("value", ["maybe", "2"])
def test_other_value_of_the_filter_is_told(client: APIClient, value: str) -> None:
    answer = client.get("/patients", {"has_upcoming": value})
    assert answer.status_code == 400
    assert list(answer.json()) == ["has_upcoming"]


def queries(client: APIClient, **query: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get("/patients", query).status_code == 200
    return len(captured)


def test_number_of_queries_does_not_grow(client: APIClient) -> None:
    book(add_patient("A"), 1)
    few = queries(client), queries(client, has_upcoming="true")
    for number in range(18):
        patient = add_patient(f"P{number}")
        for day in range(number):
            book(patient, 1 + day, f"Doctor {number}")
    many = queries(client), queries(client, has_upcoming="true")
    assert many == few
    assert max(many) <= 5


def test_openapi_document_has_it_all(capsys: pytest.CaptureFixture[str]) -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert capsys.readouterr().err == ""
    document = yaml.safe_load(out.getvalue())
    parameters = document["paths"]["/patients"]["get"]["parameters"]
    assert "has_upcoming" in {parameter["name"] for parameter in parameters}
    properties = document["components"]["schemas"]["Patient"]["properties"]
    assert {"upcoming_appointments", "next_appointment"} <= set(properties)


def test_database_stays_as_it_is(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())
