"""`backsmith demo` as a script would call it, on both sample services."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(300)


def _demo(*arguments: str) -> dict[str, Any]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI_")}
    ended = subprocess.run(
        [sys.executable, "-m", "workflows", "demo", "--json", *arguments],
        capture_output=True,
        text=True,
        timeout=280,
        env=environment,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    result: dict[str, Any] = json.loads(ended.stdout)
    return result


@pytest.mark.parametrize(
    ("key", "before", "after"), [("SHOP-7", 36, 56), ("CARE-3", 30, 48)], ids=["fastapi", "django"]
)
def test_ticket_goes_from_assignment_to_merge(key: str, before: int, after: int) -> None:
    result = _demo("--ticket", key)
    assert result["ticket"] == key
    assert result["outcome"] == "merged"
    assert result["pull_request"].endswith("/pull/1")
    assert len(result["commits"]) == 2
    assert result["tests"] == {"before": before, "after": after}
    assert result["slack"]["messages"] <= 6
    assert result["model"]["calls"] == 6
    assert set(result["model"]) == {
        "calls",
        "prompt_tokens",
        "cached_tokens",
        "completion_tokens",
        "cost_usd",
    }
