"""Findings, and the operations in which each of them is felt.

A schema is compared once, however many operations refer to it. Whoever asks for it is noted as its
user; from there the operations are found in the end.
"""

from collections import defaultdict
from typing import NamedTuple, NewType

from agent.openapi.change import Level
from agent.openapi.places import Place

Owner = NewType("Owner", int)
"""An operation, or a pair of schemas that operations refer to."""


class Finding(NamedTuple):
    """One difference at one place."""

    rule: str
    level: Level
    owner: Owner
    pointer: str
    is_gone: bool
    """True when the pointer is into the older description."""
    what: str
    """What happened: a sentence, or the end of one that starts with the place of a schema."""
    subjects: tuple[str, ...] = ()
    """What tells findings of one rule at one place apart."""
    place: Place | None = None
    """The schema's place; None when `what` is a whole sentence."""


class Trail:
    """Collects findings."""

    def __init__(self) -> None:
        """Start with nothing found."""
        self.findings: list[Finding] = []
        self._operations: dict[Owner, str] = {}
        self._used: defaultdict[Owner, set[Owner]] = defaultdict(set)
        self._last = 0

    def owner(self, operation: str | None = None) -> Owner:
        """Return a new owner; with a name it is an operation."""
        self._last += 1
        owner = Owner(self._last)
        if operation is not None:
            self._operations[owner] = operation
        return owner

    def uses(self, user: Owner, used: Owner) -> None:
        """Note that whoever feels what happens to `user` feels what happens to `used`."""
        self._used[user].add(used)

    def feel(self) -> dict[Owner, frozenset[str]]:
        """Return the operations that feel what happens at each owner."""
        names = sorted(set(self._operations.values()))
        bit = {name: 1 << i for i, name in enumerate(names)}
        masks: defaultdict[Owner, int] = defaultdict(int)
        for owner, name in self._operations.items():
            masks[owner] |= bit[name]
        waiting = list(masks)
        while waiting:
            user = waiting.pop()
            for used in self._used[user]:
                if masks[user] & ~masks[used]:
                    masks[used] |= masks[user]
                    waiting.append(used)
        return {
            owner: frozenset(name for name in names if masks[owner] & bit[name])
            for owner in {finding.owner for finding in self.findings}
        }
