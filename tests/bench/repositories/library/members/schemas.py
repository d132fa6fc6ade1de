from ninja import ModelSchema, Schema
from pydantic import Field

from members.models import Member


class MemberIn(Schema):
    card_number: str = Field(pattern=r"^\d{6,12}$")
    full_name: str = Field(min_length=1, max_length=120)
    tariff: Member.Tariff = Member.Tariff.ADULT
    pin: str = Field(pattern=r"^\d{4,8}$")


class MemberOut(ModelSchema):
    is_locked: bool

    class Meta:
        model = Member
        fields = ("id", "card_number", "full_name", "tariff", "joined_on")

    @staticmethod
    def resolve_is_locked(member: Member) -> bool:
        from members.services import is_locked

        return is_locked(member)


class MembersIn(Schema):
    members: list[MemberIn] = Field(min_length=1, max_length=500)


class AddedOut(Schema):
    added: int


class SignInIn(Schema):
    card_number: str
    pin: str


class StatementFineOut(Schema):
    loan_id: int
    amount: float


class StatementOut(Schema):
    """Amounts are in euros."""

    fines: list[StatementFineOut]
    total: float
    paid: float
    open: float
    can_borrow: bool


class PaymentIn(Schema):
    amount: float = Field(gt=0, le=10_000)
