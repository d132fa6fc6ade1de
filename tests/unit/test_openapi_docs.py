"""What the documentation shows of settings and outputs is what is read and written."""

import json
import re
from pathlib import Path

from agent.openapi.policy import ACCEPT_FILE, read_policy
from agent.openapi.report.jsonform import as_json
from tests.fakes.api_changes import REAL_DIFF

PAGE = (Path(__file__).parents[2] / "docs" / "openapi.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_settings_shown_are_read() -> None:
    team, accepting, _workflow = blocks("yaml")
    assert len(read_policy(team.encode(), ".backsmith.yml").levels) == 3
    assert len(read_policy(accepting.encode(), ACCEPT_FILE).accepted) == 2


def test_the_json_shown_has_the_keys_that_are_written() -> None:
    (shown,) = map(json.loads, blocks("json"))
    written = as_json(REAL_DIFF)
    assert list(shown) == list(written)
    assert list(shown["changes"][0]) == list(written["changes"][0])
