import hashlib

from django.http import HttpRequest
from ninja.security import HttpBearer

from members.models import StaffToken


def token_hash(token: str) -> str:
    """Hash a random secret; those need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


class StaffAuth(HttpBearer):
    """A token of somebody of the staff."""

    def authenticate(self, request: HttpRequest, token: str) -> StaffToken | None:
        return StaffToken.objects.filter(token_hash=token_hash(token)).first()
