"""The shape of a tool. Its docstring and field descriptions are what the model reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from agent.domain.conversation import ToolSpec
from agent.domain.evidence import Evidence, Gate
from agent.domain.ids import CommitSha
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
    base: CommitSha | None = None
    """Where the branch left the default branch; None when nobody asks what changed since."""
    at_base: tuple[Evidence, ...] = ()
    """What the gates showed at the base, as far as they were run there."""

    def known(self, gate: Gate) -> Evidence | None:
        """Return what a gate showed at the base, if it was run there."""
        return next((item for item in self.at_base if item.gate is gate), None)

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
    """True when what was called for did not succeed: `finish` in the same answer does not count."""
    is_of_run: bool = False
    """True when the record belongs to this run alone: its name then starts with the run's id."""


class Tool(BaseModel, ABC):
    """The base of all tools."""

    model_config = ConfigDict(extra="forbid")

    name: ClassVar[str]
    stages: ClassVar[frozenset[Stage]] = frozenset(Stage)

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
