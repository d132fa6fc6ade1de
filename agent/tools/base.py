"""The shape of a tool. Its docstring and field descriptions are what the model reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from agent.domain.conversation import ToolSpec
from agent.domain.repository import Worktree
from agent.domain.run import Signal, Stage
from agent.domain.value import Value
from agent.ports import Sandbox
from agent.stacks.commands import Stack

RESULT_LIMIT = 40_000
"""The most characters of one tool result."""


@dataclass(frozen=True)
class Bench:
    """What a tool works on: a worktree, and the sandbox in which it is touched."""

    sandbox: Sandbox
    worktree: Worktree
    stack: Stack

    def files(self, operation: str, **arguments: Any) -> Any:
        """Run one operation of the file helper in the sandbox. Raises ToolError."""
        return self.sandbox.file_operation(self.worktree, operation, arguments)


class ToolOutcome(Value):
    """What a tool call gave."""

    text: str
    """What the model reads."""
    signal: Signal | None = None
    record: tuple[str, str, dict[str, Any]] | None = None
    """(kind, name, body) to keep in the ledger."""
    failed: bool = False
    """True when it could not be carried out, or checks did not pass: `finish` does not count."""
    is_of_run: bool = False
    """True when the record belongs to this run alone: its name then starts with the run's id."""


class Tool(BaseModel, ABC):
    """The base of all tools."""

    model_config = ConfigDict(extra="forbid")

    name: ClassVar[str]
    stages: ClassVar[frozenset[Stage]] = frozenset(Stage)
    is_read_only: ClassVar[bool] = False
    """True for a tool that changes nothing: such calls run together."""

    @abstractmethod
    def run(self, bench: Bench) -> ToolOutcome:
        """Carry the call out. Raises ToolError with a text that tells what to do next."""

    @classmethod
    def spec(cls) -> ToolSpec:
        """Return the tool as it is offered to the model."""
        schema = cls.model_json_schema()
        description = schema.pop("description", "")
        for part in (schema, *schema.get("$defs", {}).values()):
            part.pop("title", None)
            for field in part.get("properties", {}).values():
                field.pop("title", None)
        return ToolSpec(name=cls.name, description=description, parameters=schema)


WRITING = frozenset({Stage.DEVELOP, Stage.REPAIR, Stage.RESPOND})
"""The stages in which files may be changed."""
