"""A small real model that cannot code: `backsmith work` says so, cheaply, and never crashes.

Not part of `make test`: `make test-small-model` installs the model and runs this file.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract.git_remote import bubblewrap
from tests.small.small_model import PYTHON, Exchange, recorded_wire, small_model
from tests.unit.test_local_work import Town

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not PYTHON.exists(), reason="call `make test-small-model`"),
]
WINDOW = 8192
"""What SmolLM2 was trained for."""
MOST_CALLS = 12
SETTINGS = """
[prices."smollm2"]
prompt = 0
cached = 0
completion = 0

[models."smollm2"]
tools = "{tools}"
max_output = 200
"""


@dataclass(frozen=True)
class Seen:
    """A ticket that was tried, and what went over the wire meanwhile."""

    tools: str
    code: int
    result: dict[str, Any]
    stderr: str
    exchanges: list[Exchange]

    def tell(self, name: str) -> None:
        """Say what happened, for the person who called `make`."""
        model = self.result["model"]
        sys.stdout.write(
            f"\n{name}: {self.result['outcome']}, {self.result['reason']}\n"
            f"  {model['calls']} calls, {model['prompt_tokens']} prompt tokens, "
            f"{model['completion_tokens']} completion tokens, {self.result['seconds']} s\n"
        )
        for each in self.exchanges:
            sys.stdout.write(f"  {each.status} {each.finish_reason()}: {each.text()[:100]!r}\n")


def attempt(folder: Path, origin: str, tools: str, more: str = "") -> Seen:
    bubblewrap(folder)
    town = Town(folder, timeout_seconds=1500)
    (folder / "backsmith.toml").write_text(SETTINGS.format(tools=tools) + more)
    with recorded_wire(origin) as (wire, url):
        town.environment = {"OPENAI_BASE_URL": url, "BACKSMITH_MODEL": "smollm2"}
        done = town.work("shop", "--ticket", "ticket.md", "--json")
    assert done.stdout, done.stderr
    return Seen(tools, done.returncode, json.loads(done.stdout), done.stderr, wire.exchanges)


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with small_model(WINDOW) as origin:
        yield origin


@pytest.fixture(scope="module", params=["native", "text"])
def seen(
    request: pytest.FixtureRequest, origin: str, tmp_path_factory: pytest.TempPathFactory
) -> Seen:
    folder = tmp_path_factory.mktemp(request.param)
    found = attempt(folder, origin, request.param)
    found.tell(f"tools {request.param}")
    return found


def test_the_ticket_is_blocked_with_a_reason(seen: Seen) -> None:
    assert (seen.code, seen.result["outcome"]) == (1, "blocked")
    assert "without a usable tool call; its last answer was cut" in seen.result["reason"]
    assert (seen.result["branch"], seen.result["commits"]) == (None, [])


def test_little_is_asked_and_nothing_paid(seen: Seen) -> None:
    assert 0 < seen.result["model"]["calls"] <= MOST_CALLS
    assert len(seen.exchanges) == seen.result["model"]["calls"]
    assert seen.result["model"]["cost_usd"] == 0


def test_nothing_crashes(seen: Seen) -> None:
    assert "Traceback" not in seen.stderr
    assert {each.status for each in seen.exchanges} == {200}


def test_answers_are_streamed_and_booked_as_the_server_counts_them(seen: Seen) -> None:
    assert all(each.asked["stream"] for each in seen.exchanges)
    assert {each.content_type.partition(";")[0] for each in seen.exchanges} == {"text/event-stream"}
    counted = [each.usage() for each in seen.exchanges]
    for kind in ("prompt_tokens", "completion_tokens"):
        assert seen.result["model"][kind] == sum(each[kind] for each in counted)
    assert all(each["completion_tokens"] <= 200 for each in counted)


def test_a_model_that_is_not_told_of_the_tools_is_told_in_text(seen: Seen) -> None:
    """The template of SmolLM2 drops `tools`, and the server answers 200 all the same."""
    first, *others = [each.asked for each in seen.exchanges]
    assert ("tools" in first) == (seen.tools == "native")
    assert all("tools" not in each and "```tool" in str(each) for each in others)


@pytest.mark.parametrize(("claimed", "refused"), [("", 0), ("window = 32000", 1)])
def test_a_window_that_is_too_small_is_said(tmp_path: Path, claimed: str, refused: int) -> None:
    with small_model(1024) as origin:
        seen = attempt(tmp_path, origin, "text", claimed)
    seen.tell(f"a window of 1024 tokens ({claimed or 'as reported'})")
    assert (seen.code, seen.result["outcome"]) == (1, "blocked")
    assert "does not fit into the 1024 tokens" in seen.result["reason"]
    assert seen.result["model"]["calls"] == 0
    assert [each.status for each in seen.exchanges] == [400] * refused
