"""Who is calling: a person by token, an app by a signed JWT, or an installation by its token."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from office.github.accounts import BACKSMITH, BY_TOKEN, Account, App
from office.github.errors import Refused
from office.world import now

INSTALLATION_ID = 9_000_903
_TOKEN_LIFE = timedelta(hours=1)
_LONGEST_JWT = timedelta(minutes=10)
_LEEWAY_SECONDS = 60


@dataclass(frozen=True)
class Caller:
    """An authenticated caller."""

    account: Account
    kind: str = "person"
    """`person`, `installation`, or `app` for an app that speaks as itself."""
    app: App | None = None


def bad_credentials() -> Refused:
    """Return the answer to a token that is not known."""
    return Refused(401, "Bad credentials")


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Keys:
    """The app's key and the tokens that were handed out for it."""

    key: rsa.RSAPrivateKey = field(default_factory=_new_key)
    issued: dict[str, datetime] = field(default_factory=dict)
    """Installation token to the moment when it expires."""

    @property
    def private_pem(self) -> str:
        """The app's private key as GitHub lets its owner download it."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()

    def issue(self) -> tuple[str, datetime]:
        """Return a new installation token and when it expires."""
        token, until = f"ghs_{secrets.token_hex(18)}", now() + _TOKEN_LIFE
        self.issued[token] = until
        return token, until

    def identify(self, authorization: str | None) -> Caller | None:
        """Return who sent this header, or None without one.

        Raises:
            Refused: the credentials are not valid (401).
        """
        if not authorization:
            return None
        scheme, _, value = authorization.strip().partition(" ")
        if scheme.lower() == "basic":
            return self.by_token(_basic_password(value))
        if scheme.lower() not in ("token", "bearer"):
            raise bad_credentials()
        return self._by_jwt(value) if value.count(".") == 2 else self.by_token(value.strip())

    def by_token(self, token: str) -> Caller:
        """Return whose token this is, or refuse with 401."""
        account = BY_TOKEN.get(token)
        if account:
            return Caller(account)
        until = self.issued.get(token)
        if until is None or until < now():
            raise bad_credentials()
        return Caller(BACKSMITH.bot, "installation", BACKSMITH)

    def _by_jwt(self, token: str) -> Caller:
        """Check a JWT that the app has signed.

        Source: GitHub Apps, "Generating a JSON Web Token": RS256, at most 10 minutes.
        """
        try:
            claims = jwt.decode(
                token,
                self.key.public_key(),
                algorithms=["RS256"],
                leeway=_LEEWAY_SECONDS,
                options={"require": ["iat", "exp", "iss"], "verify_iss": False},
            )
        except jwt.PyJWTError as error:
            message = f"A JSON web token could not be decoded: {error}"
            raise Refused(401, message) from error
        if str(claims["iss"]) != str(BACKSMITH.id):
            raise Refused(404, "Integration not found")
        life = timedelta(seconds=int(claims["exp"]) - int(now().timestamp()))
        if life > _LONGEST_JWT + timedelta(seconds=_LEEWAY_SECONDS):
            raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")
        return Caller(BACKSMITH.bot, "app", BACKSMITH)


def _basic_password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError) as error:
        raise bad_credentials() from error
