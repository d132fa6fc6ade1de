"""Values for settings that are missing: of the right type, and good for nothing."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from typing import Any

NOWHERE = "127.0.0.1:1"
"""Nothing answers there, so whatever connects fails at once."""
KINDS_OF_NAMES = (
    ("mongo", r"MONGO"),
    ("redis", r"REDIS|BROKER|CELERY|(^|_)CACHE_UR[LI]"),
    ("amqp", r"RABBIT|AMQP"),
    ("database", r"(^|_)(DATABASE|DB|SQLALCHEMY|POSTGRES|POSTGRESQL|PG|MYSQL|SQL)_.*(UR[LI]|DSN)$"),
    ("database", r"^(DATABASE|DB|SQLALCHEMY)_?(UR[LI]|DSN)|^DSN$|^DATABASE$"),
    ("dsn", r"DSN"),
    ("email", r"E?MAIL(S?_FROM|_USER|_ADDRESS)?$|(^|_)EMAIL$|MAIL_FROM$|SUPERUSER$|SENDER"),
    ("int", r"(^|_)PORT$"),
    ("bool", r"^(DEBUG|TESTING|IS|USE|ENABLE|DISABLE|ALLOW|HAS|WITH)(_|$)"),
    ("bool", r"_(ENABLED?|DISABLED?|DEBUG|TLS|SSL)$"),
    ("int", r"(^|_)(SECONDS|MINUTES|HOURS|DAYS|TTL|TIMEOUT|EXPIRES?|EXPIRATION|SIZE|LIMIT)(_IN)?$"),
    ("int", r"(^|_)(MAX|MIN|NUM|NUMBER|COUNT|WORKERS|RETRIES|THREADS|ROUNDS|INTERVAL)(_|$)"),
    ("fernet", r"FERNET|ENCRYPTION"),
    ("secret", r"KEY$|SECRET|TOKEN$|PASSWORD|PASSWD"),
    ("prefix", r"(^|_)PREFIX$|_STR$|BASE_PATH|ROOT_PATH|ROUTE"),
    ("url", r"UR[LI]$|ENDPOINT|WEBHOOK|ORIGINS?$|ISSUER|FRONTEND|BACKEND"),
    ("host", r"HOST|SERVER|DOMAIN|(^|_)IP$|ADDRESS"),
    ("folder", r"(DIR|FOLDER|DIRECTORY|PATH|ROOT)$"),
    ("algorithm", r"ALGORITHM"),
    ("level", r"LEVEL"),
    ("region", r"REGION"),
    ("environment", r"(^|_)(ENV|ENVIRONMENT|STAGE|MODE)$"),
    ("credentials", r"CREDENTIALS"),
    ("language", r"LANGUAGE|LOCALE"),
    ("zone", r"TIME_?ZONE|^TZ$"),
    ("version", r"VERSION"),
)
PLAIN_VALUES = {
    "mongo": f"mongodb://{NOWHERE}/dummy",
    "redis": f"redis://{NOWHERE}/0",
    "amqp": f"amqp://{NOWHERE}//",
    "dsn": f"https://dummy@{NOWHERE}/1",
    "email": "dummy@example.com",
    "int": "1",
    "float": "1.0",
    "bool": "false",
    "fernet": "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
    "prefix": "/api",
    "url": f"http://{NOWHERE}",
    "host": "127.0.0.1",
    "folder": "/tmp",  # noqa: S108 - inside the sandbox it is private
    "file": "/etc/hosts",
    "algorithm": "HS256",
    "level": "INFO",
    "region": "us-east-1",
    "environment": "local",
    "credentials": "dummy:dummy",
    "language": "en",
    "zone": "UTC",
    "version": "1.0.0",
    "list": "[]",
    "dict": "{}",
    "date": "2000-01-01",
    "datetime": "2000-01-01T00:00:00",
    "time": "00:00:00",
    "timedelta": "P1D",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
OTHERS = ("1", f"http://{NOWHERE}", "false", "[]", "{}", "")
"""What is tried at last, when the name has led astray."""


def guesses(name: str, kind: str = "") -> list[str]:
    """Return values for a setting, the likeliest first; `kind` is empty when nothing is known."""
    named = kind_of_name(name)
    if kind.startswith("="):
        return [kind[1:]]
    if kind in ("", "str"):
        return list(dict.fromkeys([*_of_kind(name, named), secret_for(name), *OTHERS]))
    return _of_kind(name, kind)


def kind_of_name(name: str) -> str:
    """Return what a setting's name says of its value; `secret` when it says nothing."""
    upper = name.upper()
    found = (kind for kind, form in KINDS_OF_NAMES if re.search(form, upper))
    return next(found, "secret")


def secret_for(name: str) -> str:
    """Return a text that is long enough for a key, and known again in a message."""
    return f"dummy-{name.lower().replace('_', '-')}-0123456789abcdef0123456789abcdef"


def _of_kind(name: str, kind: str) -> list[str]:
    if kind == "database":
        return database_urls(name)
    if kind == "address":
        kind = kind_of_name(name)
        is_address = kind == "database" or "://" in PLAIN_VALUES.get(kind, "")
        return _of_kind(name, kind if is_address else "url")
    if kind.startswith("url:"):
        schemes = kind[4:].split(",")
        known = [url for url in database_urls(name) if url.partition(":")[0] in schemes]
        return known or [f"{schemes[0]}://dummy:dummy@{NOWHERE}/dummy"]
    return [PLAIN_VALUES.get(kind) or secret_for(name)]


