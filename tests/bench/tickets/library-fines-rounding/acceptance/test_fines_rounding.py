"""Fines, statements and payments to the cent."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from catalogue.models import Book, Copy
from loans.models import Fine, Loan, Payment
from members.models import Member
from members.services import make_staff_token

LENT = date(2024, 1, 1)
DUE = LENT + timedelta(days=28)


@pytest.fixture
def desk(db: None) -> Client:
    return Client(headers={"Authorization": f"Bearer {make_staff_token('desk')}"})


def add_member(tariff: str = "adult") -> Member:
    number = 100_000 + Member.objects.count()
    return Member.objects.create(
        card_number=str(number), full_name="M", tariff=tariff, pin_hash="!"
    )


def add_loan(member: Member) -> Loan:
    book, _ = Book.objects.get_or_create(isbn="9783161484100", title="Rivers")
    copy = Copy.objects.create(book=book, barcode=f"C-{Copy.objects.count()}")
    return Loan.objects.create(copy=copy, member=member, lent_on=LENT, due_on=DUE)


def charged(member: Member, *amounts: str) -> Member:
    for amount in amounts:
        loan = add_loan(member)
        loan.returned_on = DUE + timedelta(days=1)
        loan.save()
        Fine.objects.create(loan=loan, amount=Decimal(amount))
    return member


def send(desk: Client, path: str, text: str) -> Any:
    return desk.post(path, text, content_type="application/json")


def read(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content, parse_float=Decimal)


def statement(desk: Client, member: Member) -> Any:
    return read(desk.get(f"/api/members/{member.pk}/statement"))


def pay(desk: Client, member: Member, amount: str) -> Any:
    return send(desk, f"/api/members/{member.pk}/payments", f'{{"amount": {amount}}}')


@pytest.mark.parametrize(
    ("tariff", "days", "fine"),
    [
        ("reduced", 1, "0.09"),
        ("reduced", 2, "0.18"),
        ("reduced", 6, "0.53"),
        ("reduced", 10, "0.88"),
        ("reduced", 30, "2.63"),
        ("reduced", 171, "14.96"),
        ("reduced", 172, "15.00"),
        ("child", 1, "0.03"),
        ("child", 3, "0.08"),
        ("child", 10, "0.25"),
        ("child", 41, "1.03"),
        ("child", 599, "14.98"),
        ("child", 601, "15.00"),
        ("adult", 1, "0.25"),
        ("adult", 59, "14.75"),
        ("adult", 61, "15.00"),
    ],
)
def test_fine_is_rounded_once_and_half_up(desk: Client, tariff: str, days: int, fine: str) -> None:
    member = add_member(tariff)
    loan = add_loan(member)
    returned_on = DUE + timedelta(days=days)
    body = read(send(desk, f"/api/loans/{loan.pk}/return", f'{{"returned_on": "{returned_on}"}}'))
    assert body["fine"] == Decimal(fine)
    assert Fine.objects.get().amount == Decimal(fine)
    shown = statement(desk, member)
    assert [row["amount"] for row in shown["fines"]] == [Decimal(fine)]
    assert shown["open"] == Decimal(fine)


def test_return_in_time_still_costs_nothing(desk: Client) -> None:
    loan = add_loan(add_member("child"))
    body = read(send(desk, f"/api/loans/{loan.pk}/return", f'{{"returned_on": "{DUE}"}}'))
    assert body["fine"] is None
    assert not Fine.objects.exists()


@pytest.mark.parametrize(
    ("fines", "total"),
    [
        (("0.10", "0.20", "0.40"), "0.70"),
        (("0.40", "0.20", "0.10"), "0.70"),
        (("0.10",) * 3, "0.30"),
        (("1.10", "2.20", "0.03"), "3.33"),
        (("15.00", "14.98", "0.09") * 7, "210.49"),
    ],
)
def test_statement_is_exact(desk: Client, fines: tuple[str, ...], total: str) -> None:
    member = charged(add_member(), *fines)
    body = statement(desk, member)
    assert [row["amount"] for row in body["fines"]] == [Decimal(fine) for fine in fines]
    assert (body["total"], body["paid"], body["open"]) == (Decimal(total), 0, Decimal(total))
    assert body["can_borrow"] is False
    assert read(pay(desk, member, total))["can_borrow"] is True


def test_amounts_are_numbers_with_two_decimals_at_most(desk: Client) -> None:
    member = charged(add_member(), "0.10", "0.20", "0.40")
    pay(desk, member, "0.10")
    body = statement(desk, member)
    for amount in (
        body["total"],
        body["paid"],
        body["open"],
        *(f["amount"] for f in body["fines"]),
    ):
        assert isinstance(amount, Decimal | int)
        assert not isinstance(amount, bool)
        assert Decimal(amount).normalize().as_tuple().exponent >= -2


@pytest.mark.parametrize(
    "payments", [("0.70",), ("0.30", "0.40"), ("0.1",) * 7, ("0.61", "0.09"), ("0.35", "0.35")]
)
def test_fines_are_settled_by_exactly_what_is_open(desk: Client, payments: tuple[str, ...]) -> None:
    member = charged(add_member(), "0.10", "0.20", "0.40")
    for number, amount in enumerate(payments, start=1):
        body = read(pay(desk, member, amount))
        paid = sum(map(Decimal, payments[:number]), Decimal(0))
        assert (body["paid"], body["open"]) == (paid, Decimal("0.70") - paid)
        assert body["can_borrow"] is (number == len(payments))
    assert statement(desk, member)["can_borrow"] is True
    copy = Copy.objects.create(book=Book.objects.get(), barcode="NEW")
    answer = send(desk, "/api/loans", json.dumps({"copy_id": copy.pk, "member_id": member.pk}))
    assert answer.status_code == 201


def test_one_cent_that_is_open_forbids_a_loan(desk: Client) -> None:
    member = charged(add_member(), "0.10", "0.20", "0.40")
    assert read(pay(desk, member, "0.69"))["can_borrow"] is False
    copy = Copy.objects.create(book=Book.objects.get(), barcode="NEW")
    answer = send(desk, "/api/loans", json.dumps({"copy_id": copy.pk, "member_id": member.pk}))
    assert answer.status_code == 409


@pytest.mark.parametrize("fines", [("0.10", "0.20", "0.40"), ("0.40", "0.20", "0.10"), ("0.70",)])
def test_one_cent_too_much_is_a_conflict(desk: Client, fines: tuple[str, ...]) -> None:
    member = charged(add_member(), *fines)
    assert pay(desk, member, "0.71").status_code == 409
    assert not Payment.objects.exists()
    assert pay(desk, member, "0.70").status_code == 200
    assert pay(desk, member, "0.01").status_code == 409


@pytest.mark.parametrize("amount", ["0.125", "0.001", "0", "-1", "0.009", '"much"', "null"])
def test_payment_in_parts_of_cents_is_rejected(desk: Client, amount: str) -> None:
    member = charged(add_member(), "0.70")
    assert pay(desk, member, amount).status_code == 422
    assert not Payment.objects.exists()


def test_member_without_fines_owes_nothing(desk: Client) -> None:
    body = statement(desk, add_member())
    assert body == {"fines": [], "total": 0, "paid": 0, "open": 0, "can_borrow": True}


def test_database_stays_as_it_is(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())
