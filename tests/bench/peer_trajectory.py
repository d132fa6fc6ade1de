"""What a run of mini-swe-agent cost, read from the trajectory that it saves.

Source: mini-swe-agent 2.4.6, trajectory format `mini-swe-agent-1.1` (agents/default.py,
`serialize`; models/litellm_model.py, `query`: each answer is kept whole in `extra.response`, also
one that could not be parsed).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Spent:
    """What one run took. Tokens are the endpoint's own counts; None where it gave none."""

    exit_status: str
    """`Submitted` when the model said that it was done; else why the agent stopped."""
    calls: int
    """Model calls as the agent counts them: a call tried again after an error counts once."""
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    commands: int
    command_seconds: float
    """From an answer to the end of its commands, summed up."""
    config: Mapping[str, Any]
    """The settings that were in force, as the agent recorded them, without its prompts."""

    @property
    def cached_share(self) -> float | None:
        """Which part of the prompt tokens came from the provider's cache, 0 to 1."""
        if self.cached_tokens is None or not self.prompt_tokens:
            return None
        return round(self.cached_tokens / self.prompt_tokens, 3)


def read_trajectory(path: Path) -> Spent:
    """Read a saved trajectory. Raises FileNotFoundError when the agent never got to save one."""
    saved = json.loads(path.read_text("utf-8"))
    info, messages = saved["info"], saved["messages"]
    usages = [_usage(response) for response in _responses(messages)]
    cached = [count for usage in usages if (count := _cached(usage)) is not None]
    return Spent(
        exit_status=info["exit_status"],
        calls=info["model_stats"]["api_calls"],
        prompt_tokens=_total([usage.get("prompt_tokens") for usage in usages]),
        completion_tokens=_total([usage.get("completion_tokens") for usage in usages]),
        cached_tokens=sum(cached) if cached else None,
        commands=sum(len(_extra(message).get("actions") or ()) for message in messages),
        command_seconds=round(sum(_waits(messages)), 1),
        config=_without_prompts(info["config"]),
    )


def _without_prompts(config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_prompts(value) if isinstance(value, dict) else value
        for name, value in config.items()
        if not name.endswith("_template")
    }


def _extra(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return message.get("extra") or {}


def _responses(messages: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        response = _extra(message).get("response")
        if isinstance(response, dict):
            yield response


def _usage(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the endpoint counted. Where it counted nothing, litellm leaves zeros."""
    usage = response.get("usage") or {}
    return usage if usage.get("prompt_tokens") else {}


def _cached(usage: Mapping[str, Any]) -> int | None:
    count = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    return int(count) if count is not None else None


def _total(counts: Sequence[int | None]) -> int | None:
    """Return the sum, or None as soon as one is unknown: a sum of some would pass for all."""
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _waits(messages: Sequence[Mapping[str, Any]]) -> Iterator[float]:
    """Yield the seconds between each answer and the last result of its commands."""
    answered: float | None = None
    ended: float | None = None
    for message in [*messages, {"role": "assistant"}]:
        if message.get("role") == "assistant":
            if answered is not None and ended is not None:
                yield ended - answered
            answered, ended = _extra(message).get("timestamp"), None
        elif message.get("role") == "tool":
            ended = _extra(message).get("timestamp")
