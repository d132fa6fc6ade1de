"""The shape of a tool. Its docstring and field descriptions are what the model reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from agent.domain.conversation import ToolSpec
from agent.domain.evidence import Evidence, Gate
from agent.domain.ids import CommitSha
from agent.domain.repository import Worktree
from agent.domain.run import Signal, Stage
from agent.domain.value import Value
from agent.own_secrets import NONE, OwnSecrets
from agent.permissions import Ask, nobody
from agent.ports import Artifacts, Sandbox
from agent.stacks.commands import Stack

RESULT_LIMIT = 60_000
"""The most characters of one tool result: two dozen files of a service, read at once."""


@dataclass(frozen=True)
class Checkout:
    """A worktree, and the sandbox in which it is touched."""

    sandbox: Sandbox
    worktree: Worktree

    def files(self, operation: str, **arguments: Any) -> Any:
        """Run one operation of the file helper in the sandbox. Raises ToolError."""
        return self.sandbox.file_operation(self.worktree, operation, arguments)


@dataclass(frozen=True)
class Bench(Checkout):
    """What a tool works on: a checkout, and what is known about it."""

    stack: Stack
    artifacts: Artifacts
    today: date
    base: CommitSha | None = None
    """Where the branch left the default branch; None when nobody asks what changed since."""
    is_finishing: bool = False
    """True when `finish` stands in the same answer: what is unused by then is so for good."""
    at_base: tuple[Evidence, ...] = ()
    """What the gates showed at the base, as far as they were run there."""
    allowed: Ask = nobody
    """Who allowed what a gate would refuse."""
    own_secrets: OwnSecrets = NONE
    """What our own process must keep to itself."""
    limit: timedelta | None = None
    """The most time that one command of a gate gets; None for what each gate gives it."""

    notes: tuple[str, ...] = ()
    """What people should know of the packages that are installed, such as one that is not."""

    def time_for(self, usual: timedelta) -> timedelta:
        """Return the time that a command gets which a gate would give `usual`."""
        return usual if self.limit is None else min(usual, self.limit)

    def known(self, gate: Gate) -> Evidence | None:
        """Return what a gate showed at the base, if it was run there."""
        return next((item for item in self.at_base if item.gate is gate), None)


class ToolOutcome(Value):
    """What a tool call gave."""

    text: str
    """What the model reads."""
    signal: Signal | None = None
    record: tuple[str, str, dict[str, Any]] | None = None
    """(kind, name, body) to keep in the ledger."""
    failed: bool = False
    """True when it could not be carried out, or checks did not pass: `finish` does not count."""
    changes_files: bool = False
    """True when files may be other than before: what the gates showed before is void."""
    evidence: tuple[Evidence, ...] = ()
    """What the gates showed of the worktree as it stood then."""
    is_of_run: bool = False
    """True when the record belongs to this run alone: its name then starts with the run's id."""


class Tool(BaseModel, ABC):
    """The base of all tools."""

    model_config = ConfigDict(extra="forbid")

    name: ClassVar[str]
    is_read_only: ClassVar[bool] = False
    """True when calls change nothing, so that several may run at the same time."""
    stages: ClassVar[frozenset[Stage]] = frozenset(Stage)

    @abstractmethod
    def run(self, bench: Bench) -> ToolOutcome:
        """Carry the call out. Raises ToolError with a text that tells what to do next."""

    @classmethod
    def spec(cls) -> ToolSpec:
        """Return the tool as it is offered to the model."""
        schema = cls.model_json_schema()
        schema.pop("description", None)
        return ToolSpec(
            name=cls.name,
            description=_one_line(cls.__doc__ or ""),
            parameters=_lean(schema, schema.pop("$defs", {})),
        )


_NOISE = frozenset(
    {"title", "$ref", "anyOf", "additionalProperties", "minLength", "minItems", "minimum"}
)
"""What costs tokens in every request and tells the model nothing; calls are checked all the same.

Source: pydantic 2, `BaseModel.model_json_schema`.
"""


def _lean(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON schema without noise: references filled in, an optional value as the value."""
    full = {**_referred(schema, definitions), **schema}
    lean = {key: value for key, value in full.items() if key not in _NOISE}
    if not lean.get("default"):
        lean.pop("default", None)
    if "description" in lean:
        lean["description"] = _one_line(lean["description"])
    if "items" in lean:
        lean["items"] = _lean(lean["items"], definitions)
    if "properties" in lean:
        fields = lean["properties"].items()
        lean["properties"] = {name: _lean(field, definitions) for name, field in fields}
    return lean


def _referred(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = definitions[schema["$ref"].rpartition("/")[2]]
        is_words = "enum" in found
        return {key: value for key, value in found.items() if key != "description" or not is_words}
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    return _lean(options[0], definitions) if len(options) == 1 else {}


def _one_line(text: str) -> str:
    return " ".join(text.split())


WRITING = frozenset({Stage.DEVELOP, Stage.REPAIR, Stage.RESPOND})
"""The stages in which files may be changed."""
