"""Tool calls in text, for models and endpoints without the parameter `tools`.

A call is a fenced block; its first line names the tool, its body is the JSON of the arguments:

    ```tool read_files
    {"paths": ["app/main.py"]}
    ```

Only what the model itself answers is read for calls. In everything that it is given, the mark of a
call is changed, so that text from outside which the model repeats is no call either.
"""

import json
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from agent.domain.conversation import Message, ModelRequest, Reply, ToolCall, ToolSpec
from integrations.openai.tool_text import describe

_OPEN = re.compile(r"[ \t]*`{3,}[ \t]*tool\b[ \t:]*([\w.-]*)[ \t]*(\{.*)?\r?", re.IGNORECASE)
_CLOSE = re.compile(r"`{3,}[ \t]*\r?$")
_QUOTE = re.compile(r"[ \t]*(`{4,}|~{3,})")
_NAME = re.compile(r"[\w.-]+")
_MARK = re.compile(r"((?:`{3,}|~{3,})[ \t]*)(tool\b)", re.IGNORECASE)
_THOUGHT = re.compile(r".*</think>(?=.*\S)", re.DOTALL)

_HOW = """\
You call tools by writing blocks of this form, each fence on a line of its own:

```tool NAME
{"argument": "value"}
```

NAME is one of the tools below. The body is one JSON object with double quotes and without \
trailing commas; a line break within a text is written \\n. Several blocks in one answer are \
carried out in their order. End the answer after the last block: the results come in the next \
message.

The tools, as name(argument: type), where ? marks what may be left out:

"""


def as_text(request: ModelRequest) -> ModelRequest:
    """Return the same request without the roles and fields that tools need.

    Neighbours of one role are joined, for many chat templates want user and assistant in turn.
    """
    messages: list[Message] = []
    names: dict[str, str] = {}
    for message in request.messages:
        names |= {call.id: call.name for call in message.tool_calls}
        spoken = _spoken(message, names.get(message.tool_call_id or "", "the tool"))
        if messages and messages[-1].role == spoken.role:
            spoken = spoken.model_copy(
                update={"content": f"{messages[-1].content}\n\n{spoken.content}"}
            )
            messages.pop()
        messages.append(spoken)
    told = _told(messages, request.tools) if request.tools else messages
    return request.model_copy(update={"messages": tuple(told), "tools": ()})


def from_text(reply: Reply, request: ModelRequest) -> Reply:
    """Return the reply with its blocks as tool calls; what stands around them stays its text.

    A block whose body is no JSON becomes a call all the same, with what stood there as arguments.
    A request that offered no tools is answered by text alone.
    """
    if not request.tools:
        return reply
    reader = _Reader()
    for line in _THOUGHT.sub("", reply.message.content, count=1).split("\n"):
        reader.add(line)
    blocks = reader.end()
    seed = sha256(request.key.encode()).hexdigest()[:8]
    calls = tuple(
        ToolCall(id=f"text_{seed}_{position}", name=name, arguments=arguments)
        for position, (name, arguments) in enumerate(blocks)
    )
    message = Message(role="assistant", content=reader.prose(), tool_calls=calls)
    ended = "tool_calls" if calls and reply.finish_reason == "stop" else reply.finish_reason
    return reply.model_copy(update={"message": message, "finish_reason": ended})


def _told(messages: Sequence[Message], tools: Iterable[ToolSpec]) -> list[Message]:
    said = _HOW + "\n\n".join(map(describe, tools))
    if not messages or messages[0].role != "system":
        return [Message(role="system", content=said), *messages]
    first = messages[0].model_copy(update={"content": f"{messages[0].content}\n\n{said}"})
    return [first, *messages[1:]]


def _spoken(message: Message, name: str) -> Message:
    if message.role == "assistant":
        blocks = [_block(call) for call in message.tool_calls]
        parts = [part for part in (message.content, *blocks) if part]
        return Message(role="assistant", content="\n\n".join(parts))
    content = _MARK.sub(r"\1quoted-\2", message.content)
    if message.role != "tool":
        return Message(role=message.role, content=content)
    fence = _fence_around(content)
    return Message(role="user", content=f"{fence}result of {name}\n{content}\n{fence}")


def _block(call: ToolCall) -> str:
    fence = _fence_around(call.arguments)
    return f"{fence}tool {call.name}\n{call.arguments or '{}'}\n{fence}"


def _fence_around(text: str) -> str:
    """Return a fence that no line of the text can close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    return "`" * (longest + 1)


class _Reader:
    """An answer, line by line: prose, blocks, and longer fences that only quote something."""

    def __init__(self) -> None:
        self._prose: list[str] = []
        self._blocks: list[tuple[str, str]] = []
        self._name = ""
        self._body: list[str] | None = None
        self._quote = ""

    def add(self, line: str) -> None:
        if self._quote:
            self._prose.append(line)
            self._quote = "" if line.strip() == self._quote else self._quote
        elif opened := _OPEN.fullmatch(line):
            self._finish()
            self._name, first = opened.group(1), opened.group(2)
            self._body = []
            if first:
                self._add_to(self._body, first)
        elif self._body is not None:
            self._add_to(self._body, line)
        else:
            self._prose.append(line)
            quote = _QUOTE.match(line)
            self._quote = quote.group(1) if quote else ""

    def end(self) -> list[tuple[str, str]]:
        """Return name and arguments of each block; one that was not closed ends with the answer."""
        self._finish()
        return self._blocks

    def prose(self) -> str:
        return "\n".join(self._prose).strip()

    def _add_to(self, body: list[str], line: str) -> None:
        closed = _CLOSE.search(line)
        body.append(line[: closed.start()] if closed else line)
        if closed:
            self._finish()

    def _finish(self) -> None:
        if self._body is not None:
            self._blocks.append(_named(self._name, "\n".join(self._body).strip()))
        self._body = None


def _named(name: str, body: str) -> tuple[str, str]:
    """Return name and arguments of a block that may hold its name within its body."""
    if name:
        return name, body
    first, _, rest = body.partition("\n")
    if _NAME.fullmatch(first.strip()):
        return first.strip(), rest.strip()
    try:
        whole = json.loads(body)
        return str(whole["name"]), json.dumps(whole["arguments"])
    except (ValueError, TypeError, LookupError, RecursionError):
        return "", body
