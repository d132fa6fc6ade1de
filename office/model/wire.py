"""An answer in the shapes of the chat completions API, whole and in chunks.

Source: OpenAI API reference, "The chat completion object" and "The chat completion chunk object".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from office.model.recordings import Answer

_CHUNK = 40
"""Characters per chunk of a stream."""


@dataclass(frozen=True)
class Usage:
    """Estimated tokens of one exchange."""

    prompt: int
    cached: int
    completion: int

    def body(self) -> dict[str, Any]:
        """Return the usage as the API counts it."""
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": {"cached_tokens": self.cached},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }


@dataclass(frozen=True)
class Completion:
    """One answer, ready to be sent."""

    id: str
    model: str
    created: int
    answer: Answer
    usage: Usage
    cut: bool = False
    """Whether the arguments of the tool calls break off."""

    @property
    def finish_reason(self) -> str:
        """Why the model stopped."""
        return "tool_calls" if self.answer.tool_calls else "stop"

    def calls(self) -> list[dict[str, Any]]:
        """Return the tool calls; their ids follow from the answer's, so they never change."""
        return [
            {
                "id": f"call_{self.id.removeprefix('chatcmpl-')}_{place}",
                "type": "function",
                "function": {"name": call.name, "arguments": self._arguments(call.arguments)},
            }
            for place, call in enumerate(self.answer.tool_calls)
        ]

    def whole(self) -> dict[str, Any]:
        """Return the answer in one piece."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": self.answer.content,
            "refusal": None,
        }
        if self.answer.tool_calls:
            message["tool_calls"] = self.calls()
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": self.finish_reason,
            "logprobs": None,
        }
        return self._head("chat.completion") | {"choices": [choice], "usage": self.usage.body()}

    def chunks(self, *, with_usage: bool) -> Iterator[dict[str, Any]]:
        """Yield the answer piece by piece."""
        head = self._head("chat.completion.chunk")
        for delta in self._deltas():
            choice = {"index": 0, "delta": delta, "finish_reason": None, "logprobs": None}
            yield head | {"choices": [choice]}
        last = {"index": 0, "delta": {}, "finish_reason": self.finish_reason, "logprobs": None}
        yield head | {"choices": [last]}
        if with_usage:
            yield head | {"choices": [], "usage": self.usage.body()}

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": "fp_office",
        }

    def _deltas(self) -> Iterator[dict[str, Any]]:
        text = self.answer.content
        yield {"role": "assistant", "content": None if text is None else "", "refusal": None}
        for piece in _pieces(text or ""):
            yield {"content": piece}
        for place, call in enumerate(self.calls()):
            function = call["function"]
            opening = {**call, "function": {"name": function["name"], "arguments": ""}}
            yield {"tool_calls": [{"index": place, **opening}]}
            for piece in _pieces(function["arguments"]):
                yield {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}

    def _arguments(self, arguments: dict[str, Any]) -> str:
        text = json.dumps(arguments, ensure_ascii=False)
        return text[:-1] if self.cut else text


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), _CHUNK):
        yield text[start : start + _CHUNK]
