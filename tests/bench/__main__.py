"""`make bench`: what the machinery costs. Ratios count; absolute times depend on the machine."""

import json
import sys
from typing import Any

from tests.bench.differ import measure_differ
from tests.bench.histories import measure_histories
from tests.bench.steps import measure_steps


def main() -> None:
    """Print the figures as a table on stderr and as JSON on stdout."""
    figures = {
        "steps": measure_steps(),
        "histories": measure_histories(),
        "differ": measure_differ(),
    }
    for name, rows in figures.items():
        sys.stderr.write(f"{name}\n")
        for key, value in rows.items():
            sys.stderr.write(f"  {key:40} {_cell(value)}\n")
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{key} {inner}" for key, inner in value.items())
    return str(value)


main()
