from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.pagination import paginate

from catalogue import services
from catalogue.models import Author, Book, Copy
from catalogue.schemas import (
    AuthorIn,
    AuthorOut,
    BookDetailOut,
    BookIn,
    BookOut,
    CopyIn,
    CopyOut,
    ImportIn,
    ImportOut,
)

authors = Router(tags=["authors"])
books = Router(tags=["books"])


@authors.post("", response={201: AuthorOut})
def add_author(request: HttpRequest, data: AuthorIn) -> Status[Author]:
    return Status(201, Author.objects.create(name=data.name))


@books.post("", response={201: BookOut})
def add_book(request: HttpRequest, data: BookIn) -> Status[Book]:
    return Status(201, services.add_book(data))


@books.post("/import", response=ImportOut)
def import_books(request: HttpRequest, data: ImportIn) -> ImportOut:
    return services.import_books(data.csv)


@books.get("", response=list[BookOut])
@paginate
def list_books(request: HttpRequest, search: str = "") -> QuerySet[Book]:
    return services.find_books(search)


@books.get("/{int:book_id}", response=BookDetailOut)
def read_book(request: HttpRequest, book_id: int) -> Book:
    return get_object_or_404(Book.objects.prefetch_related("authors", "copies"), pk=book_id)


@books.post("/{int:book_id}/copies", response={201: CopyOut})
def add_copy(request: HttpRequest, book_id: int, data: CopyIn) -> Status[Copy]:
    return Status(201, services.add_copy(get_object_or_404(Book, pk=book_id), data))
