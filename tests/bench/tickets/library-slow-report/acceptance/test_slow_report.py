"""The circulation report: the same answer as ever, in a few queries."""

from collections import Counter
from datetime import date, timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_init
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalogue.models import Author, Book, Copy
from loans.models import Loan
from members.models import Member
from members.services import make_staff_token

WORDS = ["river", "Bridge", "zoo", "Änderung", "River", "bridge"]
Expected = dict[str, Any]


@pytest.fixture
def desk(db: None) -> Client:
    return Client(headers={"Authorization": f"Bearer {make_staff_token('desk')}"})


def fill(seed: int, books: int, loans: int, years: tuple[int, ...]) -> None:
    """Fill the library at random: some books have no copy, some loans never end."""
    random = Random(seed)
    authors = [Author.objects.create(name=f"{random.choice(WORDS)} {n % 7}") for n in range(12)]
    members = [
        Member.objects.create(card_number=f"{seed}{n:05}", full_name="M", pin_hash="!")
        for n in range(1 + books // 4)
    ]
    copies = []
    for number in range(books):
        title = f"{random.choice(WORDS)} {random.randint(0, 2)}"
        book = Book.objects.create(isbn=f"{seed:03}{number:010}", title=title)
        book.authors.set(random.sample(authors, random.randint(0, 4)))
        for each in range(random.randint(0, 3)):
            copies.append(Copy.objects.create(book=book, barcode=f"{seed}-{number}-{each}"))
    open_copies = set()
    rows = []
    for _ in range(loans):
        copy = random.choice(copies)
        lent_on = date(random.choice(years), 1, 1) + timedelta(days=random.randint(0, 364))
        returned_on: date | None = lent_on + timedelta(days=random.choice((0, 1, 20, 40, 400)))
        if copy.pk not in open_copies and random.random() < 0.2:
            open_copies.add(copy.pk)
            returned_on = None
        rows.append(
            Loan(
                copy=copy,
                member=random.choice(members),
                lent_on=lent_on,
                due_on=lent_on + timedelta(days=28),
                returned_on=returned_on,
            )
        )
    Loan.objects.bulk_create(rows)


def expected(year: int) -> Expected:
    """Work the report out by hand, slowly."""
    last = date(year, 12, 31)
    loans = [loan for loan in Loan.objects.select_related("copy") if loan.lent_on.year == year]
    rows = []
    for book in Book.objects.all():
        own = [loan for loan in loans if loan.copy.book_id == book.pk]
        months = Counter(loan.lent_on.month for loan in own)
        rows.append(
            {
                "book_id": book.pk,
                "title": book.title,
                "authors": sorted(author.name for author in book.authors.all()),
                "copies": Copy.objects.filter(book=book).count(),
                "loans": len(own),
                "members": len({loan.member_id for loan in own}),
                "days_out": sum(
                    (min(loan.returned_on or last, last) - loan.lent_on).days for loan in own
                ),
                "busiest_month": min(months, key=lambda month: (-months[month], month))
                if own
                else None,
            }
        )
    rows.sort(key=lambda row: (-row["loans"], row["title"], row["book_id"]))
    totals = {
        "books": len(rows),
        "loans": len(loans),
        "members": len({loan.member_id for loan in loans}),
    }
    return {"year": year, "totals": totals, "books": rows}


def report(desk: Client, year: int) -> Any:
    answer = desk.get("/api/reports/circulation", {"year": year})
    assert answer.status_code == 200
    return answer.json()


def queries(desk: Client, year: int) -> int:
    with CaptureQueriesContext(connection) as captured:
        report(desk, year)
    return len(captured)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_report_says_what_it_always_said(desk: Client, seed: int) -> None:
    fill(seed, books=40, loans=150, years=(2023, 2024, 2025))
    for year in (2022, 2023, 2024, 2025, 2026):
        assert report(desk, year) == expected(year)


def test_report_of_an_empty_library_is_empty(desk: Client) -> None:
    assert report(desk, 2025) == {
        "year": 2025,
        "totals": {"books": 0, "loans": 0, "members": 0},
        "books": [],
    }


def test_number_of_queries_is_small_and_does_not_grow(desk: Client) -> None:
    fill(4, books=6, loans=10, years=(2025,))
    few = queries(desk, 2025)
    fill(5, books=120, loans=400, years=(2024, 2025))
    many = queries(desk, 2025)
    assert many == few
    assert many <= 10


def test_large_library_is_reported_within_the_limits_of_a_query(desk: Client) -> None:
    Book.objects.bulk_create(
        Book(isbn=f"{number:013}", title=f"Book {number}") for number in range(3000)
    )
    Copy.objects.bulk_create(Copy(book=book, barcode=f"B-{book.pk}") for book in Book.objects.all())
    assert report(desk, 2025)["totals"] == {"books": 3000, "loans": 0, "members": 0}
    assert queries(desk, 2025) <= 10


def test_loans_of_other_years_are_not_loaded(desk: Client) -> None:
    fill(6, books=20, loans=200, years=(2023, 2024))
    seen: list[int] = []

    def note(instance: Loan, **_: Any) -> None:
        seen.append(instance.pk)

    post_init.connect(note, sender=Loan)
    try:
        assert report(desk, 2025)["totals"]["loans"] == 0
    finally:
        post_init.disconnect(note, sender=Loan)
    assert seen == []


@pytest.mark.parametrize("year", ["", "99", "x", "2101"])
def test_year_must_be_a_year(desk: Client, year: str) -> None:
    assert desk.get("/api/reports/circulation", {"year": year}).status_code == 422


def test_report_is_for_the_staff(db: None) -> None:
    assert Client().get("/api/reports/circulation", {"year": 2025}).status_code == 401


def test_database_stays_as_it_is(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())
