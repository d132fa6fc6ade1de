"""Names for the identifiers that travel through the program, and how they are derived."""

import re
import unicodedata
from typing import NewType

TicketKey = NewType("TicketKey", str)
"""A Jira key such as `PAY-123`."""
LifeId = NewType("LifeId", str)
"""One life of a ticket, from assignment to its end: `<KEY>-<8 characters>`."""
RunId = NewType("RunId", str)
"""One agent stage within a life: `<life>/<number>-<stage>`."""
CommitSha = NewType("CommitSha", str)
BranchName = NewType("BranchName", str)
ActorId = NewType("ActorId", str)
"""An immutable account id, prefixed by its vendor: `jira:557058:…`, `slack:U0…`, `github:901`."""

BRANCH_PREFIX = "backsmith/"
_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[0-9]+")


def is_ticket_key(text: str) -> bool:
    """Tell whether `text` has the form of a Jira key."""
    return _KEY.fullmatch(text) is not None


def branch_name(key: TicketKey, summary: str) -> BranchName:
    """Return the one branch of a ticket, with a readable slug of at most 40 characters."""
    plain = unicodedata.normalize("NFKD", summary).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-") or "work"
    return BranchName(f"{BRANCH_PREFIX}{key}-{slug}")


def ticket_of_branch(branch: str) -> TicketKey | None:
    """Return the ticket that a branch belongs to, or None when the branch is not ours."""
    if not branch.startswith(BRANCH_PREFIX):
        return None
    found = re.match(rf"({_KEY.pattern})(?:-|$)", branch.removeprefix(BRANCH_PREFIX))
    return TicketKey(found.group(1)) if found else None
