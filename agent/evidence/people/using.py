"""Where the code of a change uses a package."""

import re
from collections.abc import Iterable, Mapping

_IMPORT = re.compile(r"(?m)^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w., \t]+))")
_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "pyyaml": ("yaml",),
    "pillow": ("PIL",),
    "python-dateutil": ("dateutil",),
    "python-dotenv": ("dotenv",),
    "python-jose": ("jose",),
    "python-multipart": ("multipart", "python_multipart"),
    "python-slugify": ("slugify",),
    "python-decouple": ("decouple",),
    "beautifulsoup4": ("bs4",),
    "scikit-learn": ("sklearn",),
    "opencv-python": ("cv2",),
    "psycopg2-binary": ("psycopg2",),
    "psycopg-binary": ("psycopg",),
    "djangorestframework": ("rest_framework",),
    "django-ninja": ("ninja",),
    "django-environ": ("environ",),
    "django-cors-headers": ("corsheaders",),
    "djangorestframework-simplejwt": ("rest_framework_simplejwt",),
    "pyjwt": ("jwt",),
    "sentry-sdk": ("sentry_sdk",),
    "factory-boy": ("factory",),
    "email-validator": ("email_validator",),
    "protobuf": ("google.protobuf",),
    "gitpython": ("git",),
    "pygithub": ("github",),
    "attrs": ("attr", "attrs"),
}
"""Packages whose modules have other names than they have themselves."""


def modules_of(name: str, installed: Iterable[str] = ()) -> frozenset[str]:
    """Return what may stand in an import of a package."""
    plain = name.replace("-", "_")
    guesses = {plain, plain.removeprefix("python_"), plain.removeprefix("py"), name}
    guesses |= {plain.removeprefix("django_"), *_OTHER_NAMES.get(name, ()), *installed}
    return frozenset(guess.lower() for guess in guesses if guess)


def users_of(modules: frozenset[str], files: Mapping[str, str]) -> list[str]:
    """Return the Python files that import one of some modules, or name one as a plug-in does."""
    named = re.compile("|".join(rf"[\"']{re.escape(m)}[.\"']" for m in sorted(modules)), re.I)
    return [
        path
        for path, text in sorted(files.items())
        if path.endswith(".py") and (imported(text) & modules or named.search(text))
    ]


def imported(text: str) -> set[str]:
    """Return the modules that a file imports, with the packages above them, in small letters."""
    found: set[str] = set()
    for one, several in _IMPORT.findall(text):
        for name in (one or several).split(","):
            parts = name.split(" as ")[0].strip().lower().split(".")
            found.update(".".join(parts[: end + 1]) for end in range(len(parts)))
    return found
