"""What every ledger promises: the fake, SQLite and PostgreSQL alike."""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import IO

import pytest

from agent.domain.conversation import Message, Spent, ToolCall, Usage
from agent.domain.errors import PermanentError
from agent.domain.event import Event, TicketAssigned, TicketCommented
from agent.domain.evidence import Evidence, Gate, GateStatus, TestCount
from agent.domain.ids import ActorId, CommitSha, LifeId, TicketKey
from agent.ports import Ledger
from integrations.ledger.ledger import open_ledger
from tests.fakes.ledger import FakeLedger
from tests.fakes.postgresql import new_database_url

LIFE = LifeId("PAY-1-aaaaaaaa")
OTHER = LifeId("PAY-2-bbbbbbbb")
COMMIT = CommitSha("1" * 40)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

TALK = (
    Message(role="system", content="Be brief."),
    Message(role="assistant", tool_calls=(ToolCall(id="1", name="read", arguments='{"p": 1}'),)),
    Message(role="tool", content="naïve \x00 \x1b[31m 🙂", tool_call_id="1"),
)


class Ticking:
    """A clock that goes on by a minute each time it is read, in a zone that is not UTC."""

    def __init__(self) -> None:
        self._minutes = itertools.count()

    def __call__(self) -> datetime:
        at = NOON + timedelta(minutes=next(self._minutes))
        return at.astimezone(timezone(timedelta(hours=5, minutes=30)))


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "fake":
        yield FakeLedger(Ticking())
        return
    url = f"sqlite:///{tmp_path}/ledger.db" if request.param == "sqlite" else new_database_url()
    opened = open_ledger(url, Ticking())
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db" if request.param == "sqlite" else new_database_url()


def event(number: int) -> Event:
    happening = TicketAssigned(
        key=TicketKey("PAY-1"), assignee=ActorId("jira:1"), actor=ActorId("jira:2")
    )
    return Event(id=f"jira:{number}", happening=happening)


def result(gate: Gate, status: GateStatus, commit: CommitSha = COMMIT) -> Evidence:
    return Evidence(
        gate=gate, status=status, commit=commit, reason="31 passed", tests=TestCount(passed=31)
    )


def test_messages_come_back_as_they_were_written(ledger: Ledger) -> None:
    ledger.write(LIFE, 0, TALK)

    assert ledger.read(LIFE, 3) == [*TALK]


def test_only_the_first_messages_of_a_transcript_are_read(ledger: Ledger) -> None:
    ledger.write(LIFE, 0, TALK[:2])
    ledger.write(LIFE, 2, TALK[2:])

    assert ledger.read(LIFE, 2) == [*TALK[:2]]


def test_a_written_message_stays_when_it_is_written_again(ledger: Ledger) -> None:
    ledger.write(LIFE, 0, TALK[:2])
    ledger.write(LIFE, 1, TALK[2:] * 2)

    assert ledger.read(LIFE, 3) == [TALK[0], TALK[1], TALK[2]]


def test_writing_no_messages_changes_nothing(ledger: Ledger) -> None:
    ledger.write(LIFE, 0, [])

    assert ledger.read(LIFE, 9) == []
    assert ledger.lives() == []


def test_one_message_is_found_by_its_position(ledger: Ledger) -> None:
    ledger.write(LIFE, 0, TALK)

    assert ledger.message(LIFE, 1) == TALK[1]
    assert ledger.message(LIFE, 3) is None
    assert ledger.message(OTHER, 1) is None


def test_usage_is_booked_once_per_position_and_summed_exactly(ledger: Ledger) -> None:
    usage = Usage(prompt_tokens=100, cached_tokens=40, completion_tokens=7)
    for position in (2, 4, 4):
        ledger.book(LIFE, position, "m", usage, "0.1000000001")
    ledger.book(OTHER, 2, "m", usage, "9")

    expected = Spent(
        calls=2,
        prompt_tokens=200,
        cached_tokens=80,
        completion_tokens=14,
        cost_usd=Decimal("0.2000000002"),
    )
    assert ledger.spent(LIFE) == expected


def test_a_life_without_bookings_has_spent_nothing(ledger: Ledger) -> None:
    assert ledger.spent(LIFE) == Spent()


def test_the_first_record_is_kept_and_returned(ledger: Ledger) -> None:
    assert ledger.keep(LIFE, "step", "1", {"n": 1}) == {"n": 1}
    assert ledger.keep(LIFE, "step", "1", {"n": 2}) == {"n": 1}
    assert ledger.find(LIFE, "step", "1") == {"n": 1}


