from datetime import date

from ninja import ModelSchema, Schema

from loans.models import Fine, Loan


class LoanIn(Schema):
    copy_id: int
    member_id: int
    lent_on: date | None = None


class ReturnIn(Schema):
    returned_on: date | None = None


class LoanOut(ModelSchema):
    copy_id: int
    member_id: int
    fine: float | None

    class Meta:
        model = Loan
        fields = ("id", "lent_on", "due_on", "returned_on")

    @staticmethod
    def resolve_fine(loan: Loan) -> float | None:
        try:
            return float(loan.fine.amount)
        except Fine.DoesNotExist:
            return None
