"""The script that goes into the sandbox, joined from its parts."""

from functools import cache
from pathlib import Path

from agent.stacks.openapi.script import joined

_HERE = Path(__file__).with_name("inside")


@cache
def script() -> str:
    """Return the text for `python -c`; behind it stand a job and the command to run."""
    return joined(_HERE / f"{name}.py" for name in ("servers", "caches", "serving"))
