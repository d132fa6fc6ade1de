"""What a provider's prompt cache would have spared, estimated."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

_CHARACTERS_PER_TOKEN = 4
_SMALLEST = 1024
_STEP = 128
_KEPT = 4
"""Earlier requests per conversation that are compared; the best match is among the last ones."""


def tokens(text_length: int) -> int:
    """Return an estimate of the tokens in so many characters."""
    return -(-text_length // _CHARACTERS_PER_TOKEN)


class PromptCache:
    """Remembers the last requests of each conversation."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[Sequence[str]]] = {}

    def hit(self, conversation: str, pieces: Sequence[str]) -> int:
        """Return how many tokens of the request are cached, and remember the request.

        Source: OpenAI guide "Prompt caching": from 1,024 tokens on, in steps of 128.
        """
        seen = self._seen.setdefault(conversation, deque(maxlen=_KEPT))
        shared = tokens(max((_shared(earlier, pieces) for earlier in seen), default=0))
        seen.append(pieces)
        return shared // _STEP * _STEP if shared >= _SMALLEST else 0


def _shared(earlier: Sequence[str], pieces: Sequence[str]) -> int:
    length = 0
    for before, after in zip(earlier, pieces, strict=False):
        if before != after:
            pairs = enumerate(zip(before, after, strict=False))
            shorter = min(len(before), len(after))
            return length + next((place for place, (a, b) in pairs if a != b), shorter)
        length += len(after)
    return length
