from ninja import Schema
from pydantic import Field


class BookCirculationOut(Schema):
    book_id: int
    title: str
    authors: list[str] = Field(description="Names in alphabetical order.")
    copies: int
    loans: int = Field(description="Loans that began in the year.")
    members: int = Field(description="Different members among them.")
    days_out: int = Field(description="Days these loans lasted within the year.")
    busiest_month: int | None = Field(description="1 to 12; the earlier one of two alike.")


class TotalsOut(Schema):
    books: int
    loans: int
    members: int


class CirculationOut(Schema):
    year: int
    totals: TotalsOut
    books: list[BookCirculationOut]
