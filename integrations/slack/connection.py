"""How a workspace is reached, and what its refusals mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from agent.domain.errors import (
    DeveloperError,
    NotFoundError,
    PermanentError,
    PermissionDeniedError,
    RateLimitedError,
    SettingsError,
    TransientError,
)

# Source: the error tables of chat.postMessage, chat.update and conversations.history.
_DENIED = frozenset(
    {
        "access_denied",
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
_PASSING = frozenset(
    {
        "external_channel_migrating",
        "fatal_error",
        "internal_error",
        "request_timeout",
        "service_unavailable",
    }
)
_CHANNEL = {
    "channel_not_found": "no such channel, or the bot cannot see it: set SLACK_CHANNEL to the "
    "channel's id, and invite the bot if the channel is private",
    "not_in_channel": "the bot is not in the channel: invite it, or set SLACK_CHANNEL to another",
    "is_archived": "the channel is archived: set SLACK_CHANNEL to another",
}
_DEFAULT_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class SlackConnection:
    """One bot in one workspace."""

    bot_token: str = field(repr=False)
    channel: str
    """Where tickets are reported: a channel id, or `#name`."""
    api_url: str = "https://slack.com/api/"
    timeout_seconds: int = 30


def web_client(connection: SlackConnection, *, with_token: bool = True) -> WebClient:
    """Return a client that never repeats a request by itself: a repeated write posts twice."""
    return WebClient(
        token=connection.bot_token if with_token else None,
        base_url=connection.api_url,
        timeout=connection.timeout_seconds,
        retry_handlers=[],
    )


@contextmanager
def translated(doing: str, token: str = "SLACK_BOT_TOKEN") -> Iterator[None]:  # noqa: S107 - a name
    """Turn what slack_sdk raises within the block into our own errors.

    Args:
        doing: What was tried, for the start of the message.
        token: The setting to look at when the credentials are refused.
    """
    try:
        yield
    except SlackApiError as error:
        raise _refusal(doing, token, error) from error
    except (OSError, HTTPException) as error:
        raise TransientError(f"{doing}: Slack did not answer ({type(error).__name__})") from error


def _refusal(doing: str, token: str, error: SlackApiError) -> DeveloperError:
    response = error.response
    code = str(response.get("error") or "unknown_error")
    said = f"{doing}: Slack refused with {code[:200]}"
    if response.status_code == 429 or code in ("ratelimited", "rate_limited"):
        return RateLimitedError(said, _retry_after(response.headers))
    if response.status_code >= 500:
        return TransientError(f"{doing}: Slack answered {response.status_code}")
    if code in _PASSING:
        return TransientError(said)
    if code in _CHANNEL:
        return SettingsError(f"{said}; {_CHANNEL[code]}")
    if code in _DENIED:
        scope = response.get("needed")
        missing = f"; the token lacks the scope {scope}" if scope else ""
        return PermissionDeniedError(f"{said}{missing}; check {token}")
    if code in ("message_not_found", "thread_not_found"):
        return NotFoundError(said)
    return PermanentError(said + _details(response.get("response_metadata")))


def _retry_after(headers: dict[str, str]) -> timedelta:
    named = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
    seconds = float(named) if named.isdecimal() else _DEFAULT_WAIT_SECONDS
    return timedelta(seconds=seconds)


def _details(metadata: object) -> str:
    """Return what Slack says about the arguments, such as which block is invalid."""
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    return f" ({'; '.join(map(str, messages))[:500]})" if messages else ""
