"""Whether what a detector found is a secret, or one of the many things that only look like one.

Tokens of a known shape count everywhere. What is only a value under a telling name counts outside
of tests, documents and templates, and only if it does not read as words.
"""

import base64
import json
import math
import re
from collections import Counter

from agent.evidence.people.places import is_document, is_generated, is_test

KEYWORD, JWT, BASIC_AUTH = "Secret Keyword", "JSON Web Token", "Basic Auth Credentials"
PRIVATE_KEY, ASSIGNED = "Private Key", "Assigned Token"
ALSO = {
    "GitHub Token": r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b",
    "Slack Token": r"\bxapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[a-f0-9]{40,80}\b",
    "Google API Key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "Google OAuth Secret": r"\bGOCSPX-[0-9A-Za-z_-]{28}\b",
    "Model Provider Key": r"\bsk-(?:proj|ant|svcacct|or)-[0-9A-Za-z_-]{24,200}",
    "GitLab Token": r"\bglpat-[0-9A-Za-z_-]{20}\b",
    "Private Key": r"BEGIN (?:ENCRYPTED )?PRIVATE KEY",
    "Bearer Token": r"(?i)\bauthorization\b.{0,12}?\b(?:bearer|token)\s+([\w.~+/=-]{20,400})",
    ASSIGNED: r"(?i)(?:token|secret|passw(?:or)?d|passphrase|api_?key|access_?key|private_?key"
    r"|signing_?key|encryption_?key|secret_?key|credentials?)[\"'\]]{0,2}\s{0,8}[:=]>?\s{0,8}"
    r"(?:[rb]?[\"'`])?([\w+/=~!@#%^&*-]{20,400})",
}
"""Shapes that the library does not know."""
_BY_NAME = frozenset({KEYWORD, ASSIGNED, "Base64 High Entropy String", "Hex High Entropy String"})
"""Kinds that say no more than: a value under such a name, or a value that looks random."""
_ENTROPY = frozenset({"Base64 High Entropy String", "Hex High Entropy String"})
_PLACEHOLDER = re.compile(
    r"example|sample|dummy|fake|placeholder|change[-_ ]?(me|this|it)|replace|your[-_]|insert"
    r"|redacted|x{4,}|\*{3,}|\.{3}|…|0{6,}|12345|abcdef|qwerty|deadbeef|foobar|insecure|lorem"
    r"|not[-_]?(a[-_]?|so[-_]?|really?[-_]?)?(real|secret)|do[-_]?not[-_]?use|unsafe|notreal",
    re.IGNORECASE,
)
_WORD_PLACEHOLDER = re.compile(
    r"test|mock|demo|secret|passw(or)?d|foo|bar\b|\bdev|local|default|hunter|admin|letmein"
    r"|token|api[-_]?key|invalid|wrong|expired|some[-_]|\bmy[-_]",
    re.IGNORECASE,
)
_COMPUTED = re.compile(r"\$[({\w]|\{\{|\{[\w.]*\}|%\(|%s|<[^>]*>|[()\[\]]|^!|vault:|::|^\*|^&")
_ADDRESS = re.compile(r"^(\.{0,2}/|~|[a-z][\w+.-]*://)|\.(pem|key|crt|txt|json|ya?ml|py|env)$")
_WORD = r"(?:[a-z]+|[A-Z]+|[A-Z]?[a-z]+(?:[A-Z][a-z]{2,})*)\d{0,2}"
_WORDS = re.compile(rf"{_WORD}(?:[-_.:/ ]{_WORD})*")
_NAME = re.compile(
    r"([A-Za-z_][\w.-]*)[\"'\]]{0,2}\s*(?::\s*[\w.\[\]| ]{1,40})?[:=]+>?\s*[rbf@]?[\"'`]?$"
)
_TELLING = re.compile(
    r"secret|token|passw(or)?d|passphrase|pwd|api_?key|credential|(access|auth|private|signing"
    r"|encryption|service|account|db|database|client)_?(key|pass)",
    re.IGNORECASE,
)
_NAMES_NO_SECRET = re.compile(
    r"(^|[_.-])(url|uri|path|file|filename|dir|name|names|field|fields|header|type|id|ids|prefix"
    r"|suffix|regex|pattern|length|size|hasher|hashers|validators?|ttl|expir\w*|lifetime|alg\w*|label|hint"
    r"|errors?|message|msg|column|class|backend|scope|scopes|ref|version|count|limit|min|max|policy"
    r"|env|var|variable|placeholder|help|description|title|text|status|format|key_name|fixture)$"
    r"|hash|digest|checksum|sha\d|md5|fingerprint|etag|revision|commit|public|integrity|csrf_?cookie",
    re.IGNORECASE,
)
_LOCAL = re.compile(
    r"@(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|host\.docker\.internal|db|postgres(ql)?|mysql"
    r"|redis|rabbit(mq)?|mongo(db)?|broker|cache|database|server|host(name)?|[\w.-]*example[\w.-]*"
    r"|[\w.-]+\.(test|invalid|local|localhost))(?=[:/?\s\"'`,;)]|$)",
    re.IGNORECASE,
)
_WEAK = frozenset(
    {"pass", "password", "passwd", "pwd", "postgres", "root", "admin", "guest", "secret", "user"}
    | {"test", "changeme", "mysql", "redis", "app", "dev", "token", "xxx", "key", "pw"}
)
_SHORTEST = 8


