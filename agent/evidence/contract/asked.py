"""What a team asks of the contract gate. Read at the base: a change cannot excuse itself."""

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.domain.errors import SettingsError, ToolError
from agent.domain.value import Value
from agent.tools.base import Bench

FILE = ".backsmith.yml"
_CAP_BYTES = 1 << 20


class Asked(Value):
    """How an application is to be tried."""

    model_config = ConfigDict(extra="forbid")

    examples: int = Field(default=15, ge=1, le=500)
    """Random requests to an operation, beside those at the limits of its schema."""
    seconds: int = Field(default=60, ge=5, le=900)
    """For all operations together."""
    operations: tuple[str, ...] = ()
    """Such as `POST /orders`; empty for all."""


class _Openapi(BaseModel):
    apps: str = ""


class _Team(BaseModel):
    contract: bool | Asked = False
    openapi: _Openapi | None = None


class Wish(Value):
    """What the team's file says."""

    asked: Asked | None = None
    """None: the team did not ask for the gate."""
    apps: tuple[str, ...] = ()
    """The applications that the team names for the description of its API."""


def read_wish(bench: Bench) -> Wish:
    """Return what the team's file in the worktree asks for.

    Raises:
        SettingsError: The file cannot be read.
    """
    try:
        text = str(bench.files("result", path=FILE, cap=_CAP_BYTES)["text"])
    except ToolError:
        return Wish()
    try:
        team = _Team.model_validate(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        raise SettingsError(f"{FILE} is not YAML: {error}") from error
    except (ValidationError, RecursionError) as error:
        raise SettingsError(f"{FILE}: {_wrong(error)}") from error
    asked = Asked() if team.contract is True else team.contract or None
    apps = tuple(filter(None, map(str.strip, (team.openapi or _Openapi()).apps.split(","))))
    return Wish(asked=asked, apps=apps)


def _wrong(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "too deep"
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
