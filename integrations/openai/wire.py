"""Our messages in the shapes of the chat completions API, and a streamed answer put together.

Source: OpenAI API reference, "Create chat completion" and "The chat completion chunk object".
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openai.types import CompletionUsage
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessageFunctionToolCall,
)
from openai.types.chat.chat_completion_chunk import ChoiceDelta, ChoiceDeltaToolCall

from agent.domain.conversation import Message, ModelRequest, Reply, ToolCall, ToolSpec, Usage
from agent.domain.errors import TransientError

_CHARACTERS_PER_TOKEN = 3
"""Few enough for code; an estimate errs on the dear side."""


@dataclass
class _PartialCall:
    id: str = ""
    name: str = ""
    arguments: str = ""


def message_body(message: Message) -> dict[str, Any]:
    """Return one message as the API wants it."""
    body: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        body["content"] = message.content or None
        body["tool_calls"] = [_call_body(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def tool_body(tool: ToolSpec) -> dict[str, Any]:
    """Return one tool as the API wants it."""
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    return {"type": "function", "function": function}


def request_body(request: ModelRequest) -> dict[str, Any]:
    """Return what every form of a request has in common; an empty tool list is left out."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [message_body(message) for message in request.messages],
    }
    if request.tools:
        body["tools"] = [tool_body(tool) for tool in request.tools]
    return body


def reply_of(completion: ChatCompletion, request: ModelRequest) -> Reply:
    """Return the reply of an answer that came in one piece.

    Raises:
        TransientError: The answer holds nothing that the model said to its end.
    """
    choice = next(iter(completion.choices or ()), None)
    if choice is None or not choice.finish_reason:
        raise TransientError("the model endpoint's answer holds no finished choice")
    calls = tuple(
        _call(position, call.id, call.function.name, call.function.arguments)
        for position, call in enumerate(choice.message.tool_calls or ())
        if isinstance(call, ChatCompletionMessageFunctionToolCall)
    )
    content = choice.message.content or choice.message.refusal or ""
    message = Message(role="assistant", content=content, tool_calls=calls)
    return Reply(
        message=message,
        finish_reason=choice.finish_reason,
        usage=usage_of(completion.usage, request, message),
        model=completion.model or request.model,
    )


def usage_of(counted: CompletionUsage | None, request: ModelRequest, message: Message) -> Usage:
    """Return the provider's count, or an estimate of a third of the characters if it sent none."""
    if counted is None:
        sent = len(json.dumps(request_body(request), ensure_ascii=False))
        received = len(json.dumps(message_body(message), ensure_ascii=False))
        return Usage(
            prompt_tokens=math.ceil(sent / _CHARACTERS_PER_TOKEN),
            completion_tokens=math.ceil(received / _CHARACTERS_PER_TOKEN),
        )
    details = counted.prompt_tokens_details
    prompt = counted.prompt_tokens or 0
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=min((details and details.cached_tokens) or 0, prompt),
        completion_tokens=counted.completion_tokens or 0,
    )


class Assembly:
    """A streamed answer as far as it has come."""

    def __init__(self, request: ModelRequest, progress: Callable[[str], None]) -> None:
        self._request = request
        self._progress = progress
        self._text: list[str] = []
        self._calls: list[_PartialCall] = []
        self._call_at: dict[int | None, _PartialCall] = {}
        self._finish_reason: str | None = None
        self._usage: CompletionUsage | None = None
        self._model = request.model

    def add(self, chunk: ChatCompletionChunk) -> None:
        """Take the next chunk and pass on what it says; a chunk without text passes on ""."""
        self._model = chunk.model or self._model
        self._usage = chunk.usage or self._usage
        said = ""
        for choice in chunk.choices or ():
            self._finish_reason = choice.finish_reason or self._finish_reason
            said += self._add_delta(choice.delta) if choice.delta else ""
        self._progress(said)

    def reply(self) -> Reply:
        """Return the whole answer.

        Raises:
            TransientError: The stream ended before the model had finished.
        """
        if self._finish_reason is None:
            raise TransientError("the model's answer broke off before its end")
        calls = tuple(
            _call(position, call.id, call.name, call.arguments)
            for position, call in enumerate(self._calls)
        )
        message = Message(role="assistant", content="".join(self._text), tool_calls=calls)
        return Reply(
            message=message,
            finish_reason=self._finish_reason,
            usage=usage_of(self._usage, self._request, message),
            model=self._model,
        )

    def _add_delta(self, delta: ChoiceDelta) -> str:
        text = delta.content or delta.refusal or ""
        self._text.append(text)
        return text + "".join(map(self._add_call, delta.tool_calls or ()))

    def _add_call(self, delta: ChoiceDeltaToolCall) -> str:
        call = self._call_of(delta)
        call.id = call.id or delta.id or ""
        if delta.function is None:
            return ""
        call.name = call.name or delta.function.name or ""
        call.arguments += delta.function.arguments or ""
        return delta.function.arguments or ""

    def _call_of(self, delta: ChoiceDeltaToolCall) -> _PartialCall:
        """Return the call that a piece belongs to.

        Some endpoints give every call the index 0, or none; then a new id starts a new call.
        """
        call = self._call_at.get(delta.index)
        if call is None or (delta.id and call.id not in ("", delta.id)):
            call = self._call_at[delta.index] = _PartialCall()
            self._calls.append(call)
        return call


def _call(position: int, id_: str, name: str, arguments: str) -> ToolCall:
    """Return a call; one that came without an id gets one, for its result must name it."""
    return ToolCall(id=id_ or f"call_{position}", name=name, arguments=arguments)


def _call_body(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}
