from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from catalogue.models import Author, Book, Copy
from loans.models import Loan
from members.models import Member
from members.services import make_staff_token

MakeMember = Callable[..., Member]
MakeLoan = Callable[..., Loan]


class Desk(Client):
    """A client with the token of somebody of the staff, that speaks JSON."""

    def post_json(self, path: str, data: object = None) -> Any:
        return self.post(path, data or {}, content_type="application/json")


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(headers={"Authorization": f"Bearer {make_staff_token('desk')}"})


@pytest.fixture
def book(db: None) -> Book:
    book = Book.objects.create(isbn="9783161484100", title="Rivers", published=1998)
    book.authors.add(Author.objects.create(name="First Author"))
    return book


@pytest.fixture
def copy(book: Book) -> Copy:
    return Copy.objects.create(book=book, barcode="C-1")


@pytest.fixture
def make_member(db: None) -> MakeMember:
    """Store a member without a PIN, which would take its time to hash."""

    def make(tariff: str = Member.Tariff.ADULT) -> Member:
        number = 100_000 + Member.objects.count()
        return Member.objects.create(
            card_number=str(number), full_name=f"Member {number}", tariff=tariff, pin_hash="!"
        )

    return make


@pytest.fixture
def member(make_member: MakeMember) -> Member:
    return make_member()


@pytest.fixture
def make_loan(copy: Copy, member: Member) -> MakeLoan:
    """Store a loan of 28 days; open unless it says when it ended."""

    def make(lent_on: date = date(2026, 1, 5), **fields: object) -> Loan:
        values: dict[str, object] = {"copy": copy, "member": member, "lent_on": lent_on}
        values["due_on"] = lent_on + timedelta(days=28)
        return Loan.objects.create(**(values | fields))

    return make
