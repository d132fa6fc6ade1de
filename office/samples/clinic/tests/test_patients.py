from datetime import timedelta

from django.utils import timezone
from rest_framework.test import APIClient

from patients.models import Patient


def test_patient_is_registered(client: APIClient) -> None:
    data = {"full_name": "New Patient", "born_on": "1990-01-31", "phone": "555 0100"}
    response = client.post("/patients", data)
    assert response.status_code == 201
    assert response.json().items() >= data.items()


def test_patient_needs_a_name(client: APIClient) -> None:
    response = client.post("/patients", {"full_name": " ", "born_on": "1990-01-31"})
    assert response.status_code == 400
    assert response.json() == {"full_name": ["This field may not be blank."]}


def test_patient_cannot_be_born_in_the_future(client: APIClient) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    response = client.post("/patients", {"full_name": "New", "born_on": tomorrow.isoformat()})
    assert response.status_code == 400
    assert response.json() == {"born_on": ["A date of birth cannot be in the future."]}


def test_phone_number_of_a_patient_can_change(client: APIClient, patient: Patient) -> None:
    response = client.patch(f"/patients/{patient.pk}", {"phone": "555 0199"})
    assert response.status_code == 200
    patient.refresh_from_db()
    assert patient.phone == "555 0199"


def test_unknown_patient_is_not_found(client: APIClient) -> None:
    assert client.get("/patients/99").status_code == 404


def test_patients_are_listed_by_name_in_pages(client: APIClient, patient: Patient) -> None:
    Patient.objects.create(full_name="Another Patient", born_on=patient.born_on)
    body = client.get("/patients", {"limit": 1}).json()
    assert body["count"] == 2
    assert [item["full_name"] for item in body["results"]] == ["Another Patient"]
