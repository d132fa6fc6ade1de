"""What GitHub's refusals mean to us."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import requests
from github import GithubException, RateLimitExceededException

from agent.domain.errors import (
    DeveloperError,
    NotFoundError,
    PermanentError,
    PermissionDeniedError,
    RateLimitedError,
    TransientError,
)

_DEFAULT_WAIT_SECONDS = 60
"""Source: GitHub REST, best practices: without a header wait at least one minute."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn everything that PyGithub raises into our errors, with what was being done."""
    try:
        yield
    except GithubException as error:
        raise _meaning(doing, error) from error
    except (requests.ConnectionError, requests.Timeout) as error:
        raise TransientError(
            f"GitHub did not answer while {doing}: {type(error).__name__}."
        ) from error
    except AssertionError as error:
        # PyGithub asserts that every address in an answer begins with the one it was given.
        raise PermanentError(
            f"GitHub's answer points elsewhere ({error}) while {doing}. Set GITHUB_API_URL to the "
            "address that GitHub itself writes into its answers."
        ) from error
    except requests.RequestException as error:
        raise PermanentError(
            f"GitHub could not be asked while {doing}: {error}. Check GITHUB_API_URL."
        ) from error


def reasons(error: GithubException) -> str:
    """Return all that GitHub said: the message and the messages of the single errors."""
    body: Mapping[str, Any] = error.data if isinstance(error.data, Mapping) else {}
    details = body.get("errors")
    said = [body.get("message") or error.message]
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, Mapping):
            said.append(" ".join(str(part) for part in detail.values()))
        else:
            said.append(detail)
    return "; ".join(str(part) for part in said if part)[:500] or "no reason given"


def _meaning(doing: str, error: GithubException) -> DeveloperError:
    status = error.status
    said = f"GitHub answered {status} while {doing}: {reasons(error)}"
    if is_rate_limit(error):
        return RateLimitedError(said, _wait(error))
    if status in (401, 403):
        return PermissionDeniedError(f"{said}. Check GITHUB_TOKEN or the App's permissions.")
    if status in (404, 410):
        return NotFoundError(said)
    return TransientError(said) if status in (408, 409) or status >= 500 else PermanentError(said)


def is_rate_limit(error: GithubException) -> bool:
    """Tell whether GitHub wants us to slow down.

    Both limits come as 403 or 429, the secondary one with Retry-After; GraphQL says it in a 200,
    which PyGithub makes a 400. Source: GitHub REST, "Rate limits for the REST API".
    """
    headers = _headers(error)
    says_wait = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    return (
        error.status == 429
        or isinstance(error, RateLimitExceededException)
        or (error.status == 403 and says_wait)
        or "RATE_LIMITED" in reasons(error)
    )


def _wait(error: GithubException) -> timedelta:
    headers = _headers(error)
    seconds = headers.get("retry-after", "")
    if seconds.isdecimal():
        return timedelta(seconds=int(seconds))
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return timedelta(seconds=max(1, int(reset) - int(time.time())))
    return timedelta(seconds=_DEFAULT_WAIT_SECONDS)


def _headers(error: GithubException) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in (error.headers or {}).items()}
