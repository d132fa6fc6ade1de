"""What an endpoint's refusals mean to us."""

from openai import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
)

from agent.domain.errors import (
    ContextOverflowError,
    DeveloperError,
    PermanentError,
    PermissionDeniedError,
    QuotaSpentError,
    RateLimitedError,
    SettingsError,
    TransientError,
)
from integrations.openai.overflow import overflow_limit
from integrations.openai.waits import DEFAULT, wait_of

_SPENT = frozenset({"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"})
_PASSING = (408, 409)
_LONGEST_MESSAGE = 500


def translate(error: APIError, model: str, secret: str) -> DeveloperError:
    """Return what to raise in place of the SDK's error; the text never holds `secret`."""
    said = error.message.replace(secret, "[key]")[:_LONGEST_MESSAGE]
    match error:
        case APITimeoutError():
            return TransientError(
                f"the model endpoint at {_address(error)} did not answer in time ({model})"
            )
        case APIConnectionError():
            cause = type(error.__cause__).__name__
            return TransientError(
                f"the model endpoint at {_address(error)} could not be reached ({cause}); "
                "check OPENAI_BASE_URL if it stays so"
            )
        case APIStatusError():
            return _of_status(error, model, said)
        case APIResponseValidationError():
            return TransientError(f"the model endpoint's answer makes no sense: {said}")
        case _:
            return _within_stream(error, model, said)


def _address(error: APIError) -> str:
    """Return host and port; the address's user part and path may hold secrets."""
    url = error.request.url
    return f"{url.host}:{url.port or (80 if url.scheme == 'http' else 443)}"


def _of_status(error: APIStatusError, model: str, said: str) -> DeveloperError:
    status = error.status_code
    if _is_spent(error) or status == 402:
        return QuotaSpentError(f"the account at the model provider is out of money: {said}")
    if (overflow := _overflow(error, model, said)) is not None:
        return overflow
    if status in (401, 403):
        # The provider's text is left out, for it repeats a part of the key.
        return PermissionDeniedError(
            f"the model endpoint refused the credentials with {status}; check OPENAI_API_KEY "
            "and OPENAI_BASE_URL"
        )
    if status == 429:
        return RateLimitedError(
            f"the model endpoint limits our rate: {said}", wait_of(error.response.headers)
        )
    if status in _PASSING or status >= 500:
        return TransientError(f"the model endpoint failed: {said}")
    if status == 404:
        return SettingsError(
            f"the model endpoint does not know the model {model}; check BACKSMITH_MODEL and "
            f"OPENAI_BASE_URL ({said})"
        )
    return PermanentError(f"the model endpoint rejected the request: {said}")


def _within_stream(error: APIError, model: str, said: str) -> DeveloperError:
    """Return the meaning of an error that came within an answer that had begun well."""
    if _is_spent(error):
        return QuotaSpentError(f"the account at the model provider is out of money: {said}")
    if (overflow := _overflow(error, model, said)) is not None:
        return overflow
    if error.code == "rate_limit_exceeded":
        return RateLimitedError(f"the model endpoint limits our rate: {said}", DEFAULT)
    if error.type == "invalid_request_error":
        return PermanentError(f"the model endpoint rejected the request: {said}")
    return TransientError(f"the model's answer broke off: {said}")


def _overflow(error: APIError, model: str, said: str) -> ContextOverflowError | None:
    is_overflow, limit = overflow_limit(error)
    if not is_overflow:
        return None
    named = f" of {limit} tokens" if limit else ""
    return ContextOverflowError(
        f"the request is longer than the window{named} of the model {model}: {said}", limit
    )


def _is_spent(error: APIError) -> bool:
    return not _SPENT.isdisjoint((str(error.code), str(error.type)))
