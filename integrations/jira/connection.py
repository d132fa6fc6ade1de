"""How Jira is reached, and what its refusals mean to us."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import requests
from jira import JIRA, JIRAError

from agent.domain.errors import (
    DeveloperError,
    NotFoundError,
    PermanentError,
    PermissionDeniedError,
    RateLimitedError,
    TransientError,
)

_DEFAULT_WAIT = timedelta(seconds=60)


@dataclass(frozen=True)
class JiraConnection:
    """Address and credentials: `email` and `api_token` for Cloud, `pat` for Data Center."""

    url: str
    email: str | None = None
    api_token: str | None = field(default=None, repr=False)
    pat: str | None = field(default=None, repr=False)
    api_version: Literal["2", "3"] = "3"
    """`3` speaks the Atlassian Document Format, `2` wiki markup (all that Data Center has)."""
    timeout_seconds: float = 15

    def connect(self) -> JIRA:
        """Return a client; reads the server's version first, which decides how it searches.

        Retries are off: a lost answer must be looked up by marker before a write is repeated.
        """
        basic = (self.email, self.api_token) if self.email and self.api_token else None
        return JIRA(
            self.url,
            options={"rest_api_version": self.api_version},
            basic_auth=basic,
            token_auth=None if basic else self.pat,
            get_server_info=True,
            max_retries=0,
            timeout=self.timeout_seconds,
            logging=False,
        )


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn everything the `jira` package raises into our errors, with what was being done."""
    try:
        yield
    except JIRAError as error:
        raise _meaning(doing, error) from error
    except (requests.ConnectionError, requests.Timeout) as error:
        raise TransientError(
            f"Jira did not answer while {doing}: {type(error).__name__}."
        ) from error
    except json.JSONDecodeError as error:
        raise TransientError(f"Jira answered without JSON while {doing}.") from error
    except requests.RequestException as error:
        raise PermanentError(
            f"Jira could not be asked while {doing}: {error}. Check JIRA_URL."
        ) from error


def _meaning(doing: str, error: JIRAError) -> DeveloperError:
    status = error.status_code or 0
    text = (error.text or "no reason given").strip()[:500]
    said = f"Jira answered {status} while {doing}: {text}"
    if status == 429:
        return RateLimitedError(said, _wait(error))
    if status in (401, 403) or _is_stranger(error):
        return PermissionDeniedError(f"{said}. Check JIRA_EMAIL and JIRA_API_TOKEN, or JIRA_PAT.")
    if status == 404:
        return NotFoundError(said)
    return TransientError(said) if status in (408, 425) or status >= 500 else PermanentError(said)


def _is_stranger(error: JIRAError) -> bool:
    """Tell whether Jira took us for nobody: then it hides tickets with 404 instead of 401."""
    return _header(error, "X-Seraph-LoginReason").startswith("AUTHENTICAT")


def _header(error: JIRAError, name: str) -> str:
    headers = getattr(error.response, "headers", None) or {}
    return str(headers.get(name, ""))


def _wait(error: JIRAError) -> timedelta:
    """Return how long Jira asks to wait; the header is missing now and then."""
    value = _header(error, "Retry-After")
    return timedelta(seconds=int(value)) if value.isdecimal() else _DEFAULT_WAIT
