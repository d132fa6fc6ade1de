"""Words of names and of tickets, made comparable: `OrderItems` and "an ordered item" share both."""

import re
from collections.abc import Iterable
from functools import lru_cache

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_STEM_LENGTH = 6
_COMMON = frozenset({
    "the", "and", "for", "with", "that", "this", "can", "not", "are", "should", "when", "then",
    "from", "its", "was", "has", "have", "but", "into", "only", "none", "true", "false", "self",
    "cls", "args", "kwargs",
})  # fmt: skip
_ROLES = frozenset({
    "model", "models", "schema", "schemas", "router", "routers", "route", "routes", "view",
    "views", "viewset", "viewsets", "api", "test", "tests", "serializer", "serializers",
    "service", "services", "repository", "repo", "crud", "endpoint", "endpoints", "in", "out",
    "create", "created", "update", "read", "base", "public", "response", "request", "admin",
    "form", "dto", "set", "detail", "list", "factory", "filter", "filters", "permission",
    "handler", "controller", "dao", "manager", "query", "async", "db", "orm", "table",
    "row", "entity", "payload", "input", "output", "add", "get", "patch", "delete", "partial",
    "mixin",
})  # fmt: skip


@lru_cache(maxsize=20_000)
def stems(text: str) -> tuple[str, ...]:
    """Return the stems of the words of a text or a name, in order, short ones left out."""
    words = (part.lower() for part in _PARTS.findall(text))
    return tuple(_stem(word) for word in words if len(word) > 2 and word not in _COMMON)


def key_of(name: str) -> tuple[str, ...]:
    """Return the stems of a name without the words that tell its role: `OrderItemOut`, `orders`."""
    words = [part.lower() for part in _PARTS.findall(name)]
    telling = [word for word in words if word not in _ROLES] or words[:1]
    return tuple(_stem(word) for word in telling if len(word) > 1)


def stems_of(texts: Iterable[str]) -> set[str]:
    """Return all stems that occur."""
    return {stem for text in texts for stem in stems(text)}


def _stem(word: str) -> str:
    """Cut the plural and all but the beginning; what is cut too much only ranks a little wrong."""
    if word.endswith("ies") and len(word) > 4:
        word = f"{word[:-3]}y"
    elif word.endswith(("sses", "ches", "shes", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    return word[:_STEM_LENGTH]
