"""All tools, and how a call by the model becomes one of them."""

import json

from pydantic import ValidationError

from agent.domain.conversation import ToolCall, ToolSpec
from agent.domain.errors import ToolError
from agent.domain.run import Stage
from agent.tools.api import DiffApi
from agent.tools.base import Tool
from agent.tools.checks import RunChecks
from agent.tools.files import EditFiles, ListFiles, ReadFiles
from agent.tools.finish import Finish
from agent.tools.people import AnswerReview, AskHuman, ProposePlan
from agent.tools.search import Search
from agent.tools.shell import RunCommand

TOOLS: tuple[type[Tool], ...] = (
    ReadFiles,
    ListFiles,
    Search,
    EditFiles,
    RunCommand,
    RunChecks,
    DiffApi,
    ProposePlan,
    AskHuman,
    AnswerReview,
    Finish,
)


def tool_specs() -> tuple[ToolSpec, ...]:
    """Return all tools as they are offered.

    The list is the same in every stage, so that the provider's cache of the prompt's prefix holds
    from one stage to the next; `parse_call` refuses what a stage does not allow.
    """
    return tuple(tool.spec() for tool in TOOLS)


def is_read_only(name: str) -> bool:
    """Tell whether a tool of that name changes nothing."""
    return any(tool.is_read_only for tool in TOOLS if tool.name == name)


def is_writing(name: str) -> bool:
    """Tell whether a tool of that name belongs to the work and not to its planning."""
    return any(Stage.PLAN not in tool.stages for tool in TOOLS if tool.name == name)


def parse_call(call: ToolCall, stage: Stage) -> Tool:
    """Return the tool with its arguments. Raises ToolError that tells the model what to mend."""
    tool = next((tool for tool in TOOLS if tool.name == call.name), None)
    if tool is None:
        names = ", ".join(tool.name for tool in TOOLS)
        raise ToolError(f"There is no tool {call.name!r}. There are: {names}.")
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise ToolError(
            f"The arguments of {call.name} are not JSON ({error}). Call it again."
        ) from error
    try:
        parsed = tool.model_validate(arguments)
    except ValidationError as error:
        raise ToolError(f"{call.name}: {_problems(error)}. Call it again.") from error
    if stage not in tool.stages:
        allowed = ", ".join(tool.name for tool in TOOLS if stage in tool.stages)
        first = " Call propose_plan first, in the same answer." if stage is Stage.PLAN else ""
        raise ToolError(f"{call.name} is not for the {stage} stage.{first} There are: {allowed}.")
    return parsed


def _problems(error: ValidationError) -> str:
    rows = [
        f"{'.'.join(map(str, item['loc'])) or 'arguments'}: {item['msg']}"
        for item in error.errors()
    ]
    return "; ".join(rows[:5])
