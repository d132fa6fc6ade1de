"""Passwords, access tokens and API keys; pure functions, no database."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

import jwt

ALGORITHM = "HS256"
KEY_PREFIX = "ck_"
_SCRYPT = {"n": 2**12, "r": 8, "p": 1}


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT)
    return f"{salt.hex()}${digest.hex()}"


def is_password(password: str, hashed: str) -> bool:
    salt, _, digest = hashed.partition("$")
    tried = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **_SCRYPT)
    return hmac.compare_digest(tried.hex(), digest)


def make_access_token(user_id: int, secret: str, now: datetime, lifetime: timedelta) -> str:
    claims = {"sub": str(user_id), "iat": now, "exp": now + lifetime, "type": "access"}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def read_access_token(token: str, secret: str, now: datetime) -> int | None:
    """Return whose token it is; None if it is not ours, not for access, or over."""
    options: Any = {"verify_exp": False, "verify_iat": False, "require": ["exp", "sub"]}
    try:
        claims = jwt.decode(token, secret, algorithms=[ALGORITHM], options=options)
    except jwt.InvalidTokenError:
        return None
    if claims.get("type") != "access" or now.timestamp() >= claims["exp"]:
        return None
    return int(claims["sub"])


def make_api_key() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Hash a random secret; those need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
