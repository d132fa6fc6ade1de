"""What goes to the model and what comes back."""

from decimal import Decimal
from typing import Any, Literal

from agent.domain.value import Value


class ToolCall(Value):
    """One request by the model to run a tool; `arguments` is the raw JSON text it wrote."""

    id: str
    name: str
    arguments: str


class Message(Value):
    """One entry of a transcript, in the roles of the chat completions API."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


class ToolSpec(Value):
    """A tool as it is offered to the model."""

    name: str
    description: str
    parameters: dict[str, Any]
    """JSON Schema of the arguments."""


class Usage(Value):
    """Tokens of one model call, as the provider counted them."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    """The part of `prompt_tokens` that came from the provider's cache."""
    completion_tokens: int = 0


class Price(Value):
    """US dollars per million tokens."""

    prompt: Decimal
    cached: Decimal
    completion: Decimal

    def cost_usd(self, usage: Usage) -> Decimal:
        """Return the price of one call."""
        fresh = usage.prompt_tokens - usage.cached_tokens
        total = (
            self.prompt * fresh
            + self.cached * usage.cached_tokens
            + self.completion * usage.completion_tokens
        )
        return total / Decimal(1_000_000)


class Spent(Value):
    """What a ticket has cost so far."""

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


class ModelRequest(Value):
    """One model call; the same `key` always stands for the same request."""

    key: str
    """Idempotency key, sent along so that a proxy can join repeated requests."""
    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]


class Reply(Value):
    """The model's answer to one request."""

    message: Message
    finish_reason: str
    usage: Usage
    model: str
    refused: bool = False
    """True when the model, or a filter behind it, declined to answer; its words are kept."""
