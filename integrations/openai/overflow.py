"""How endpoints say that a request is longer than the model's window.

Sources: OpenAI and Azure error codes; llama.cpp server (`exceed_context_size_error`, with `n_ctx`);
messages of vLLM, SGLang, Text Generation Inference, llama-cpp-python, LM Studio, Ollama, Anthropic,
Mistral and Gemini as reported by their users.
"""

import re
from collections.abc import Mapping
from typing import Any

from openai import APIError, APIStatusError

_NAMES = frozenset(
    {"context_length_exceeded", "exceed_context_size_error", "context_exceeded", "string_too_long"}
)
_STATUSES = frozenset({400, 413, 422, 429, 500})
_LONGEST_MESSAGE = 600
"""Some endpoints repeat the request in their message; what people wrote must not be read here."""
_SMALLEST, _LARGEST = 128, 100_000_000

_NUMBER = r"(?P<limit>\d[\d,]*)"
_MESSAGES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"maximum (?:context|model) (?:length|limit)(?: is| of|:)? {_NUMBER}",
        rf"context length is only {_NUMBER}",
        rf"{_NUMBER} maximum context length",
        rf"context length \(?{_NUMBER}",
        rf"context length of (?:only )?{_NUMBER}",
        rf"context window (?:of|is|size) {_NUMBER}",
        rf"available context size \({_NUMBER}",
        rf"exceeds context size \({_NUMBER}",
        rf"configured limit of {_NUMBER} tokens",
        rf"prompt is too long: \d+ tokens > {_NUMBER}",
        rf"exceed context limit: [\d +]+ > {_NUMBER}",
        rf"exceeds the maximum number of tokens allowed \({_NUMBER}",
        rf"max_new_tokens.{{0,3}} must be <= {_NUMBER}",
        rf"request too large for .*\bLimit:? {_NUMBER}, Requested",
        r"exceeds the (?:available )?context (?:size|length|window)",
        r"exceed(?:s|ed)? (?:the )?(?:max(?:imum)? )?context (?:length|window|limit|size)",
        r"maximum context length",
        r"prompt (?:is )?too long",
        r"reduce the length of the messages",
        r"request too large for",
    )
]


def overflow_limit(error: APIError) -> tuple[bool, int | None]:
    """Tell whether an error means an overflow, and the window in tokens if it names one."""
    if isinstance(error, APIStatusError) and error.status_code not in _STATUSES:
        return False, None
    body = error.body if isinstance(error.body, Mapping) else {}
    said = str(body.get("message") or error.message)[:_LONGEST_MESSAGE]
    found = next((hit for each in _MESSAGES if (hit := each.search(said))), None)
    named = {str(error.code), str(error.type)} & _NAMES
    if not named and (found is None or _is_about_rate(error, said)):
        return False, None
    return True, _sound(body.get("n_ctx")) or _sound(found and found.groupdict().get("limit"))


def _is_about_rate(error: APIError, said: str) -> bool:
    """Tell a limit of tokens per minute, which passes, from one request beyond it, which stays."""
    is_limit = getattr(error, "status_code", None) == 429
    return is_limit and not re.search(r"request too large for", said, re.IGNORECASE)


def _sound(said: Any) -> int | None:
    try:
        limit = int(str(said).replace(",", ""))
    except ValueError:
        return None
    return limit if _SMALLEST <= limit <= _LARGEST else None
