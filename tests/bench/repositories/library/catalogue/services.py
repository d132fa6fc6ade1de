import csv
import io

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404

from catalogue.isbn import normalised
from catalogue.models import Author, Book, Copy
from catalogue.schemas import BookIn, CopyIn, ImportOut, Refused
from library.errors import Conflict


@transaction.atomic
def add_book(data: BookIn) -> Book:
    authors = Author.objects.filter(pk__in=data.author_ids)
    if len(authors) != len(set(data.author_ids)):
        raise Http404("There is no such author.")
    if Book.objects.filter(isbn=data.isbn).exists():
        raise Conflict(f"There is a book with the ISBN {data.isbn}.")
    book = Book.objects.create(isbn=data.isbn, title=data.title, published=data.published)
    book.authors.set(authors)
    return book


def add_copy(book: Book, data: CopyIn) -> Copy:
    try:
        with transaction.atomic():
            return Copy.objects.create(book=book, barcode=data.barcode, shelf=data.shelf)
    except IntegrityError as error:
        raise Conflict(f"There is a copy with the barcode {data.barcode}.") from error


def find_books(search: str) -> QuerySet[Book]:
    """Return the books with the words in their title or in an author's name."""
    books = Book.objects.prefetch_related("authors")
    for word in search.split():
        books = books.filter(Q(title__icontains=word) | Q(authors__name__icontains=word))
    return books.distinct()


@transaction.atomic
def import_books(text: str) -> ImportOut:
    """Add a book for each row; a row that cannot be added is told with its line."""
    added, refused = 0, []
    known = set(Book.objects.values_list("isbn", flat=True))
    authors = {author.name: author for author in Author.objects.all()}
    for line, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        isbn, title = normalised(row.get("isbn") or ""), (row.get("title") or "").strip()
        if isbn is None or not title:
            refused.append(Refused(line=line, reason="no ISBN" if isbn is None else "no title"))
            continue
        if isbn in known:
            refused.append(Refused(line=line, reason="ISBN taken"))
            continue
        known.add(isbn)
        published = row.get("published") or ""
        book = Book.objects.create(
            isbn=isbn, title=title[:200], published=int(published) if published.isdigit() else None
        )
        for name in filter(None, (part.strip() for part in (row.get("authors") or "").split(";"))):
            if name not in authors:
                authors[name] = Author.objects.create(name=name[:120])
            book.authors.add(authors[name])
        added += 1
    return ImportOut(added=added, refused=refused)
