"""Our messages in the shapes of the chat completions API, and a streamed answer put together.

Source: OpenAI API reference, "Create chat completion" and "The chat completion chunk object".
"""

import json
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
from integrations.openai.tokens import count_message, count_request

_FILTERED = "content_filter"


@dataclass
class _PartialCall:
    id: str = ""
    name: str = ""
    arguments: str = ""


def message_body(message: Message) -> dict[str, Any]:
    """Return one message as the API wants it."""
    content = sound_text(message.content)
    body: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        body["content"] = content or None
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
    refusal = choice.message.refusal or ""
    content = sound_text(choice.message.content or refusal)
    message = Message(role="assistant", content=content, tool_calls=calls)
    return Reply(
        message=message,
        finish_reason=choice.finish_reason,
        usage=usage_of(completion.usage, request, message),
        model=completion.model or request.model,
        refused=bool(refusal) or choice.finish_reason == _FILTERED,
    )


def usage_of(counted: CompletionUsage | None, request: ModelRequest, message: Message) -> Usage:
    """Return the provider's count, or our own, which errs on the dear side, if it sent none."""
    if counted is None:
        return Usage(prompt_tokens=count_request(request), completion_tokens=count_message(message))
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
        self._is_refusal = False
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
        content = sound_text("".join(self._text))
        message = Message(role="assistant", content=content, tool_calls=calls)
        return Reply(
            message=message,
            finish_reason=self._finish_reason,
            usage=usage_of(self._usage, self._request, message),
            model=self._model,
            refused=self._is_refusal or self._finish_reason == _FILTERED,
        )

    def _add_delta(self, delta: ChoiceDelta) -> str:
        self._is_refusal = self._is_refusal or bool(delta.refusal)
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
    return ToolCall(id=id_ or f"call_{position}", name=name, arguments=sound_text(arguments))


def _call_body(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": sound_arguments(sound_text(call.arguments))}
    return {"id": call.id, "type": "function", "function": function}


def sound_arguments(raw: str) -> str:
    """Return the arguments of an earlier call as a JSON object, whatever the model wrote.

    Many servers parse them to render the prompt, and refuse the whole request when they cannot.
    """
    if not raw.strip():
        return "{}"
    try:
        parsed = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError):
        parsed = None
    return raw if isinstance(parsed, dict) else json.dumps({"malformed": raw}, ensure_ascii=False)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def sound_text(text: str) -> str:
    """Return a text that can be encoded: halves of a character are joined, or marked as lost."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
