from datetime import date

from catalogue.models import Book
from loans.models import Loan
from members.models import Member
from reports.schemas import BookCirculationOut, CirculationOut, TotalsOut


def circulation(year: int) -> CirculationOut:
    """Return how each book was lent in a year, the most lent one first."""
    books = [_book(book, year) for book in Book.objects.all()]
    books.sort(key=lambda row: (-row.loans, row.title, row.book_id))
    totals = TotalsOut(
        books=len(books), loans=sum(row.loans for row in books), members=_members(year)
    )
    return CirculationOut(year=year, totals=totals, books=books)


def _book(book: Book, year: int) -> BookCirculationOut:
    loans: list[Loan] = []
    for copy in book.copies.all():
        loans.extend(loan for loan in copy.loans.all() if loan.lent_on.year == year)
    return BookCirculationOut(
        book_id=book.pk,
        title=book.title,
        authors=sorted(author.name for author in book.authors.all()),
        copies=book.copies.count(),
        loans=len(loans),
        members=len({loan.member for loan in loans}),
        days_out=sum(_days_out(loan, year) for loan in loans),
        busiest_month=_busiest_month(loans),
    )


def _days_out(loan: Loan, year: int) -> int:
    last = date(year, 12, 31)
    return (min(loan.returned_on or last, last) - loan.lent_on).days


def _busiest_month(loans: list[Loan]) -> int | None:
    counts = [sum(loan.lent_on.month == month for loan in loans) for month in range(1, 13)]
    return counts.index(max(counts)) + 1 if any(counts) else None


def _members(year: int) -> int:
    found = 0
    for member in Member.objects.all():
        if any(loan.lent_on.year == year for loan in member.loans.all()):
            found += 1
    return found
