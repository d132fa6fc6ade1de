"""The real limit of chat.postMessage: about one a second and channel, short bursts aside."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from office.slack.errors import Refused


@dataclass
class PostLimit:
    """A token bucket for each channel. Source: Slack, "Rate limits", special rate limits."""

    per_second: float = 1.0
    burst: int = 4
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, channel: str) -> None:
        """Count one post.

        Raises:
            Refused: `ratelimited`, with the seconds to wait under `retry_after`.
        """
        moment = self.clock()
        tokens, last = self._buckets.get(channel, (float(self.burst), moment))
        tokens = min(float(self.burst), tokens + (moment - last) * self.per_second)
        if tokens < 1:
            self._buckets[channel] = (tokens, moment)
            wait = max(1, math.ceil((1 - tokens) / self.per_second))
            raise Refused("ratelimited", retry_after=wait)
        self._buckets[channel] = (tokens - 1, moment)
