from fastapi.testclient import TestClient

from shop.models import Customer


def test_customer_is_created_with_a_lower_case_email(client: TestClient) -> None:
    response = client.post("/customers", json={"name": "New", "email": "New@Example.com"})
    assert response.status_code == 201
    assert response.json()["email"] == "new@example.com"


def test_second_customer_with_the_same_email_is_a_conflict(
    client: TestClient, customer: Customer
) -> None:
    response = client.post("/customers", json={"name": "Twin", "email": customer.email})
    assert response.status_code == 409
    assert response.json()["code"] == "conflict"


def test_customer_needs_a_plausible_email(client: TestClient) -> None:
    response = client.post("/customers", json={"name": "New", "email": "nowhere"})
    assert response.status_code == 422


def test_customer_is_read_by_id(client: TestClient, customer: Customer) -> None:
    response = client.get(f"/customers/{customer.id}")
    assert response.status_code == 200
    assert response.json()["name"] == "First Customer"


def test_unknown_customer_is_not_found(client: TestClient) -> None:
    response = client.get("/customers/99")
    assert response.status_code == 404
    assert response.json()["message"] == "Customer 99 does not exist."
