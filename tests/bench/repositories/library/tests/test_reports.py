from datetime import date

from catalogue.models import Book
from tests.conftest import Desk, MakeLoan, MakeMember


def test_circulation_tells_how_a_book_was_lent(
    desk: Desk, make_loan: MakeLoan, make_member: MakeMember, book: Book
) -> None:
    make_loan(lent_on=date(2025, 3, 1), returned_on=date(2025, 3, 11))
    make_loan(lent_on=date(2025, 5, 1), returned_on=date(2025, 5, 6))
    make_loan(lent_on=date(2025, 12, 22), member=make_member())
    body = desk.get("/api/reports/circulation", {"year": 2025}).json()
    assert body["totals"] == {"books": 1, "loans": 3, "members": 2}
    assert body["books"] == [
        {
            "book_id": book.pk,
            "title": "Rivers",
            "authors": ["First Author"],
            "copies": 1,
            "loans": 3,
            "members": 2,
            "days_out": 24,
            "busiest_month": 3,
        }
    ]


def test_book_that_nobody_took_is_in_the_report(desk: Desk, book: Book) -> None:
    (row,) = desk.get("/api/reports/circulation", {"year": 2025}).json()["books"]
    assert (row["loans"], row["days_out"], row["busiest_month"]) == (0, 0, None)


def test_year_must_be_a_year(desk: Desk) -> None:
    assert desk.get("/api/reports/circulation", {"year": 99}).status_code == 422
