"""Taking in what people say while a run is under way."""

from collections.abc import Sequence

from agent.desk import Desk
from agent.domain.conversation import Message
from agent.domain.run import RunSpec
from agent.prompting import render


def hear(desk: Desk, spec: RunSpec, position: int, said: Sequence[tuple[str, str]]) -> int:
    """Write what people said, as (who, text), from `position` on; return how many messages."""
    messages = [
        Message(role="user", content=render("observation/said", who=who, text=text))
        for who, text in said
    ]
    desk.ledger.write(spec.life, position, messages)
    return len(messages)
