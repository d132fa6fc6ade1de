"""A model that says what a test tells it to say, and remembers what it was asked."""

import json
from collections.abc import Callable
from typing import Any

from agent.domain.conversation import Message, ModelRequest, Reply, ToolCall, Usage

Saying = Message | Reply | Exception
Script = Saying | Callable[[ModelRequest], Saying]


def say(text: str) -> Message:
    """Return a turn in which the model writes and calls nothing."""
    return Message(role="assistant", content=text)


def call(name: str, **arguments: Any) -> Message:
    """Return a turn in which the model calls one tool."""
    made = ToolCall(id="call_0", name=name, arguments=json.dumps(arguments))
    return Message(role="assistant", tool_calls=(made,))


def calls(*turns: Message, text: str = "") -> Message:
    """Return one turn that makes the calls of several, in their order."""
    made = tuple(each for turn in turns for each in turn.tool_calls)
    return numbered(Message(role="assistant", content=text, tool_calls=made), 0)


def numbered(message: Message, turn: int) -> Message:
    """Return the message with call ids that no other turn of the conversation has."""
    made = tuple(
        each.model_copy(update={"id": f"call_{turn}_{position}"})
        for position, each in enumerate(message.tool_calls)
    )
    return message.model_copy(update={"tool_calls": made})


def as_reply(message: Message, request: ModelRequest) -> Reply:
    """Return what a provider makes of a message; a token is three characters."""
    asked = sum(len(each.content) for each in request.messages)
    asked += sum(len(tool.model_dump_json()) for tool in request.tools)
    answered = len(message.content) + sum(len(each.arguments) for each in message.tool_calls)
    return Reply(
        message=message,
        finish_reason="tool_calls" if message.tool_calls else "stop",
        usage=Usage(prompt_tokens=asked // 3 + 1, completion_tokens=answered // 3 + 1),
        model=request.model,
    )


class ScriptedChatModel:
    """Answers each request with the next entry of its script; call ids are made unique per turn.

    An entry is a message, a whole reply (given as it is), an exception to raise, or a function of
    the request that returns one of these.
    """

    def __init__(self, *script: Script, window: int = 128_000) -> None:
        self._script = list(script)
        self.window_tokens = window
        self.heard: list[ModelRequest] = []

    @property
    def left(self) -> int:
        """How many entries have not been used."""
        return len(self._script)

    def complete(self, request: ModelRequest, progress: Callable[[str], None]) -> Reply:
        self.heard.append(request)
        if not self._script:
            asked = request.messages[-1].content[:300] if request.messages else ""
            raise AssertionError(f"the script is over, and the model is asked again: {asked!r}")
        entry = self._script.pop(0)
        saying = entry(request) if callable(entry) else entry
        if isinstance(saying, Exception):
            raise saying
        if isinstance(saying, Message):
            saying = as_reply(numbered(saying, len(self.heard)), request)
        progress(saying.message.content)
        return saying

    def count_tokens(self, request: ModelRequest) -> int:
        """Return a third of the characters, as its usage does, and something for each part."""
        said = sum(
            len(each.content) + sum(len(made.name + made.arguments) for made in each.tool_calls)
            for each in request.messages
        )
        offered = sum(len(tool.model_dump_json()) for tool in request.tools)
        return (said + offered) // 3 + 5 * (len(request.messages) + len(request.tools)) + 1

    def window(self, model: str) -> int:
        return self.window_tokens
