from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from ninja.pagination import paginate

from loans import services
from loans.models import Loan
from loans.schemas import LoanIn, LoanOut, ReturnIn

router = Router(tags=["loans"])


@router.post("", response={201: LoanOut})
def lend(request: HttpRequest, data: LoanIn) -> Status[Loan]:
    lent_on = data.lent_on or timezone.localdate()
    return Status(201, services.lend(data.copy_id, data.member_id, lent_on))


@router.get("", response=list[LoanOut])
@paginate
def list_loans(
    request: HttpRequest, member_id: int | None = None, is_open: bool | None = None
) -> QuerySet[Loan]:
    return services.find_loans(member_id, is_open)


@router.post("/{int:loan_id}/return", response=LoanOut)
def take_back(request: HttpRequest, loan_id: int, data: ReturnIn) -> Loan:
    loan = get_object_or_404(Loan, pk=loan_id)
    return services.take_back(loan, data.returned_on or timezone.localdate())
