"""How far an answer has come that is still streaming in."""

import time
from collections.abc import Callable

EVERY_SECONDS = 10.0


class Writing:
    """Counts the text of an answer, and tells now and then how much there is."""

    def __init__(
        self,
        who: str,
        progress: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin an answer.

        Args:
            who: What the answer is for, such as the stage.
            progress: Is told a line every ten seconds, as long as text comes in.
            clock: Seconds.
        """
        self._who, self._progress, self._clock = who, progress, clock
        self._characters = 0
        self._told = clock()

    def __call__(self, text: str) -> None:
        """Take in a piece of the answer."""
        self._characters += len(text)
        now = self._clock()
        if text and now - self._told >= EVERY_SECONDS:
            self._told = now
            self._progress(f"{self._who}: the answer has {self._characters:,} characters so far")
