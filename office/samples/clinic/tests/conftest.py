from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from appointments.models import Appointment
from patients.models import Patient

MakeAppointment = Callable[..., Appointment]


@pytest.fixture
def client(db: None) -> APIClient:
    """A client that is logged in as a member of the staff."""
    client = APIClient()
    client.force_authenticate(User.objects.create_user("reception"))
    return client


@pytest.fixture
def patient(db: None) -> Patient:
    return Patient.objects.create(full_name="First Patient", born_on=date(1980, 5, 17))


@pytest.fixture
def make_appointment(patient: Patient) -> MakeAppointment:
    """Store an appointment tomorrow; each further one is a day later."""

    def make(status: str = Appointment.Status.SCHEDULED, **fields: object) -> Appointment:
        days = 1 + Appointment.objects.count()
        values: dict[str, object] = {
            "patient": patient,
            "doctor_name": "Doctor One",
            "starts_at": timezone.now() + timedelta(days=days),
            "status": status,
        }
        return Appointment.objects.create(**(values | fields))

    return make
