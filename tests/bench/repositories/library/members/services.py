import secrets

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction

from library.errors import Conflict, Locked
from members.models import Member, StaffToken
from members.schemas import MemberIn

MAX_WRONG_PINS = 5


def make_staff_token(name: str) -> str:
    from library.auth import token_hash

    token = secrets.token_urlsafe(32)
    StaffToken.objects.create(name=name, token_hash=token_hash(token))
    return token


def add_member(data: MemberIn) -> Member:
    values = data.model_dump(exclude={"pin"})
    try:
        with transaction.atomic():
            return Member.objects.create(**values, pin_hash=make_password(data.pin))
    except IntegrityError as error:
        raise Conflict(f"There is a member with the card {data.card_number}.") from error


@transaction.atomic
def add_members(members: list[MemberIn]) -> int:
    """Add all of them, or none if a card is taken."""
    for data in members:
        add_member(data)
    return len(members)


def is_locked(member: Member) -> bool:
    return member.wrong_pins >= MAX_WRONG_PINS


def sign_in(card_number: str, pin: str) -> Member | None:
    """Return whose card and PIN these are; wrong PINs are counted until one is right.

    Raises:
        Locked: There were too many wrong PINs.
    """
    member = Member.objects.filter(card_number=card_number).first()
    if member is None:
        make_password(pin)  # takes as long as for a card that exists
        return None
    if is_locked(member):
        raise Locked("The card is locked. Please ask at the desk.")
    is_right = check_password(pin, member.pin_hash)
    member.wrong_pins = 0 if is_right else member.wrong_pins + 1
    member.save(update_fields=["wrong_pins"])
    return member if is_right else None


def unlock(member: Member) -> Member:
    member.wrong_pins = 0
    member.save(update_fields=["wrong_pins"])
    return member
