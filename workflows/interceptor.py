"""Whether a failed activity is tried again is decided here, by the error's class."""

from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from agent.domain.errors import DeveloperError, RateLimitedError, TransientError

BUG_ATTEMPTS = 3
"""How often an activity is tried that failed with an error that nobody foresaw."""


class _Translate(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except DeveloperError as error:
            raise _application_error(error) from error
        except (ApplicationError, CancelledError, TimeoutError):
            raise
        except Exception as error:
            info = activity.info()
            structlog.get_logger().exception("activity_failed", activity=info.activity_type)
            last = info.attempt >= BUG_ATTEMPTS
            text = f"{type(error).__name__} in {info.activity_type}: {error}"
            raise ApplicationError(text[:500], type="Bug", non_retryable=last) from error


def _application_error(error: DeveloperError) -> ApplicationError:
    wait = error.retry_after if isinstance(error, RateLimitedError) else None
    return ApplicationError(
        str(error)[:500],
        type=type(error).__name__,
        non_retryable=not isinstance(error, TransientError),
        next_retry_delay=wait,
    )


class ErrorTranslation(Interceptor):
    """Turns our errors into Temporal's, retryable or not by class.

    `RetryPolicy.non_retryable_error_types` compares class names exactly, so a subclass would slip
    through (temporalio 1.35).
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap every activity."""
        return _Translate(super().intercept_activity(next))