def database_urls(name: str) -> list[str]:
    """Return addresses of databases that do not exist, those with an installed driver first."""
    upper, place = name.upper(), f"dummy:dummy@{NOWHERE}/dummy"
    if "MYSQL" in upper:
        return [f"{scheme}://{place}" for scheme in ("mysql+pymysql", "mysql+aiomysql", "mysql")]
    has_sqlalchemy = is_installed("sqlalchemy")
    drivers = [name for name in ("asyncpg", "psycopg", "psycopg2") if is_installed(name)]
    with_driver = [f"postgresql+{driver}://{place}" for driver in drivers if has_sqlalchemy]
    lite = ["sqlite:////tmp/dummy.db"]
    if has_sqlalchemy and is_installed("aiosqlite"):
        lite.insert(0, "sqlite+aiosqlite:////tmp/dummy.db")
    plain = f"postgresql://{place}"
    if "POSTGRES" in upper or "PG" in upper or drivers:
        return [*with_driver, plain, *lite]
    return [*lite, *with_driver, plain]


def is_installed(module: str) -> bool:
    """Tell whether a module can be imported, without doing so."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def kind_of_annotation(annotation: Any, constraints: Any = ()) -> str:
    """Return what a type asks for; a kind that starts with `=` is the value itself."""
    schemes = _schemes(annotation, constraints)
    if schemes:
        is_web = "http" in schemes or "https" in schemes
        return "url" if is_web else f"url:{','.join(schemes)}"
    choices = getattr(annotation, "__args__", ())
    origin = getattr(annotation, "__origin__", None)
    if "Literal" in str(origin) and choices:
        return f"={choices[0]}"
    if hasattr(annotation, "__metadata__"):
        return kind_of_annotation(origin, annotation.__metadata__)
    if _is_union(annotation, origin):
        inner = [choice for choice in choices if choice is not type(None)]
        return kind_of_annotation(inner[0], constraints) if inner else "str"
    return _kind_of_class(origin or annotation, constraints)


def _is_union(annotation: Any, origin: Any) -> bool:
    return "typing.Union" in str(origin) or type(annotation).__name__ in ("UnionType", "Union")


def _schemes(annotation: Any, constraints: Any) -> list[str]:
    """Return the schemes that an address may have. Source: pydantic 1 and 2, `networks`."""
    own = [annotation, getattr(annotation, "_constraints", None), *constraints]
    found = (getattr(item, "allowed_schemes", None) for item in own)
    return list(next((schemes for schemes in found if schemes), ()))


def _kind_of_class(wanted: Any, constraints: Any) -> str:
    names = [base.__name__ for base in getattr(wanted, "__mro__", ())]
    if "Enum" in names:
        return f"={next(iter(wanted)).value}"
    if {"bool"} & set(names):
        return "bool"
    if {"int", "float", "Decimal"} & set(names):
        return f"={_number(constraints or [wanted])}"
    if {"BaseModel"} & set(names):
        return f"={json.dumps(of_model(wanted))}"
    return next((kind for form, kind in _CLASSES if re.search(form, " ".join(names))), "str")


_CLASSES = (
    (r"\b(list|set|frozenset|tuple|deque|Sequence|Iterable)\b", "list"),
    (r"\b(dict|Mapping|defaultdict)\b", "dict"),
    (r"Email", "email"),
    (r"Url\b|Dsn\b", "address"),
    (r"FilePath", "file"),
    (r"Path\b", "folder"),
    (r"\bdatetime\b", "datetime"),
    (r"\bdate\b", "date"),
    (r"\btimedelta\b", "timedelta"),
    (r"\btime\b", "time"),
    (r"UUID", "uuid"),
    (r"IPv|IPAddress", "host"),
    (r"Json", "dict"),
)


def _number(constraints: Any) -> int:
    """Return a whole number in bounds. Source: annotated-types; pydantic 1, `ConstrainedInt`."""
    bounds = {
        bound: value
        for item in constraints
        for bound in ("ge", "gt", "le", "lt")
        for value in [getattr(item, bound, None)]
        if isinstance(value, (int, float))
    }
    lowest = max(bounds.get("ge", 1), bounds.get("gt", 0) + 1)
    highest = min(bounds.get("le", lowest), bounds.get("lt", lowest + 1) - 1)
    return int(min(lowest, highest))


def of_model(model: Any) -> dict[str, Any]:
    """Return the required fields of a pydantic model, filled in."""
    made = {}
    for name, field in fields_of(model).items():
        if is_required(field):
            text = guesses(name, kind_of_field(field))[0]
            made[alias_of(field) or name] = _unquoted(text)
    return made


def _unquoted(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def fields_of(model: Any) -> dict[str, Any]:
    """Return the fields of a pydantic model, of either version."""
    found = getattr(model, "model_fields", None) or getattr(model, "__fields__", None) or {}
    return dict(found)


def is_required(field: Any) -> bool:
    """Tell whether a field must be given; in pydantic 1 it is an attribute, in 2 a method."""
    told = getattr(field, "is_required", None)
    return bool(told() if callable(told) else getattr(field, "required", False))


def alias_of(field: Any) -> str:
    """Return the name under which a field is given, if it is another than its own."""
    alias = getattr(field, "validation_alias", None) or getattr(field, "alias", None)
    choices = getattr(alias, "choices", None)
    alias = choices[0] if choices else alias
    return alias if isinstance(alias, str) else ""


def kind_of_field(field: Any) -> str:
    """Return what the type of a pydantic field asks for."""
    annotation = getattr(field, "outer_type_", None) or getattr(field, "annotation", None)
    constraints = list(getattr(field, "metadata", None) or ())
    kind = kind_of_annotation(annotation, constraints)
    lengths = [getattr(item, "min_length", None) or 0 for item in [*constraints, annotation]]
    is_long = any(isinstance(length, int) and length > 60 for length in lengths)
    return "=" + "d" * max(lengths) if kind == "str" and is_long else kind
