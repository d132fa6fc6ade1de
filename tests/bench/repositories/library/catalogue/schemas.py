from ninja import ModelSchema, Schema
from pydantic import Field, field_validator

from catalogue.isbn import normalised
from catalogue.models import Author, Book, Copy


class AuthorIn(Schema):
    name: str = Field(min_length=1, max_length=120)


class AuthorOut(ModelSchema):
    class Meta:
        model = Author
        fields = ("id", "name")


class BookIn(Schema):
    isbn: str
    title: str = Field(min_length=1, max_length=200)
    published: int | None = Field(default=None, ge=1400, le=2100)
    author_ids: list[int] = Field(min_length=1, max_length=20)

    @field_validator("isbn")
    @classmethod
    def check_isbn(cls, value: str) -> str:
        found = normalised(value)
        if found is None:
            raise ValueError("This is no ISBN.")
        return found


class BookOut(ModelSchema):
    authors: list[AuthorOut]

    class Meta:
        model = Book
        fields = ("id", "isbn", "title", "published")


class CopyIn(Schema):
    barcode: str = Field(min_length=1, max_length=20)
    shelf: str = Field(default="", max_length=20)


class CopyOut(ModelSchema):
    class Meta:
        model = Copy
        fields = ("id", "barcode", "shelf")


class BookDetailOut(BookOut):
    copies: list[CopyOut]


class ImportIn(Schema):
    csv: str = Field(max_length=5_000_000, description="Columns isbn, title, published, authors.")


class Refused(Schema):
    line: int
    reason: str


class ImportOut(Schema):
    added: int
    refused: list[Refused]
