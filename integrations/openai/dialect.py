"""How much of the API a model at an endpoint takes; what it refuses is left out from then on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from openai import APIStatusError

_REJECTED = frozenset({400, 422})
_LONGEST_MESSAGE = 600
_TOOLS = r"(?:tools?(?: use| calls?| calling)?|function[- ]calling|functions)"
_NO_TOOLS = re.compile(
    rf"""does(?:\ not|n't)\ support\ (?:native\ )?{_TOOLS}\b
    | \b{_TOOLS}['"`]?\ (?:is|are)\ not\ (?:supported|enabled|permitted|allowed)
    | (?:unsupported|unknown|unrecognized|unexpected)\b[^.]{{0,40}}\btools\b
    | extra_forbidden[^.]{{0,40}}\btools\b
    | \btools\ param\ requires\ --jinja
    | tool\ choice\ requires\ --enable-auto-tool-choice
    | no\ endpoints\ found\ that\ support\ tool\ use""",
    re.IGNORECASE | re.VERBOSE,
)
"""Ollama, OpenAI and its relatives, pydantic's, llama.cpp, vLLM, OpenRouter."""

Limit = Literal["max_completion_tokens", "max_tokens"]


@dataclass(frozen=True)
class ModelOptions:
    """What the settings say about one model."""

    tools: Literal["native", "text"] = "native"
    window: int | None = None
    """Tokens; None: what is known, or what the endpoint reports."""
    effort: str | None = None
    """Sent as `reasoning_effort`; None: not sent."""
    max_output: int | None = None
    """Tokens of the longest answer; None: the endpoint's own limit."""


@dataclass(frozen=True)
class Dialect:
    """The parts of a request that are not in every dialect of the API."""

    tools: bool = True
    """False: tools are spoken of in text."""
    stream: bool = True
    usage: bool = True
    """Ask a stream for usage."""
    effort: str | None = None
    max_output: int | None = None
    limit: Limit = "max_completion_tokens"
    """The name under which `max_output` is sent."""

    @classmethod
    def of(cls, options: ModelOptions) -> "Dialect":
        """Return what is tried first."""
        native = options.tools == "native"
        return cls(tools=native, effort=options.effort, max_output=options.max_output)

    def parameters(self) -> dict[str, Any]:
        """Return what goes into the body beside model, messages and tools."""
        body: dict[str, Any] = {}
        if self.stream:
            body["stream"] = True
            if self.usage:
                body["stream_options"] = {"include_usage": True}
        if self.effort is not None:
            body["reasoning_effort"] = self.effort
        if self.max_output is not None:
            body[self.limit] = self.max_output
        return body

    def after(self, error: APIStatusError, sent: Mapping[str, Any]) -> "Dialect | None":
        """Return what to try next, or None when a request was refused for another reason."""
        for parameter in ("stream_options", "stream", "reasoning_effort", self.limit):
            if parameter in sent and _names(error, parameter):
                return self._without(parameter)
        if "tools" in sent and _refuses_tools(error):
            return replace(self, tools=False)
        return None

    def _without(self, parameter: str) -> "Dialect":
        match parameter:
            case "stream_options":
                return replace(self, usage=False)
            case "stream":
                return replace(self, stream=False)
            case "reasoning_effort":
                return replace(self, effort=None)
            case "max_completion_tokens":
                return replace(self, limit="max_tokens")
            case _:
                return replace(self, max_output=None)


def _names(error: APIStatusError, parameter: str) -> bool:
    """Tell whether the endpoint refuses a request because of one parameter."""
    if error.status_code not in _REJECTED:
        return False
    if error.param is not None:
        return error.param == parameter
    return re.search(rf"\b{parameter}\b", error.message[:_LONGEST_MESSAGE]) is not None


def _refuses_tools(error: APIStatusError) -> bool:
    """Tell whether tools as such are refused, and not one tool's schema or their number."""
    if _NO_TOOLS.search(error.message[:_LONGEST_MESSAGE]):
        return error.param in (None, "tools")
    is_plain = error.code is None or re.match(r"(?:un\w+_parameter$|\d+$)", str(error.code))
    return error.status_code in _REJECTED and error.param == "tools" and is_plain is not None
