from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from appointments.models import Appointment
from patients.models import Patient
from tests.conftest import MakeAppointment


@pytest.fixture
def next_week() -> datetime:
    return timezone.now() + timedelta(days=7)


def test_appointment_is_booked_as_scheduled(
    client: APIClient, patient: Patient, next_week: datetime
) -> None:
    data = {"patient": patient.pk, "doctor_name": "Doctor One", "starts_at": next_week}
    response = client.post("/appointments", data)
    assert response.status_code == 201
    assert response.json()["status"] == "scheduled"


def test_appointment_must_start_in_the_future(client: APIClient, patient: Patient) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    data = {"patient": patient.pk, "doctor_name": "Doctor One", "starts_at": yesterday}
    response = client.post("/appointments", data)
    assert response.status_code == 400
    assert response.json() == {"starts_at": ["An appointment must start in the future."]}


def test_appointment_needs_a_known_patient(client: APIClient, next_week: datetime) -> None:
    data = {"patient": 99, "doctor_name": "Doctor One", "starts_at": next_week}
    response = client.post("/appointments", data)
    assert response.status_code == 400
    assert list(response.json()) == ["patient"]


def test_doctor_cannot_be_booked_twice_at_the_same_time(
    client: APIClient, patient: Patient, make_appointment: MakeAppointment
) -> None:
    taken = make_appointment()
    data = {
        "patient": patient.pk,
        "doctor_name": taken.doctor_name,
        "starts_at": taken.starts_at,
    }
    response = client.post("/appointments", data)
    assert response.status_code == 400
    assert response.json() == {"starts_at": ["The doctor is taken at this time."]}


def test_time_of_a_cancelled_appointment_is_free_again(
    client: APIClient, patient: Patient, make_appointment: MakeAppointment
) -> None:
    gone = make_appointment(status=Appointment.Status.CANCELLED)
    data = {"patient": patient.pk, "doctor_name": gone.doctor_name, "starts_at": gone.starts_at}
    assert client.post("/appointments", data).status_code == 201


def test_status_cannot_be_set_when_booking(
    client: APIClient, patient: Patient, next_week: datetime
) -> None:
    data = {
        "patient": patient.pk,
        "doctor_name": "Doctor One",
        "starts_at": next_week,
        "status": "completed",
    }
    assert client.post("/appointments", data).json()["status"] == "scheduled"


def test_appointments_are_listed_by_start(
    client: APIClient, make_appointment: MakeAppointment
) -> None:
    first, second = make_appointment(), make_appointment()
    body = client.get("/appointments").json()
    assert [item["id"] for item in body["results"]] == [first.pk, second.pk]


def test_appointments_of_one_patient_are_listed(
    client: APIClient, make_appointment: MakeAppointment, patient: Patient
) -> None:
    other = Patient.objects.create(full_name="Other Patient", born_on=patient.born_on)
    make_appointment()
    wanted = make_appointment(patient=other)
    body = client.get("/appointments", {"patient": other.pk}).json()
    assert [item["id"] for item in body["results"]] == [wanted.pk]


def test_patient_filter_must_be_a_number(client: APIClient) -> None:
    response = client.get("/appointments", {"patient": "x"})
    assert response.status_code == 400
    assert response.json() == {"patient": ["A valid integer is required."]}


def test_scheduled_appointment_can_be_completed(
    client: APIClient, make_appointment: MakeAppointment
) -> None:
    appointment = make_appointment()
    response = client.post(f"/appointments/{appointment.pk}/complete")
    assert response.status_code == 200
    assert response.json()["status"] == "completed"


@pytest.mark.parametrize("status", ["completed", "cancelled", "no_show"])
def test_appointment_that_is_over_cannot_be_completed(
    client: APIClient, make_appointment: MakeAppointment, status: str
) -> None:
    appointment = make_appointment(status=status)
    response = client.post(f"/appointments/{appointment.pk}/complete")
    assert response.status_code == 409
    assert response.json() == {"detail": f"An appointment that is {status} cannot be completed."}


def test_unknown_appointment_cannot_be_completed(client: APIClient) -> None:
    assert client.post("/appointments/99/complete").status_code == 404
