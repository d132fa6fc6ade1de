"""Slack's payloads to events: which posts and presses count, whose they are, what they say."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.domain.event import ButtonPressed, Event, ThreadReplied
from agent.domain.ids import ActorId, TicketKey
from integrations.slack.events import parse_action, parse_message
from tests.fakes.specs import read_samples

SAMPLES = Path(__file__).parents[1] / "samples" / "slack"
LEAD = ActorId("slack:U0LEAD01")
POST_ID = "slack:message:C0BACKEND:1763800000.000200"
PARENT, OWN = "1763800000.000100", "1763800000.000200"


def sample(case: str, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / case / "body.json").read_text())
    return {**body, **changes}


def changed(case: str, **fields: Any) -> dict[str, Any]:
    body = sample(case)
    return {**body, "event": {**body["event"], **fields}}


def reply(body: Mapping[str, Any]) -> ThreadReplied:
    event = parse_message(body)
    assert event is not None
    assert isinstance(event.happening, ThreadReplied)
    return event.happening


@pytest.mark.parametrize(
    ("case", "thread_ts", "text"),
    [
        (
            "message_in_thread",
            PARENT,
            "Please use the new endpoint (https://example.com/a?b=1&c=2) & keep the tests",
        ),
        ("mention_in_thread", PARENT, "approve"),
        ("mention_in_channel", OWN, "what is PAY-1 waiting for?"),
        ("thread_broadcast", PARENT, "For all: done"),
        ("file_in_thread", PARENT, "See the log"),
    ],
)
def test_what_a_person_writes_to_us_is_a_reply(case: str, thread_ts: str, text: str) -> None:
    assert parse_message(sample(case)) == Event(
        id=POST_ID,
        happening=ThreadReplied(channel="C0BACKEND", thread_ts=thread_ts, actor=LEAD, text=text),
    )


@pytest.mark.parametrize(
    "case",
    [
        "message_in_channel",
        "message_edited",
        "message_by_a_bot",
        "message_by_ourselves",
        "channel_join",
        "button_pressed",
    ],
)
def test_everything_else_is_ignored(case: str) -> None:
    assert parse_message(sample(case)) is None


def test_a_mention_in_a_thread_is_one_event_though_it_arrives_twice() -> None:
    text = "<@U0BOT001> approve"
    as_message = parse_message(changed("message_in_thread", text=text))
    as_mention = parse_message(sample("mention_in_thread"))
    assert as_message == as_mention


def test_an_edit_that_adds_a_mention_is_ignored() -> None:
    edited = {"user": "U0LEAD01", "ts": "1763800009.000000"}
    assert parse_message(changed("mention_in_thread", edited=edited)) is None


def test_a_thread_s_first_message_is_no_reply() -> None:
    assert parse_message(changed("message_in_thread", thread_ts=OWN)) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ask <@U0LEAD01> or <@U9|ann>", "ask @U0LEAD01 or @ann"),
        ("in <#C1|backend> and <#C2>", "in #backend and #C2"),
        ("<!here> <!subteam^S1|@devs>", "@here @devs"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("<https://a.example|a.example>", "https://a.example"),
        ("<mailto:a@example.com|a@example.com>", "a@example.com"),
        ("a &lt; b &amp;&amp; c &gt; d &amp;lt;", "a < b && c > d &lt;"),
        ("`List[int]` *bold*", "`List[int]` *bold*"),
    ],
)
def test_markup_is_read_as_a_person_reads_it(written: str, read: str) -> None:
    assert reply(changed("message_in_thread", text=written)).text == read


def test_a_member_of_another_workspace_is_never_taken_for_one_of_ours() -> None:
    body = changed("message_in_thread", user_team="T0OTHER1")
    assert reply({**body, "is_ext_shared_channel": True}).actor == "slack:T0OTHER1:U0LEAD01"


def test_our_own_people_keep_their_id_in_a_shared_channel() -> None:
    body = changed("message_in_thread", user_team="T0TEAM01")
    assert reply({**body, "is_ext_shared_channel": True}).actor == LEAD


def test_a_press_names_the_ticket_the_action_and_the_person() -> None:
    assert parse_action(sample("button_pressed")) == Event(
        id="slack:action:13345224609.738474920.8088930838d88f008e0",
        happening=ButtonPressed(key=TicketKey("PAY-1"), action="approve", actor=LEAD),
    )


def test_a_press_without_a_trigger_is_known_by_message_and_time() -> None:
    event = parse_action(sample("button_pressed", trigger_id=""))
    assert event is not None
    assert event.id == "slack:action:1763800000.000100:1763800001.000000"


def test_a_press_by_a_guest_from_another_workspace_has_a_foreign_actor() -> None:
    user = {"id": "U0LEAD01", "team_id": "T0OTHER1"}
    event = parse_action(sample("button_pressed", user=user))
    assert event is not None
    assert event.happening.actor == "slack:T0OTHER1:U0LEAD01"


@pytest.mark.parametrize(
    "action",
    [
        {"action_id": "other:approve", "value": "PAY-1"},
        {"action_id": "backsmith:approve", "value": "not a ticket"},
        {"action_id": "backsmith:approve"},
        {},
    ],
)
def test_buttons_that_are_not_ours_are_ignored(action: dict[str, str]) -> None:
    assert parse_action(sample("button_pressed", actions=[action])) is None


def test_a_payload_without_actions_is_ignored() -> None:
    assert parse_action({"type": "block_actions", "actions": []}) is None


FILLED = {
    "type": "event_callback",
    "user": "U0LEAD01",
    "channel": "C0BACKEND",
    "ts": OWN,
    "thread_ts": PARENT,
}


def filled(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a blank sample with the values that would make it count, if its kind counted."""
    event = body["event"]
    known = {name: value for name, value in FILLED.items() if event.get(name) == ""}
    return {**body, "event": {**event, **known}}


def test_of_all_kinds_of_events_only_people_s_posts_count() -> None:
    bodies = read_samples("slack-java-sdk-event-samples.tar.gz")
    assert len(bodies) > 100
    assert [name for name, body in bodies.items() if parse_action(body)] == []
    counted = {
        name for name, body in bodies.items() if "event" in body and parse_message(filled(body))
    }
    assert counted == {
        "AppMentionPayload",
        "MessagePayload",
        "MessageThreadBroadcastPayload",
        "MessageFileSharePayload",
    }
