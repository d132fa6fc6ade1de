"""Faults in words: what was sent, what came back, and what is wrong with it."""

import re

from agent.evidence.contract.asking import Fault, Tried

_MEANINGS = {
    "not_a_server_error": "the server fails",
    "status_code_conformance": "answers with a status that its description does not list",
    "content_type_conformance": "answers with a content type that its description does not list",
    "response_headers_conformance": "answers with headers that its description forbids",
    "response_schema_conformance": "the answer is not what its description says",
    "negative_data_rejection": "takes what its description forbids",
}
_DETAIL = re.compile(r"(?m)^(?:Documented|Invalid component|Documented Content-Types)\b.*$")
_HOST = re.compile(r"https?://(?:testserver|localhost|127\.0\.0\.1)(?::\d+)?(?=/|$)")
_LONGEST_DETAIL = 300


def fault_text(tried: Tried, fault: Fault) -> str:
    """Return a fault in a few lines."""
    meaning = _MEANINGS.get(fault.check, fault.check.replace("_", " "))
    lines = [f"{tried.name}: {meaning}", f"  sent: {_HOST.sub('', fault.sent)}"]
    lines.append(f"  came back: {fault.status} {fault.got}".rstrip())
    detail = fault.why or _detail(fault)
    if detail:
        lines.append(f"  because: {detail}")
    if fault.times > 1:
        lines.append(f"  [{fault.times} requests of {tried.sent}]")
    return "\n".join(lines)


def _detail(fault: Fault) -> str:
    """Return the line of a message that tells most, else how it begins."""
    found = _DETAIL.search(fault.said)
    text = found[0] if found else fault.said
    return " ".join(text.split())[:_LONGEST_DETAIL]


def operations_text(operations: tuple[Tried, ...]) -> str:
    """Return how much was tried, in a few words."""
    number = sum(tried.state != "untried" for tried in operations)
    sent = sum(tried.sent for tried in operations)
    locked = sum(tried.is_locked for tried in operations)
    text = f"{number} operation{'s' if number != 1 else ''} tried with {sent} requests"
    return f"{text} ({locked} only from before the login)" if locked else text