def test_a_replaced_record_has_the_new_body(ledger: Ledger) -> None:
    ledger.keep(LIFE, "plan", "it", "old")
    ledger.replace(LIFE, "plan", "it", "new")
    ledger.replace(LIFE, "plan", "other", "first")

    assert ledger.find(LIFE, "plan", "it") == "new"
    assert ledger.find(LIFE, "plan", "other") == "first"


def test_a_record_that_was_never_kept_is_none(ledger: Ledger) -> None:
    ledger.keep(LIFE, "step", "1", 1)

    assert ledger.find(LIFE, "step", "2") is None
    assert ledger.find(LIFE, "plan", "1") is None
    assert ledger.find(OTHER, "step", "1") is None


def test_records_are_listed_in_the_order_in_which_they_were_first_kept(ledger: Ledger) -> None:
    for name in ("b", "c", "a"):
        ledger.keep(LIFE, "step", name, name)
    ledger.keep(LIFE, "plan", "b", "not a step")
    ledger.keep(OTHER, "step", "b", "not ours")
    ledger.replace(LIFE, "step", "b", "B")

    assert ledger.list(LIFE, "step") == ["B", "c", "a"]


@pytest.mark.parametrize(
    "body",
    [None, True, 0.1, 2**60, "", "\x00 \ud800 ☃", [], {"z": [1, {"a": None}], "a": "z"}],
)
def test_any_json_value_is_kept_unchanged(ledger: Ledger, body: object) -> None:
    kept = ledger.keep(LIFE, "step", "1", body)

    assert json.dumps(kept) == json.dumps(body)


def test_a_kept_body_is_as_json_gives_it_from_the_first_call_on(ledger: Ledger) -> None:
    assert ledger.keep(LIFE, "step", "1", {"pair": (1, 2)}) == {"pair": [1, 2]}


def test_a_kept_body_does_not_change_with_the_callers_object(ledger: Ledger) -> None:
    body = {"n": 1}
    ledger.keep(LIFE, "step", "1", body)["n"] = 2
    body["n"] = 3

    assert ledger.find(LIFE, "step", "1") == {"n": 1}


def test_evidence_of_a_commit_comes_in_the_order_of_the_gates(ledger: Ledger) -> None:
    for gate in reversed(Gate):
        ledger.record(LIFE, result(gate, GateStatus.PASS))
    ledger.record(LIFE, result(Gate.TESTS, GateStatus.FAIL, CommitSha("2" * 40)))
    ledger.record(OTHER, result(Gate.TESTS, GateStatus.FAIL))

    assert ledger.evidence(LIFE, COMMIT) == tuple(result(gate, GateStatus.PASS) for gate in Gate)


def test_newer_evidence_takes_the_place_of_older(ledger: Ledger) -> None:
    ledger.record(LIFE, result(Gate.TESTS, GateStatus.FAIL))
    ledger.record(LIFE, result(Gate.TESTS, GateStatus.PASS))

    assert ledger.evidence(LIFE, COMMIT) == (result(Gate.TESTS, GateStatus.PASS),)


def test_the_first_target_of_a_key_stays(ledger: Ledger) -> None:
    ledger.record_sent("card/PAY-1", "C1/17.1")
    ledger.record_sent("card/PAY-1", "C1/18.2")

    assert ledger.sent("card/PAY-1") == "C1/17.1"
    assert ledger.sent("card/PAY-2") is None


def test_a_key_is_found_by_its_prefix_and_target(ledger: Ledger) -> None:
    ledger.record_sent("reply/PAY-1", "C1/17.1")
    ledger.record_sent("card/PAY-1", "C1/17.1")
    ledger.record_sent("card/PAY-2", "C1/18.2")

    assert ledger.key_of("card/", "C1/17.1") == "card/PAY-1"
    assert ledger.key_of("card/", "C1/19.3") is None


def test_the_oldest_of_several_keys_is_found(ledger: Ledger) -> None:
    ledger.record_sent("card/z", "C1/17.1")
    ledger.record_sent("card/a", "C1/17.1")

    assert ledger.key_of("card/", "C1/17.1") == "card/z"


@pytest.mark.parametrize("prefix", ["CARD/", "c_rd/", "%", "card/PAY-1/and/more"])
def test_a_prefix_is_taken_letter_by_letter(ledger: Ledger, prefix: str) -> None:
    ledger.record_sent("card/PAY-1", "C1/17.1")

    assert ledger.key_of(prefix, "C1/17.1") is None


