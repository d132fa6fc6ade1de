"""The script that goes into the sandbox, joined from its parts."""

from functools import cache
from pathlib import Path

from agent.stacks.openapi.script import joined

_HERE = Path(__file__).with_name("inside")
_SERVERS = Path(__file__).parents[1] / "services" / "inside" / "servers.py"
_SETTINGS = Path(__file__).parents[2] / "stacks" / "openapi" / "inside"
PARTS = (
    *(_SETTINGS / f"{name}.py" for name in ("guesses", "failures")),
    _SERVERS,
    *(_HERE / f"{name}.py" for name in ("databases", "schema", "seeding", "rows", "comparing")),
    *(_HERE / f"{name}.py" for name in ("locks", "alembic_side", "django_side", "children")),
    _HERE / "proving.py",
)


@cache
def script() -> str:
    """Return the text for `python -c`; it reads a job from stdin."""
    return joined(PARTS)
