"""What a team's own file says of servers: `services: [postgres, redis]`, or none by `[]`."""

from typing import Literal

import yaml
from pydantic import BaseModel, ValidationError

from agent.domain.errors import SettingsError
from agent.stacks.services.hints import Kind, kind_of_url

FILE = ".backsmith.yml"
_WORDS: dict[str, Kind] = {"postgres": "postgres", "postgresql": "postgres", "redis": "redis"}
Word = Literal["postgres", "postgresql", "redis"]


class _Team(BaseModel):
    services: list[Word] | dict[Word, str | None] | None = None


def asked_services(text: str | None) -> dict[Kind, str] | None:
    """Return the servers that the team asks for, with an address or nothing.

    None: the file does not speak of them.

    Raises:
        SettingsError: It cannot be read.
    """
    try:
        document = yaml.safe_load(text or "") or {}
        wanted = document.get("services") if isinstance(document, dict) else None
        found = _Team.model_validate({"services": wanted}).services
    except yaml.YAMLError as error:
        raise SettingsError(f"{FILE} is not YAML: {' '.join(str(error).split())}") from error
    except (ValidationError, ValueError, RecursionError) as error:
        raise SettingsError(f"{FILE}: services must be a list of postgres and redis") from error
    if found is None:
        return None
    pairs = found.items() if isinstance(found, dict) else ((name, None) for name in found)
    addresses = {_WORDS[name]: address or "" for name, address in pairs}
    for kind, address in addresses.items():
        if address and kind_of_url(address) != kind:
            raise SettingsError(f"{FILE}: services.{kind} must be an address, {kind}://...")
    return addresses
