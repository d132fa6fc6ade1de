"""What an endpoint's refusals mean to us."""

import re
from datetime import timedelta

from openai import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
)

from agent.domain.errors import (
    DeveloperError,
    PermanentError,
    PermissionDeniedError,
    QuotaSpentError,
    RateLimitedError,
    SettingsError,
    TransientError,
)

_SPENT = frozenset({"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"})
_PASSING = (408, 409)
_DEFAULT_WAIT = timedelta(seconds=20)
_LONGEST_WAIT = timedelta(hours=1)
_LONGEST_MESSAGE = 500


def translate(error: APIError, model: str, secret: str) -> DeveloperError:
    """Return what to raise in place of the SDK's error; the text never holds `secret`."""
    said = error.message.replace(secret, "[key]")[:_LONGEST_MESSAGE]
    match error:
        case APITimeoutError():
            return TransientError(f"the model endpoint did not answer in time ({model})")
        case APIConnectionError():
            cause = type(error.__cause__).__name__
            return TransientError(f"the model endpoint could not be reached ({cause})")
        case APIStatusError():
            return _of_status(error, model, said)
        case APIResponseValidationError():
            return TransientError(f"the model endpoint's answer makes no sense: {said}")
        case _:
            return _within_stream(error, said)


def names_parameter(error: APIStatusError, parameter: str) -> bool:
    """Tell whether the endpoint refuses a request because of one parameter."""
    if error.status_code != 400:
        return False
    if error.param is not None:
        return error.param == parameter
    return re.search(rf"\b{parameter}\b", error.message) is not None


def _of_status(error: APIStatusError, model: str, said: str) -> DeveloperError:
    status = error.status_code
    if _is_spent(error) or status == 402:
        return QuotaSpentError(f"the account at the model provider is out of money: {said}")
    if status in (401, 403):
        # The provider's text is left out, for it repeats a part of the key.
        return PermissionDeniedError(
            f"the model endpoint refused the credentials with {status}; check OPENAI_API_KEY "
            "and OPENAI_BASE_URL"
        )
    if status == 429:
        return RateLimitedError(f"the model endpoint limits our rate: {said}", _wait(error))
    if status in _PASSING or status >= 500:
        return TransientError(f"the model endpoint failed: {said}")
    if status == 404:
        return SettingsError(
            f"the model endpoint does not know the model {model}; check BACKSMITH_MODEL and "
            f"OPENAI_BASE_URL ({said})"
        )
    return PermanentError(f"the model endpoint rejected the request: {said}")


def _within_stream(error: APIError, said: str) -> DeveloperError:
    """Return the meaning of an error that came as an event of a stream that had begun well."""
    if _is_spent(error):
        return QuotaSpentError(f"the account at the model provider is out of money: {said}")
    if error.code == "rate_limit_exceeded":
        return RateLimitedError(f"the model endpoint limits our rate: {said}", _DEFAULT_WAIT)
    if error.type == "invalid_request_error":
        return PermanentError(f"the model endpoint rejected the request: {said}")
    return TransientError(f"the model's answer broke off: {said}")


def _is_spent(error: APIError) -> bool:
    return error.code in _SPENT or error.type in _SPENT


def _wait(error: APIStatusError) -> timedelta:
    named = error.response.headers.get("retry-after", "")
    try:
        wait = timedelta(seconds=float(named))
    except (ValueError, OverflowError):  # absent, or a date
        return _DEFAULT_WAIT
    return min(max(wait, timedelta()), _LONGEST_WAIT)
