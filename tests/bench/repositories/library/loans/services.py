from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from catalogue.models import Copy
from library.errors import Conflict
from loans import fines
from loans.models import Loan
from members.models import Member

LOAN_DAYS = 28


@transaction.atomic
def lend(copy_id: int, member_id: int, lent_on: date) -> Loan:
    copy = get_object_or_404(Copy, pk=copy_id)
    member = get_object_or_404(Member, pk=member_id)
    if Loan.objects.filter(copy=copy, returned_on=None).exists():
        raise Conflict(f"Copy {copy.barcode} is lent.")
    if not fines.can_borrow(member):
        raise Conflict("The member has open fines.")
    due_on = lent_on + timedelta(days=LOAN_DAYS)
    return Loan.objects.create(copy=copy, member=member, lent_on=lent_on, due_on=due_on)


@transaction.atomic
def take_back(loan: Loan, returned_on: date) -> Loan:
    if loan.returned_on is not None:
        raise Conflict("The copy was returned before.")
    if returned_on < loan.lent_on:
        raise Conflict("A copy cannot be returned before it was lent.")
    loan.returned_on = returned_on
    loan.save(update_fields=["returned_on"])
    fines.charge(loan)
    return loan


def find_loans(member_id: int | None, is_open: bool | None) -> QuerySet[Loan]:
    loans = Loan.objects.select_related("fine")
    if member_id is not None:
        loans = loans.filter(member_id=member_id)
    if is_open is not None:
        loans = loans.filter(returned_on__isnull=is_open)
    return loans
