from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router

from reports import services
from reports.schemas import CirculationOut

router = Router(tags=["reports"])


@router.get("/circulation", response=CirculationOut)
def circulation(
    request: HttpRequest, year: Annotated[int, Query(ge=1900, le=2100)]
) -> CirculationOut:
    return services.circulation(year)
