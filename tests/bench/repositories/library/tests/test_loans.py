from datetime import date

import pytest

from catalogue.models import Copy
from loans.models import Loan
from members.models import Member
from tests.conftest import Desk, MakeLoan, MakeMember


def test_copy_is_lent_for_four_weeks(desk: Desk, copy: Copy, member: Member) -> None:
    data = {"copy_id": copy.pk, "member_id": member.pk, "lent_on": "2026-01-05"}
    answer = desk.post_json("/api/loans", data)
    assert answer.status_code == 201
    assert answer.json()["due_on"] == "2026-02-02"
    assert answer.json()["fine"] is None


def test_copy_is_lent_once_at_a_time(
    desk: Desk, copy: Copy, member: Member, make_loan: MakeLoan
) -> None:
    make_loan()
    answer = desk.post_json("/api/loans", {"copy_id": copy.pk, "member_id": member.pk})
    assert answer.status_code == 409
    assert answer.json() == {"detail": "Copy C-1 is lent."}


def test_unknown_copy_is_not_found(desk: Desk, member: Member) -> None:
    answer = desk.post_json("/api/loans", {"copy_id": 99, "member_id": member.pk})
    assert answer.status_code == 404


def test_return_in_time_costs_nothing(desk: Desk, make_loan: MakeLoan) -> None:
    loan = make_loan(lent_on=date(2026, 1, 5))
    answer = desk.post_json(f"/api/loans/{loan.pk}/return", {"returned_on": "2026-02-02"})
    assert answer.status_code == 200
    assert answer.json()["fine"] is None


@pytest.mark.parametrize(
    ("returned_on", "fine"), [("2026-02-03", 0.25), ("2026-02-12", 2.5), ("2026-12-31", 15.0)]
)
def test_late_return_costs_a_fine_by_the_day(
    desk: Desk, make_loan: MakeLoan, returned_on: str, fine: float
) -> None:
    loan = make_loan(lent_on=date(2026, 1, 5))
    answer = desk.post_json(f"/api/loans/{loan.pk}/return", {"returned_on": returned_on})
    assert answer.json()["fine"] == fine


@pytest.mark.parametrize("returned_on", ["2026-01-04", "2026-01-20"])
def test_return_that_makes_no_sense_is_a_conflict(
    desk: Desk, make_loan: MakeLoan, returned_on: str
) -> None:
    ended = None if returned_on < "2026-01-05" else date(2026, 1, 19)
    loan = make_loan(lent_on=date(2026, 1, 5), returned_on=ended)
    answer = desk.post_json(f"/api/loans/{loan.pk}/return", {"returned_on": returned_on})
    assert answer.status_code == 409


def test_loans_are_filtered(
    desk: Desk, make_loan: MakeLoan, make_member: MakeMember, member: Member
) -> None:
    ended = make_loan(returned_on=date(2026, 1, 20))
    running = make_loan(member=make_member(), lent_on=date(2026, 2, 1))

    def listed(**filters: object) -> list[int]:
        return [item["id"] for item in desk.get("/api/loans", filters).json()["items"]]

    assert listed() == [running.pk, ended.pk]
    assert listed(is_open="true") == [running.pk]
    assert listed(member_id=member.pk) == [ended.pk]


def late_loan(desk: Desk, make_loan: MakeLoan, returned_on: str) -> Loan:
    loan = make_loan(lent_on=date(2026, 1, 5))
    desk.post_json(f"/api/loans/{loan.pk}/return", {"returned_on": returned_on})
    return loan


def test_statement_shows_fines_and_what_is_open(
    desk: Desk, make_loan: MakeLoan, member: Member
) -> None:
    loan = late_loan(desk, make_loan, "2026-02-06")
    body = desk.get(f"/api/members/{member.pk}/statement").json()
    assert body == {
        "fines": [{"loan_id": loan.pk, "amount": 1.0}],
        "total": 1.0,
        "paid": 0.0,
        "open": 1.0,
        "can_borrow": False,
    }


def test_member_with_open_fines_cannot_borrow_until_they_are_paid(
    desk: Desk, make_loan: MakeLoan, member: Member, copy: Copy
) -> None:
    late_loan(desk, make_loan, "2026-02-06")
    wanted = {"copy_id": copy.pk, "member_id": member.pk}
    assert desk.post_json("/api/loans", wanted).status_code == 409
    paid = desk.post_json(f"/api/members/{member.pk}/payments", {"amount": 1.0})
    assert paid.json()["can_borrow"] is True
    assert desk.post_json("/api/loans", wanted).status_code == 201


def test_nobody_pays_more_than_is_open(desk: Desk, make_loan: MakeLoan, member: Member) -> None:
    late_loan(desk, make_loan, "2026-02-06")
    answer = desk.post_json(f"/api/members/{member.pk}/payments", {"amount": 1.5})
    assert answer.status_code == 409
