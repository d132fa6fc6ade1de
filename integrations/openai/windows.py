"""How much a model takes in at once: a table of common models, and what an endpoint reports.

Tokens of the longest request, as of 2026-11. Source: OpenAI's model pages, checked against one
independent published copy. Where a provider charges more for long requests, the window ends where
the price rises (gpt-5.5 and gpt-5.4 take 1,050,000 tokens, at twice the price beyond 272,000), so
that no budget is booked too low.
"""

import json
from collections.abc import Mapping
from typing import Any

from integrations.openai.names import entry_of

AS_OF = "2026-11"

UNKNOWN = 32_000
"""For a model that nobody says anything about: most models for code take this much."""

KNOWN: Mapping[str, int] = {
    "gpt-5.5": 272_000,
    "gpt-5.4": 272_000,
    "gpt-5.4-mini": 272_000,
    "gpt-5": 272_000,
    "gpt-5-mini": 272_000,
    "gpt-5-nano": 272_000,
    "gpt-4.1": 1_047_576,
    "gpt-4.1-mini": 1_047_576,
    "gpt-4.1-nano": 1_047_576,
    "gpt-4o": 128_000,
    "gpt-4o-mini": 128_000,
    "o3": 200_000,
    "o4-mini": 200_000,
}

_REPORTED = (
    "max_model_len",  # vLLM, SGLang
    "n_ctx",  # llama.cpp, within `meta`
    "context_length",  # OpenRouter, Together
    "context_window",  # Groq
    "max_context_length",  # Mistral, LM Studio
    "n_ctx_train",  # llama.cpp before it reported `n_ctx`: what the model was trained for
)


def known_window(model: str) -> int | None:
    """Return the window of a common model, or None."""
    return entry_of(model, KNOWN)


def read_report(body: bytes) -> dict[str, int | None]:
    """Return the models that an answer to `GET /v1/models` lists, with the windows it reports.

    Anything that is not such an answer lists nothing.
    """
    try:
        entries = json.loads(body)["data"]
        return {str(each["id"]): _size(each) for each in entries}
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}


def reported_window(model: str, report: Mapping[str, int | None]) -> int | None:
    """Return what a report says about a model; a server of one model may call it anything."""
    if model in report:
        return report[model]
    return next(iter(report.values())) if len(report) == 1 else None


def _size(entry: Mapping[str, Any]) -> int | None:
    meta = entry.get("meta")
    said = {**meta, **entry} if isinstance(meta, dict) else entry
    sizes = (said.get(name) for name in _REPORTED)
    return next((each for each in sizes if type(each) is int and each > 0), None)
