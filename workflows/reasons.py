"""Why something failed, in words for people."""

from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError


def cause(error: BaseException) -> str:
    """Return the innermost reason of a failed activity or child workflow."""
    while isinstance(error, ActivityError | ChildWorkflowError) and error.__cause__:
        error = error.__cause__
    text = error.message if isinstance(error, ApplicationError) else str(error)
    return text[:300]