def is_credible(path: str, line: str, kind: str, start: int, end: int, after: str = "") -> bool:
    """Tell whether a value in a line may be a secret.

    Args:
        path: The file.
        line: The whole line.
        kind: What the detector calls it.
        start: Where the value begins in the line.
        end: Where it ends.
        after: What follows the line in the file.
    """
    value = line[start:end]
    if kind == PRIVATE_KEY:
        return _has_body(line[end:] + "\n" + after)
    is_quiet = is_test(path) or is_document(path) or is_generated(path)
    if kind in _BY_NAME:
        return not is_quiet and _is_secret_of_a_name(line[:start], value, kind)
    if kind == BASIC_AUTH:
        return _is_login(line, value, end, is_quiet=is_quiet)
    if kind == JWT:
        return not is_quiet and not _is_sample_token(value)
    return _is_random(value) and not _PLACEHOLDER.search(value)


def _has_body(text: str) -> bool:
    """Tell whether a key follows its headline: a headline alone is a word about keys."""
    body = re.sub(r"\\n|[\s\"',+\\]", "", text[:4_000])
    found = re.match(
        r"-*(?:(?:Proc-Type|DEK-Info|Version|Comment)[^A-Z]*\S{0,80}?)*([A-Za-z0-9+/=]{60,})", body
    )
    return bool(found and len(set(found[1][:60])) > 15 and not _PLACEHOLDER.search(found[1][:60]))


def _is_secret_of_a_name(before: str, value: str, kind: str) -> bool:
    name = found[1] if (found := _NAME.search(before)) else ""
    if _NAMES_NO_SECRET.search(name) or (name and not _TELLING.search(name)):
        return False
    if kind in _ENTROPY and (not name or len(value) < 20):
        return False
    is_no_value = _COMPUTED.search(value) or _ADDRESS.search(value) or " " in value.strip()
    if is_no_value or len(value) < _SHORTEST or not name:
        return False
    if _PLACEHOLDER.search(value) or (len(value) < 24 and _WORD_PLACEHOLDER.search(value)):
        return False
    return _is_random(value, least=5) and not _WORDS.fullmatch(value)


def _is_login(line: str, value: str, end: int, *, is_quiet: bool) -> bool:
    """Tell whether the password of an address is one that opens something."""
    rest = line[end:]
    user = re.search(r"://([^:@/\s]*):$", line[: end - len(value)])
    is_weak = value.lower() in _WEAK or bool(user and value.lower() == user[1].lower())
    if is_weak or _LOCAL.match(rest) or _COMPUTED.search(value) or _PLACEHOLDER.search(value):
        return False
    if _WORD_PLACEHOLDER.search(value) or value.isupper() or _PLACEHOLDER.search(rest[:60]):
        return False
    return len(value) >= _SHORTEST and _is_random(value, 6) if is_quiet else len(value) >= 5


def _is_sample_token(value: str) -> bool:
    """Tell whether a token says of itself that it is made up."""
    part = [*value.split("."), ""][1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return False
    return bool(_PLACEHOLDER.search(json.dumps(claims)[:2_000])) or claims == {}


def _is_random(value: str, least: int = 8) -> bool:
    """Tell whether a value has letters and more, in no plain order."""
    has_more = any(not sign.isalpha() and sign not in "-_.:/ " for sign in value)
    mixed = any(c.islower() for c in value) and any(c.isupper() for c in value[1:])
    if not any(map(str.isalnum, value)) or not (has_more or mixed):
        return False
    counts = Counter(value)
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return len(counts) >= least and bits >= 2.3
