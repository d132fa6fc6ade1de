from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.errors import HttpError

from loans import fines
from members import services
from members.models import Member
from members.schemas import (
    AddedOut,
    MemberIn,
    MemberOut,
    MembersIn,
    PaymentIn,
    SignInIn,
    StatementOut,
)

router = Router(tags=["members"])


@router.post("", response={201: MemberOut})
def add_member(request: HttpRequest, data: MemberIn) -> Status[Member]:
    return Status(201, services.add_member(data))


@router.post("/import", response={201: AddedOut})
def add_members(request: HttpRequest, data: MembersIn) -> Status[AddedOut]:
    return Status(201, AddedOut(added=services.add_members(data.members)))


@router.post("/sign-in", response=MemberOut, auth=None)
def sign_in(request: HttpRequest, data: SignInIn) -> Member:
    member = services.sign_in(data.card_number, data.pin)
    if member is None:
        raise HttpError(401, "Card or PIN is wrong.")
    return member


@router.get("/{int:member_id}", response=MemberOut)
def read_member(request: HttpRequest, member_id: int) -> Member:
    return get_object_or_404(Member, pk=member_id)


@router.post("/{int:member_id}/unlock", response=MemberOut)
def unlock(request: HttpRequest, member_id: int) -> Member:
    return services.unlock(get_object_or_404(Member, pk=member_id))


@router.get("/{int:member_id}/statement", response=StatementOut)
def read_statement(request: HttpRequest, member_id: int) -> StatementOut:
    return fines.statement(get_object_or_404(Member, pk=member_id))


@router.post("/{int:member_id}/payments", response=StatementOut)
def take_payment(request: HttpRequest, member_id: int, data: PaymentIn) -> StatementOut:
    return fines.take_payment(get_object_or_404(Member, pk=member_id), data.amount)
