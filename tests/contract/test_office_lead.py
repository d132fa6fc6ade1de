"""The scripted lead plays a person: approves the plan, asks once for a change, merges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from office.lead import ReviewScript, ScriptedLead, find_line, read_scripts
from office.people import BOT, LEAD
from tests.contract.office_team import Team, tiny_team

SCRIPT = ReviewScript(
    path="app.py", contains="return 2", body="Why two?", summary="See the comment."
)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with tiny_team(tmp_path) as made:
        yield made


def begin(team: Team, scripts: dict[str, ReviewScript]) -> ScriptedLead:
    lead = ScriptedLead(team.office, review_comments=scripts)
    team.office.spawn(lead.run())
    return lead


def test_plan_is_approved_once(team: Team) -> None:
    office = team.office
    office.call(lambda: office.slack.add_channel("backsmith", (BOT, LEAD)))
    begin(team, {})
    button = {
        "type": "button",
        "action_id": "backsmith:approve",
        "text": {"type": "plain_text", "text": "Approve"},
    }
    body = {
        "channel": "#backsmith",
        "text": "Plan",
        "blocks": [{"type": "actions", "elements": [button]}],
    }
    url = f"{office.origins['slack']}/api/chat.postMessage"
    headers = {"Authorization": f"Bearer {office.slack.bot_token}"}
    ts = httpx.post(url, json=body, headers=headers).json()["ts"]
    office.call(lambda: office.slack.say("#backsmith", "Fine", LEAD, ts))

    def pressed() -> list[str]:
        kinds = [("slack", "press")]
        return [c.data["ts"] for c in office.feed.changes if (c.source, c.kind) in kinds]

    team.until(pressed)
    office.call(lambda: office.slack.say("#backsmith", "Go on", LEAD, ts))
    assert pressed() == [ts]


def test_first_review_asks_for_a_change_and_the_answer_is_merged(team: Team) -> None:
    begin(team, {"TINY-1": SCRIPT})
    team.push("app.py", "def one() -> int:\n    return 2\n")
    team.open_pull()
    team.until(lambda: team.pull()["threads"])
    (thread,) = team.pull()["threads"]
    assert (thread["path"], thread["line"], thread["comments"][0]["body"]) == (
        "app.py",
        2,
        "Why two?",
    )
    assert [review["state"] for review in team.pull()["reviews"]] == ["CHANGES_REQUESTED"]

    team.push("app.py", "def one() -> int:\n    return 3\n")
    comment = thread["comments"][0]["id"]
    team.api("POST", f"pulls/1/comments/{comment}/replies", body="Three is better.")
    team.until(lambda: team.pull()["merged"])
    states = [review["state"] for review in team.pull()["reviews"] if review["by"] == LEAD.login]
    assert states == ["CHANGES_REQUESTED", "APPROVED"]


def test_newer_head_without_a_reply_is_not_approved(team: Team) -> None:
    lead = ScriptedLead(team.office, review_comments={"TINY-1": SCRIPT})
    team.push("app.py", "def one() -> int:\n    return 2\n")
    team.open_pull()
    team.until(lambda: team.pull()["checks"] and team.pull()["checks"][0]["conclusion"])
    team.office.call(lead.look)
    team.push("app.py", "def one() -> int:\n    return 3\n")
    team.until(lambda: team.pull()["checks"] and team.pull()["checks"][0]["conclusion"])
    team.office.call(lead.look)
    assert [review["state"] for review in team.pull()["reviews"]] == ["CHANGES_REQUESTED"]


def test_red_checks_are_not_reviewed(team: Team) -> None:
    lead = ScriptedLead(team.office, review_comments={"TINY-1": SCRIPT})
    team.push("broken", "")
    team.open_pull()
    team.until(lambda: team.pull()["checks"] and team.pull()["checks"][0]["conclusion"])
    team.office.call(lead.look)
    assert team.pull()["checks"][0]["conclusion"] == "failure"
    assert team.pull()["reviews"] == []


def test_comment_without_its_line_goes_into_the_review(team: Team) -> None:
    begin(team, {"TINY-1": SCRIPT})
    team.push("other.py", "two = 2\n")
    team.open_pull()
    team.until(lambda: team.pull()["reviews"])
    (review,) = team.pull()["reviews"]
    assert (review["state"], review["body"]) == (
        "CHANGES_REQUESTED",
        "See the comment.\n\nWhy two?",
    )


def test_ticket_without_a_script_is_merged_at_once(team: Team) -> None:
    begin(team, {})
    team.push("app.py", "def one() -> int:\n    return 2\n")
    team.open_pull()
    team.until(lambda: team.pull()["merged"])


def test_added_lines_are_preferred_to_those_that_stay() -> None:
    diff = "--- a/app.py\n+++ b/app.py\n@@ -4,2 +4,3 @@\n return 2\n-return 1\n+# return 2\n+x\n"
    pull = {"files": [{"path": "app.py", "diff": diff}]}
    assert find_line(pull, SCRIPT) == 5


def test_scripts_of_the_furnished_office_are_read() -> None:
    scripts = read_scripts()
    assert {"SHOP-7", "CARE-3"} <= set(scripts)
    assert all(script.body and script.contains and script.path for script in scripts.values())
