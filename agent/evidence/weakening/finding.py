"""What the gate has to say: findings, which fail it, and notes, which a reader should know."""

import hashlib
from enum import StrEnum

from agent.domain.value import Value


class Kind(StrEnum):
    """In which way a change weakens what is checked."""

    SKIPPED = "skipped"
    REMOVED_TEST = "removed-test"
    NOT_COLLECTED = "not-collected"
    REMOVED_CASES = "removed-cases"
    REMOVED_ASSERTION = "removed-assertion"
    WEAKER_ASSERTION = "weaker-assertion"
    GUARDED_ASSERTION = "guarded-assertion"
    CIRCULAR_ASSERTION = "circular-assertion"
    MOCKED = "mocked"
    HOOK = "hook"
    SUPPRESSION = "suppression"
    THRESHOLD = "threshold"
    SETTING = "setting"
    CI = "ci"
    UNREAD = "unread"


class Finding(Value):
    """One thing that is checked less than at the base."""

    kind: Kind
    path: str
    name: str
    """The test, setting, job or line that it is about."""
    text: str
    """What happened, in one sentence."""
    base_line: int | None = None
    head_line: int | None = None

    def key(self) -> str:
        """Return the same name for the same thing, whatever lines stand above it."""
        said = hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()[:8]
        return f"{self.path}: {self.kind}: {self.name}: {said}"

    def line(self) -> str:
        """Return the finding as one line for people."""
        return f"{self.path}{self._place()}: {self.name}: {self.text} [{self.kind}]"

    def _place(self) -> str:
        if self.head_line is not None:
            return f":{self.head_line}"
        return f" (line {self.base_line} at the base)" if self.base_line is not None else ""


class Found(Value):
    """All that was found, in the order of paths and lines."""

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    """What is no weakening and should be seen all the same, a sentence each."""
