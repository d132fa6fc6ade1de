from django.db import connection
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from catalogue.api import authors, books
from library.auth import StaffAuth
from library.errors import Conflict
from loans.api import router as loans
from members.api import router as members
from reports.api import router as reports

api = NinjaAPI(title="Library", version="2.3.0", auth=StaffAuth())
api.add_router("/authors", authors)
api.add_router("/books", books)
api.add_router("/members", members)
api.add_router("/loans", loans)
api.add_router("/reports", reports)


@api.exception_handler(Conflict)
def answer_conflict(request: HttpRequest, error: Conflict) -> HttpResponse:
    return api.create_response(request, {"detail": str(error)}, status=error.status)


@api.get("/health", auth=None)
def health(request: HttpRequest) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"status": "ok"}
