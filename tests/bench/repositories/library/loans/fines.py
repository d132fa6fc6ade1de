"""What late returns cost, and who still has to pay."""

from django.db import transaction

from library.errors import Conflict
from loans.models import Fine, Loan, Payment
from members.models import Member
from members.schemas import StatementFineOut, StatementOut

PER_DAY = 0.25
MOST = 15.0
SHARES = {Member.Tariff.ADULT: 1.0, Member.Tariff.REDUCED: 0.35, Member.Tariff.CHILD: 0.1}


def fine_for(days_late: int, tariff: str) -> float:
    """Return what a loan that is so many days late costs, in euros."""
    per_day = round(PER_DAY * SHARES[Member.Tariff(tariff)], 2)
    return round(min(days_late * per_day, MOST), 2)


def charge(loan: Loan) -> Fine | None:
    """Note the fine of a loan that was returned late."""
    assert loan.returned_on is not None
    days_late = (loan.returned_on - loan.due_on).days
    if days_late <= 0:
        return None
    return Fine.objects.create(loan=loan, amount=fine_for(days_late, loan.member.tariff))


def open_amount(member: Member) -> float:
    """Return what a member has to pay still, in euros."""
    fines = Fine.objects.filter(loan__member=member)
    payments = Payment.objects.filter(member=member)
    total = sum(float(fine.amount) for fine in fines)
    return total - sum(float(payment.amount) for payment in payments)


def can_borrow(member: Member) -> bool:
    return open_amount(member) == 0


def statement(member: Member) -> StatementOut:
    fines = Fine.objects.filter(loan__member=member).order_by("id")
    rows = [StatementFineOut(loan_id=fine.loan_id, amount=float(fine.amount)) for fine in fines]
    total = sum(row.amount for row in rows)
    paid = sum(float(payment.amount) for payment in Payment.objects.filter(member=member))
    return StatementOut(
        fines=rows, total=total, paid=paid, open=total - paid, can_borrow=can_borrow(member)
    )


@transaction.atomic
def take_payment(member: Member, amount: float) -> StatementOut:
    if amount > open_amount(member):
        raise Conflict("That is more than is open.")
    Payment.objects.create(member=member, amount=amount)
    return statement(member)
