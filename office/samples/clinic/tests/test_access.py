import pytest
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient


@pytest.mark.parametrize("path", ["/patients", "/appointments", "/appointments/1"])
def test_nothing_is_shown_without_a_token(path: str) -> None:
    response = APIClient().get(path)
    assert response.status_code == 401
    assert response.json() == {"detail": "Authentication credentials were not provided."}


def test_valid_token_opens_the_door(db: None) -> None:
    user = User.objects.create_user("reception")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
    assert client.get("/patients").status_code == 200
