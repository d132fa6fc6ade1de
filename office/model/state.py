"""The local model: it plays recorded answers by step, and fails where a test wants it to."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.applications import Starlette

from office.model.app import build
from office.model.ask import Ask
from office.model.cache import PromptCache, tokens
from office.model.faults import Fault, refusal, spoil, take
from office.model.recordings import Answer, check, find
from office.model.wire import Completion, Usage
from office.world import Feed, now

_SPOILT = ("empty", "bad_json", "unknown_tool")


class Model:
    """A model endpoint in memory. Use it on the office's loop only."""

    def __init__(self, feed: Feed, answers: Path) -> None:
        """Play the recordings in the folder `answers`; each answer goes to `feed`."""
        self.origin = ""
        self.api_key = "office-model-key"
        self.name = "recorded"
        self.answers = answers
        self.latency = 0.0
        """Seconds that an answer takes."""
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, int]] = []
        """(ticket, step) of each answer given, in order."""
        self._feed = feed
        self._cache = PromptCache()
        self._spoilt: set[tuple[str, int]] = set()
        """(ticket, position in the messages) of answers that a fault has spoilt."""

    def app(self) -> Starlette:
        """Return the API, whose root is `/v1`."""
        return build(self)

    def reply(self, ask: Ask) -> tuple[Completion, bool]:
        """Return the answer for a request, and whether the connection breaks within it.

        Raises:
            Refused: no recorded answer fits (422), or a fault says so.
        """
        recording = find(self.answers, ask.messages)
        aside = recording.aside(ask.tools)
        if aside is not None:
            return self._aside(ask, recording.ticket, aside), False
        ticket, step = recording.ticket, self._step(recording.ticket, ask)
        answer = recording.answer(step)
        check(recording, step, ask.tools)
        fault = take(self.faults, step)
        if fault is not None and fault.kind == "status":
            raise refusal(fault)
        if fault is not None:
            answer = spoil(answer, fault.kind)
        completion = self._complete(ask, ticket, step, answer, fault)
        self._note(ticket, step, completion)
        return completion, fault is not None and fault.kind == "broken_stream"

    def _aside(self, ask: Ask, ticket: str, answer: Answer) -> Completion:
        """Answer beside the conversation: it counts as no step, and has a cache of its own."""
        name = next(iter(ask.tools))
        completion = Completion(
            id=f"chatcmpl-{ticket}_{name}",
            model=ask.model,
            created=int(now().timestamp()),
            answer=answer,
            usage=self._usage(f"{ticket}/{name}", ask, answer),
            cut=False,
        )
        self._publish(ticket, name, completion)
        return completion

    def _step(self, ticket: str, ask: Ask) -> int:
        """Return the number of the step; answers that a fault has spoilt are none."""
        roles = [str(message.get("role")) for message in ask.messages]
        places = [place for key, place in self._spoilt if key == ticket and place < len(roles)]
        return roles.count("assistant") - sum(roles[place] == "assistant" for place in places)

    def _complete(
        self, ask: Ask, ticket: str, step: int, answer: Answer, fault: Fault | None
    ) -> Completion:
        place = (ticket, len(ask.messages))
        spoilt = fault is not None and fault.kind in _SPOILT
        if spoilt:
            self._spoilt.add(place)
        else:
            # The request was sent again, and this time the answer is good.
            self._spoilt.discard(place)
        suffix = f"_spoilt{len(ask.messages)}" if spoilt else ""
        return Completion(
            id=f"chatcmpl-{ticket}_{step:03d}{suffix}",
            model=ask.model,
            created=int(now().timestamp()),
            answer=answer,
            usage=self._usage(ticket, ask, answer),
            cut=fault is not None and fault.kind == "bad_json",
        )

    def _usage(self, ticket: str, ask: Ask, answer: Answer) -> Usage:
        said = json.dumps(answer.model_dump(), ensure_ascii=False)
        return Usage(
            prompt=tokens(sum(map(len, ask.pieces))),
            cached=self._cache.hit(ticket, ask.pieces),
            completion=tokens(len(said)),
        )

    def _note(self, ticket: str, step: int, completion: Completion) -> None:
        self.calls.append((ticket, step))
        self._publish(ticket, step, completion)

    def _publish(self, ticket: str, step: int | str, completion: Completion) -> None:
        usage = completion.usage
        self._feed.publish(
            "model",
            "answer",
            ticket=ticket,
            step=step,
            calls=[call.name for call in completion.answer.tool_calls],
            tokens={
                "prompt": usage.prompt,
                "cached": usage.cached,
                "completion": usage.completion,
            },
        )
