from fastapi.testclient import TestClient


def test_unknown_path_answers_with_the_error_model(client: TestClient) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert response.json() == {"code": "not_found", "message": "Not Found", "details": []}


def test_wrong_method_answers_with_the_error_model(client: TestClient) -> None:
    response = client.delete("/orders")
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


def test_invalid_body_names_the_field(client: TestClient) -> None:
    response = client.post("/customers", json={"name": "", "email": "first@example.com"})
    assert response.status_code == 422
    body = response.json()
    assert body["code"] == "validation_error"
    assert [detail["field"] for detail in body["details"]] == ["body.name"]


def test_openapi_documents_the_error_model_for_422(client: TestClient) -> None:
    answers = client.get("/openapi.json").json()["paths"]["/products"]["get"]["responses"]
    schema = answers["422"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/ErrorOut"}
