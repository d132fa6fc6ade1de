"""What the model sees of a transcript that has grown too long for its window.

A transcript is append-only, so that the provider's cache of its beginning holds. When it no longer
fits, its older part is folded once into one message that is written by code, without a model call;
from then on the request is the opening, that message, and what came after. Pure but for the values
that the caller looks up.
"""

from collections.abc import Sequence

from agent.domain.conversation import Message
from agent.domain.value import Value
from agent.text import cut_lines, head_and_tail

ANSWER_SHARE = 4
"""The part of the window, as a divisor, that is kept free for the answer at most."""
ANSWER_TOKENS = 16_000
CHARACTERS_PER_TOKEN = 3
_TAIL_SHARE = 0.3
_DECISIONS = 12
_DECISION_LIMIT = 400
_SAID_LIMIT = 3_000
_RESULT_LIMIT = 3_000


class Fold(Value):
    """Where a transcript is folded."""

    at: int
    """The transcript's length when it was folded."""
    opening: int
    """Messages from the beginning that stay."""
    until: int
    """The first message after the folded part."""
    text: str
    """What stands for the folded part."""
    result_limit: int
    """The most characters of a tool result that was there when it was folded."""


def room_tokens(window: int) -> int:
    """Return how many tokens of a model's window a request may take."""
    return window - min(ANSWER_TOKENS, window // ANSWER_SHARE)


def view(messages: Sequence[Message], fold: Fold | None) -> tuple[Message, ...]:
    """Return what the model sees of a transcript."""
    if fold is None:
        return tuple(messages)
    kept = messages[fold.until : fold.at]
    return (
        *messages[: fold.opening],
        Message(role="user", content=fold.text),
        *(_trimmed(message, fold.result_limit) for message in kept),
        *messages[fold.at :],
    )


def _trimmed(message: Message, limit: int) -> Message:
    if message.role != "tool" or len(message.content) <= limit:
        return message
    return message.model_copy(update={"content": cut_lines(message.content, limit)})


def opening_length(messages: Sequence[Message]) -> int:
    """Return how many messages come before the model's first answer."""
    answers = (place for place, message in enumerate(messages) if message.role == "assistant")
    return next(answers, len(messages))


def tail_start(messages: Sequence[Message], room: int) -> int:
    """Return where the newest whole steps begin that fit into their share of `room` tokens.

    A step is never divided: providers refuse a tool result without its call. The last one is kept
    whatever its size; its results are trimmed instead.
    """
    left = room * _TAIL_SHARE * CHARACTERS_PER_TOKEN
    start = len(messages)
    for place in range(len(messages) - 1, opening_length(messages) - 1, -1):
        left -= _size(messages[place])
        if messages[place].role != "assistant":
            continue
        if left < 0 and start < len(messages):
            break
        start = place
    return start


def _size(message: Message) -> int:
    return len(message.content) + sum(len(call.arguments) for call in message.tool_calls)


def decisions(messages: Sequence[Message]) -> tuple[str, ...]:
    """Return what the developer said while it worked, newest last."""
    said = [m.content.strip() for m in messages if m.role == "assistant" and m.content.strip()]
    return tuple(head_and_tail(text, _DECISION_LIMIT) for text in said[-_DECISIONS:])


def words_of_people(messages: Sequence[Message]) -> tuple[str, ...]:
    """Return the messages that people and the program put in between, newest last."""
    said = [message.content for message in messages if message.role == "user"]
    return tuple(head_and_tail(text, _SAID_LIMIT) for text in said[-_DECISIONS:])


def last_checks(messages: Sequence[Message]) -> str:
    """Return what the newest checks said; empty if none ran."""
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    results = [
        message.content
        for message in messages
        if message.role == "tool" and names.get(message.tool_call_id or "") == "run_checks"
    ]
    return head_and_tail(results[-1], _RESULT_LIMIT) if results else ""
