"""The one way to run our workflows: worker, replayer and tests all use these."""

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

DATA_CONVERTER = pydantic_data_converter
TASK_QUEUE = "backsmith"
"""Workflows, and activities that run code or call a model."""
LIGHT_QUEUE = "backsmith-light"
"""Calls to Jira, GitHub and Slack, so that they never wait behind a test suite."""

# LangGraph imports these lazily while it runs (langgraph 1.2); inside the workflow sandbox such an
# import fails and leaves the workflow stuck. `agent` holds no clocks and no randomness.
_PASSED_THROUGH = ("langgraph", "langchain_core", "langsmith", "pydantic", "agent")


def workflow_runner() -> SandboxedWorkflowRunner:
    """Return the sandboxed runner with the modules that LangGraph needs passed through."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH)
    )
