"""Everything that can go wrong, by what to do about it.

DeveloperError
  x TransientError           worth another attempt: time-out, 429, 5xx
    + RateLimitedError       the same, after `retry_after`
  x PermanentError           never worth another attempt: 401, 404, rejected input
    + SettingsError          a setting is missing or wrong; stops the process
    + NotFoundError          the thing asked for does not exist, or is hidden from us
    + PermissionDeniedError  our credentials are refused
    + QuotaSpentError        the account at a provider is out of money
    + ContextOverflowError   the request is longer than the model's window: shorten it
    + SandboxUnavailableError  code cannot be run safely on this machine
  x NeedsHumanError          a person must act: unclear ticket, spent budget, conflict
  x ToolError                goes back to the model as a tool result; never leaves the graph
"""

from datetime import timedelta


class DeveloperError(Exception):
    """The root of all errors that this program raises on purpose."""


class TransientError(DeveloperError):
    """Worth another attempt: a time-out, 429 or 5xx."""


class RateLimitedError(TransientError):
    """Worth another attempt after a wait that the other side named."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermanentError(DeveloperError):
    """Never worth another attempt."""


class SettingsError(PermanentError):
    """A setting is missing or wrong; the message has its name, its place and the fix."""


class NotFoundError(PermanentError):
    """The thing asked for does not exist, or is hidden from us."""


class PermissionDeniedError(PermanentError):
    """Our credentials are refused."""


class QuotaSpentError(PermanentError):
    """The account at a provider is out of money; waiting does not help."""


class ContextOverflowError(PermanentError):
    """The request is longer than the model's window; a shorter one may do."""

    def __init__(self, message: str, limit_tokens: int | None = None) -> None:
        super().__init__(message)
        self.limit_tokens = limit_tokens
        """The window that the endpoint named, in tokens; None when it named none."""


class SandboxUnavailableError(PermanentError):
    """Code cannot be run safely on this machine."""


class NeedsHumanError(DeveloperError):
    """A person must act before the work can go on."""


class ToolError(DeveloperError):
    """A tool call that cannot be carried out; its text tells the model what to do next."""