def test_a_delivery_is_received_once_and_found_again(ledger: Ledger) -> None:
    assert ledger.receive(event(1)) is True
    assert ledger.receive(event(1)) is False
    assert ledger.delivery("jira:1") == event(1)
    assert ledger.delivery("jira:2") is None


def test_a_second_delivery_of_an_id_does_not_change_the_first(ledger: Ledger) -> None:
    comment = TicketCommented(
        key=TicketKey("PAY-9"), comment_id="1", actor=ActorId("jira:2"), text="\x00"
    )
    ledger.receive(event(1))
    ledger.receive(Event(id="jira:1", happening=comment))

    assert ledger.delivery("jira:1") == event(1)


def test_unrouted_deliveries_are_listed_oldest_first(ledger: Ledger) -> None:
    for number in (3, 1, 2):
        ledger.receive(event(number))
    ledger.mark_routed("jira:1", "start")
    ledger.mark_routed("jira:1", "ignore: seen before")

    assert ledger.unrouted() == [event(3), event(2)]


def test_marking_an_unknown_delivery_does_not_hide_a_later_one(ledger: Ledger) -> None:
    ledger.mark_routed("jira:1", "start")
    ledger.receive(event(1))

    assert ledger.unrouted() == [event(1)]


def test_the_audit_trail_is_told_in_order_with_times_in_utc(ledger: Ledger) -> None:
    ledger.note(LIFE, "jira:1", "assigned", "to us")
    ledger.note(OTHER, "jira:1", "assigned", "to us")
    ledger.note(LIFE, "slack:U1", "approved", "naïve \x00 plan")

    assert ledger.trail(LIFE) == [
        ("2026-03-01T12:00:00+00:00", "jira:1", "assigned", "to us"),
        ("2026-03-01T12:02:00+00:00", "slack:U1", "approved", "naïve \ufffd plan"),
    ]


def test_lives_are_listed_with_the_one_begun_last_first(ledger: Ledger) -> None:
    ledger.write(LIFE, 0, TALK)
    ledger.keep(OTHER, "step", "1", {})
    ledger.keep(LIFE, "step", "1", {})
    ledger.write(LIFE, 3, TALK)
    ledger.note(LifeId("PAY-3-cccccccc"), "jira:1", "refused", "")

    assert ledger.lives() == [OTHER, LIFE]


def test_what_is_kept_for_all_lives_is_no_life(ledger: Ledger) -> None:
    ledger.keep(LifeId("/surveys"), "survey-1", "c" * 40, {})
    ledger.keep(LIFE, "step", "1", {})

    assert ledger.lives() == [LIFE]


@pytest.mark.parametrize("body", [NOON, {"n": float("nan")}, {1, 2}])
def test_a_body_that_is_no_json_is_refused_for_good(ledger: Ledger, body: object) -> None:
    with pytest.raises(PermanentError, match="step/1 of PAY-1-aaaaaaaa"):
        ledger.keep(LIFE, "step", "1", body)

    assert ledger.keep(LIFE, "step", "1", "better") == "better"


def test_what_was_written_is_there_after_the_ledger_is_opened_again(url: str) -> None:
    first = open_ledger(url)
    first.write(LIFE, 0, TALK)
    first.close()

    second = open_ledger(url)
    found = second.read(LIFE, 3)
    second.close()

    assert found == [*TALK]


RIVAL = """
import json, sys
from integrations.ledger.ledger import open_ledger
name, url = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
ledger = open_ledger(url)
print(json.dumps([ledger.keep("PAY-1-aaaaaaaa", "step", str(n), name) for n in range(200)]))
ledger.close()
"""


def test_two_processes_that_keep_the_same_records_see_the_same_bodies(url: str) -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-W", "error", "-c", RIVAL]
    with (
        subprocess.Popen([*command, "one", url], stdin=pipe, stdout=pipe, text=True) as one,
        subprocess.Popen([*command, "two", url], stdin=pipe, stdout=pipe, text=True) as two,
    ):
        rivals = one, two
        ready = [stdout_of(rival).readline() for rival in rivals]
        for rival in rivals:
            assert rival.stdin is not None
            rival.stdin.write("go\n")
            rival.stdin.flush()
        seen = [json.loads(stdout_of(rival).readline()) for rival in rivals]

    assert ready == ["ready\n"] * 2
    assert seen[0] == seen[1]
    assert len(seen[0]) == 200


def stdout_of(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout
