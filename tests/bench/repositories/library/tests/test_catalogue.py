import pytest

from catalogue.isbn import normalised
from catalogue.models import Author, Book, Copy
from tests.conftest import Desk


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("978-3-16-148410-0", "9783161484100"),
        ("3-16-148410-X", "9783161484100"),
        ("9783161484101", None),
        ("3161484101", None),
        ("12345", None),
        ("", None),
    ],
)
def test_isbn_is_kept_as_thirteen_digits(text: str, digits: str | None) -> None:
    assert normalised(text) == digits


def test_book_is_added_with_its_authors(desk: Desk) -> None:
    author = desk.post_json("/api/authors", {"name": "First Author"}).json()
    data = {"isbn": "3-16-148410-X", "title": "Rivers", "author_ids": [author["id"]]}
    answer = desk.post_json("/api/books", data)
    assert answer.status_code == 201
    assert answer.json()["isbn"] == "9783161484100"
    assert answer.json()["authors"] == [author]


def test_second_book_with_the_same_isbn_is_a_conflict(desk: Desk, book: Book) -> None:
    data = {"isbn": book.isbn, "title": "Other", "author_ids": [book.authors.get().pk]}
    answer = desk.post_json("/api/books", data)
    assert answer.status_code == 409
    assert answer.json() == {"detail": "There is a book with the ISBN 9783161484100."}


def test_book_needs_known_authors(desk: Desk) -> None:
    data = {"isbn": "9783161484100", "title": "Rivers", "author_ids": [99]}
    assert desk.post_json("/api/books", data).status_code == 404


def test_book_needs_an_isbn(desk: Desk) -> None:
    data = {"isbn": "1", "title": "Rivers", "author_ids": [1]}
    assert desk.post_json("/api/books", data).status_code == 422


def test_book_is_read_with_its_copies(desk: Desk, copy: Copy) -> None:
    body = desk.get(f"/api/books/{copy.book_id}").json()
    assert body["copies"] == [{"id": copy.pk, "barcode": "C-1", "shelf": ""}]


def test_barcode_is_taken_once(desk: Desk, copy: Copy) -> None:
    answer = desk.post_json(f"/api/books/{copy.book_id}/copies", {"barcode": "C-1"})
    assert answer.status_code == 409


def test_books_are_listed_by_title_in_pages(desk: Desk, book: Book) -> None:
    Book.objects.create(isbn="9780306406157", title="Bridges")
    body = desk.get("/api/books", {"limit": 1}).json()
    assert [item["title"] for item in body["items"]] == ["Bridges"]
    assert body["count"] == 2


@pytest.mark.parametrize("search", ["river", "first", "author RIV"])
def test_books_are_found_by_words_of_title_and_author(desk: Desk, book: Book, search: str) -> None:
    Book.objects.create(isbn="9780306406157", title="Bridges")
    body = desk.get("/api/books", {"search": search}).json()
    assert [item["title"] for item in body["items"]] == ["Rivers"]


def test_import_adds_what_it_can_and_tells_the_rest(desk: Desk, book: Book) -> None:
    rows = [
        "isbn,title,published,authors",
        "0-306-40615-2,Bridges,1980,Second Author; First Author",
        "9783161484100,Rivers,,",
        "123,Nothing,,",
        "9781861972712,,,",
    ]
    body = desk.post_json("/api/books/import", {"csv": "\n".join(rows)}).json()
    assert body["added"] == 1
    assert body["refused"] == [
        {"line": 3, "reason": "ISBN taken"},
        {"line": 4, "reason": "no ISBN"},
        {"line": 5, "reason": "no title"},
    ]
    assert Author.objects.count() == 2
