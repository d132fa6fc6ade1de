"""How much coverage a team asks for. Read at the base: a change cannot allow itself anything."""

from collections.abc import Iterator

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.domain.errors import SettingsError, ToolError
from agent.domain.value import Value
from agent.tools.base import Bench

_FILE = ".backsmith.yml"
_CAP_BYTES = 1 << 20


class Floors(Value):
    """Percent; None where nothing is asked for."""

    model_config = ConfigDict(extra="forbid")

    total: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    """Of all statements and branches."""
    changed: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    """Of the lines of a change."""
    source: str = ""
    """Where the total stands."""


class _Team(BaseModel):
    coverage: Floors = Floors()


def read_floors(bench: Bench, fail_under: float) -> Floors:
    """Return what the team asks for in its own file, else in the settings of coverage.py.

    Raises:
        SettingsError: The team's file cannot be read.
    """
    try:
        text = str(bench.files("result", path=_FILE, cap=_CAP_BYTES)["text"])
    except ToolError:
        text = ""
    try:
        found = _Team.model_validate(yaml.safe_load(text) or {}).coverage
    except yaml.YAMLError as error:
        raise SettingsError(f"{_FILE} is not YAML: {error}") from error
    except (ValidationError, RecursionError) as error:
        raise SettingsError(f"{_FILE}: {'; '.join(_wrong(error)) or 'too deep'}") from error
    if found.total is not None:
        return found.model_copy(update={"source": _FILE})
    if fail_under:
        return found.model_copy(update={"total": fail_under, "source": "fail_under"})
    return found


def _wrong(error: ValidationError | RecursionError) -> Iterator[str]:
    for item in error.errors() if isinstance(error, ValidationError) else ():
        yield f"{'.'.join(map(str, item['loc']))}: {item['msg']}"
