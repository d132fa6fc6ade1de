import pytest
from django.core.management import call_command
from django.test import Client

from members.models import StaffToken


@pytest.mark.parametrize("path", ["/api/books", "/api/loans", "/api/members/1"])
def test_nothing_is_shown_without_a_token(db: None, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Unauthorized"}


def test_token_of_the_staff_opens_the_door(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("make_staff_token", "desk")
    token = capsys.readouterr().out.strip()
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get("/api/books").status_code == 200
    assert token not in str(list(StaffToken.objects.values()))


def test_health_is_for_anyone(db: None) -> None:
    assert Client().get("/api/health").json() == {"status": "ok"}
