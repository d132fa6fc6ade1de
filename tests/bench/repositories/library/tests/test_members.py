"""PINs are hashed here as they are in production, which is slow on purpose."""

import pytest

from tests.conftest import Desk

MEMBER = {"card_number": "200001", "full_name": "New Member", "tariff": "child", "pin": "4711"}


def sign_in(desk: Desk, pin: str, card_number: str = "200001") -> int:
    answer = desk.post_json("/api/members/sign-in", {"card_number": card_number, "pin": pin})
    return int(answer.status_code)


def test_member_is_added(desk: Desk) -> None:
    answer = desk.post_json("/api/members", MEMBER)
    assert answer.status_code == 201
    assert answer.json()["tariff"] == "child"
    assert "pin" not in answer.json()


def test_card_is_taken_once(desk: Desk) -> None:
    desk.post_json("/api/members", MEMBER)
    assert desk.post_json("/api/members", MEMBER).status_code == 409


@pytest.mark.parametrize("pin", ["123", "123456789", "12a4", ""])
def test_pin_has_four_to_eight_digits(desk: Desk, pin: str) -> None:
    assert desk.post_json("/api/members", MEMBER | {"pin": pin}).status_code == 422


def test_member_signs_in_with_card_and_pin(desk: Desk) -> None:
    desk.post_json("/api/members", MEMBER)
    assert sign_in(desk, "4711") == 200
    assert sign_in(desk, "4712") == 401
    assert sign_in(desk, "4711", card_number="999999") == 401


def test_five_wrong_pins_lock_the_card_until_the_desk_opens_it(desk: Desk) -> None:
    member = desk.post_json("/api/members", MEMBER).json()
    assert [sign_in(desk, "0000") for _ in range(5)] == [401] * 5
    assert sign_in(desk, "4711") == 423
    assert desk.get(f"/api/members/{member['id']}").json()["is_locked"] is True
    assert desk.post_json(f"/api/members/{member['id']}/unlock").json()["is_locked"] is False
    assert sign_in(desk, "4711") == 200


def test_right_pin_forgives_the_wrong_ones_before(desk: Desk) -> None:
    desk.post_json("/api/members", MEMBER)
    for pin in ("0000", "0000", "0000", "0000", "4711", "0000"):
        sign_in(desk, pin)
    assert sign_in(desk, "4711") == 200


def test_members_of_a_school_are_added_together(desk: Desk) -> None:
    members = [MEMBER | {"card_number": str(300_000 + n), "pin": f"{n:04}"} for n in range(25)]
    answer = desk.post_json("/api/members/import", {"members": members})
    assert (answer.status_code, answer.json()) == (201, {"added": 25})
    assert [sign_in(desk, f"{n:04}", str(300_000 + n)) for n in range(0, 25, 5)] == [200] * 5


def test_import_of_members_is_all_or_nothing(desk: Desk) -> None:
    member = desk.post_json("/api/members", MEMBER).json()
    members = [MEMBER | {"card_number": "200002"}, MEMBER]
    assert desk.post_json("/api/members/import", {"members": members}).status_code == 409
    assert desk.get(f"/api/members/{member['id'] + 1}").status_code == 404
