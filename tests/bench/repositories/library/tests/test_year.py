"""A year in a library of the size of ours: import, lending, returns, and the numbers at the end."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from catalogue.isbn import normalised
from catalogue.models import Book, Copy
from loans.models import Loan
from members.models import Member
from tests.conftest import Desk, MakeMember

BOOKS = 1500
MEMBERS = 120
LOANS = 2500
WORDS = [
    "River",
    "Bridge",
    "Garden",
    "Winter",
    "Harbour",
    "Letter",
    "Stone",
    "Island",
    "Mirror",
    "Orchard",
]


def catalogue_csv() -> str:
    rows = ["isbn,title,published,authors"]
    for number in range(BOOKS):
        body = f"97830{number:07}"
        isbn = next(filter(None, (normalised(f"{body}{digit}") for digit in range(10))))
        title = f"{WORDS[number % 10]} and {WORDS[number // 10 % 10]}, volume {number // 100 + 1}"
        rows.append(f'{isbn},"{title}",{1950 + number % 70},Author {number % 300}')
    return "\n".join(rows)


@pytest.fixture
def catalogue(desk: Desk) -> list[Copy]:
    answer = desk.post_json("/api/books/import", {"csv": catalogue_csv()})
    assert answer.json() == {"added": BOOKS, "refused": []}
    books = Book.objects.order_by("id")
    return Copy.objects.bulk_create(
        Copy(book=book, barcode=f"B{book.pk}-{number}") for book in books for number in (1, 2)
    )


@pytest.fixture
def year(catalogue: list[Copy], make_member: MakeMember) -> list[Loan]:
    """Loans all over 2025; each copy comes back before it is lent again."""
    random = Random(2025)
    members = [make_member() for _ in range(MEMBERS)]
    free_on = dict.fromkeys((copy.pk for copy in catalogue), date(2025, 1, 2))
    loans = []
    while len(loans) < LOANS:
        copy, member = random.choice(catalogue), random.choice(members)
        lent_on = free_on[copy.pk] + timedelta(days=random.randint(0, 90))
        returned_on = lent_on + timedelta(days=random.randint(1, 28))
        if returned_on.year == 2025:
            free_on[copy.pk] = returned_on
            due_on = lent_on + timedelta(days=28)
            loans.append(
                Loan(
                    copy=copy,
                    member=member,
                    lent_on=lent_on,
                    due_on=due_on,
                    returned_on=returned_on,
                )
            )
    return Loan.objects.bulk_create(loans)


def test_catalogue_can_be_imported_again_without_doubles(desk: Desk, catalogue: list[Copy]) -> None:
    body = desk.post_json("/api/books/import", {"csv": catalogue_csv()}).json()
    assert body["added"] == 0
    assert len(body["refused"]) == BOOKS
    assert Book.objects.count() == BOOKS


def test_every_page_of_the_catalogue_can_be_read(desk: Desk, catalogue: list[Copy]) -> None:
    seen: list[int] = []
    while page := desk.get("/api/books", {"limit": 50, "offset": len(seen)}).json()["items"]:
        seen.extend(book["id"] for book in page)
    assert len(seen) == len(set(seen)) == BOOKS


@pytest.mark.parametrize("search", ["river", "mirror author", "stone 12", "orchard winter"])
def test_search_finds_what_a_reader_would_find(
    desk: Desk, catalogue: list[Copy], search: str
) -> None:
    wanted = 0
    for book in Book.objects.all():
        texts = [book.title.lower(), *(author.name.lower() for author in book.authors.all())]
        wanted += all(any(word in text for text in texts) for word in search.split())
    assert wanted > 0
    assert desk.get("/api/books", {"search": search}).json()["count"] == wanted


def test_year_ends_with_numbers_that_add_up(desk: Desk, year: list[Loan]) -> None:
    body = desk.get("/api/reports/circulation", {"year": 2025}).json()
    lent = Counter(loan.copy.book_id for loan in year)
    assert body["totals"]["loans"] == LOANS
    assert {row["book_id"]: row["loans"] for row in body["books"] if row["loans"]} == dict(lent)
    assert [row["loans"] for row in body["books"]] == sorted(
        (row["loans"] for row in body["books"]), reverse=True
    )


def test_year_before_was_quiet(desk: Desk, year: list[Loan]) -> None:
    body = desk.get("/api/reports/circulation", {"year": 2024}).json()
    assert body["totals"] == {"books": BOOKS, "loans": 0, "members": 0}


def test_every_member_can_borrow_after_a_year_without_late_returns(
    desk: Desk, year: list[Loan]
) -> None:
    members = Member.objects.values_list("pk", flat=True)
    statements = [desk.get(f"/api/members/{member}/statement").json() for member in members]
    assert all(statement["can_borrow"] for statement in statements)
