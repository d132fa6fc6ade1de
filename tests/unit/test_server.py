"""The gateway's way in: signed webhooks, probes, and polling for what no webhook told."""

import asyncio
import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette

from agent.domain.errors import PermanentError, SettingsError, TransientError
from agent.domain.event import Event
from agent.domain.ids import ActorId, LifeId, TicketKey
from agent.domain.progress import Outcome, Phase
from tests.fakes.ledger import FakeLedger
from tests.fakes.tracker import LEAD, OURSELVES, FakeTracker
from workflows.gateway import Gateway, People
from workflows.server import (
    build_routes,
    check_ways_in,
    poll_tickets,
    run_gateway,
)
from workflows.settings import Settings
from workflows.state import Notice, NoticeKind, TicketStatus
from workflows.temporal import TemporalTickets

ROOT = Path(__file__).parents[2]
JIRA, GITHUB = "the secret of Jira's webhook", "the secret of GitHub's webhook"
KEY = TicketKey("PAY-7")


class AwayLedger(FakeLedger):
    """A ledger whose database is away while `is_away`."""

    is_away = False

    def receive(self, event: Event) -> bool:
        if self.is_away:
            raise TransientError("the ledger's database is away")
        return super().receive(event)


@dataclass
class FakeTickets:
    """Tickets by their phase, and who was told what."""

    phases: dict[TicketKey, Phase] = field(default_factory=dict)
    started: list[tuple[TicketKey, Notice]] = field(default_factory=list)
    told: list[tuple[TicketKey, Notice]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    async def start(self, key: TicketKey, notice: Notice) -> object:
        if self.failures:
            raise self.failures.pop(0)
        self.started.append((key, notice))
        self.phases[key] = Phase.INTAKE
        return None

    async def tell(self, key: TicketKey, notice: Notice) -> bool:
        self.told.append((key, notice))
        return key in self.phases

    async def status(self, key: TicketKey) -> TicketStatus | None:
        if key not in self.phases:
            return None
        known: dict[str, Any] = dict.fromkeys(TicketStatus.model_fields)
        known |= {"key": key, "life": LifeId("x"), "phase": self.phases[key]}
        return TicketStatus.model_construct(**known | {"outcome": Outcome.MERGED})


@dataclass
class Door:
    """The gateway's application, and what stands behind it."""

    client: httpx.AsyncClient
    ledger: AwayLedger
    tickets: FakeTickets

    async def deliver(
        self, vendor: str, body: bytes, secret: str, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a webhook, signed with a secret."""
        name = {"jira": "X-Hub-Signature", "github": "X-Hub-Signature-256"}[vendor]
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        signed = {name: f"sha256={digest}"} | (headers or {})
        return await self.client.post(f"/webhooks/{vendor}", content=body, headers=signed)

    async def assign(self, secret: str = JIRA) -> httpx.Response:
        """Send Jira's webhook about a ticket that was given to us."""
        return await self.deliver("jira", ASSIGNED, secret, WEBHOOK)


WEBHOOK = {"X-Atlassian-Webhook-Identifier": "w1"}
ASSIGNED = json.dumps(
    {
        "webhookEvent": "jira:issue_updated",
        "issue_event_type_name": "issue_assigned",
        "user": {"accountId": "lead"},
        "issue": {"key": KEY, "fields": {"assignee": {"accountId": "backsmith"}}},
        "changelog": {"items": [{"field": "assignee", "fieldId": "assignee"}]},
    }
).encode()
REVIEWED = json.dumps(
    {
        "action": "submitted",
        "sender": {"id": 901},
        "repository": {"full_name": "acme/shop"},
        "pull_request": {
            "number": 3,
            "head": {"ref": "backsmith/PAY-7-refund", "repo": {"full_name": "acme/shop"}},
        },
    }
).encode()


def settings(**values: object) -> Settings:
    """Return settings of which only these matter."""
    return Settings.model_validate(values)


@pytest.fixture(autouse=True)
def no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come from the tests only."""
    for name in ("SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "GITHUB_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BACKSMITH_CONFIG", str(tmp_path / "none.toml"))


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    ledger, tickets = AwayLedger(), FakeTickets()
    people = People(own=frozenset({ActorId(OURSELVES)}))
    gateway = Gateway(inbox=ledger, tickets=tickets, people=people)
    both = settings(jira_webhook_secret=JIRA, github_webhook_secret=GITHUB)
    transport = httpx.ASGITransport(Starlette(routes=build_routes(both, gateway, None)))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield Door(client, ledger, tickets)


async def test_a_signed_webhook_is_stored_carried_out_and_accepted(door: Door) -> None:
    answer = await door.assign()
    assert (answer.status_code, answer.json()) == (202, {"decision": "assigned"})
    assert door.ledger.delivery("jira:w1") is not None
    notice = Notice(id="jira:w1", kind=NoticeKind.ASSIGNED, actor=LEAD)
    assert door.tickets.started == [(KEY, notice)]


async def test_a_webhook_of_github_tells_the_ticket_of_the_branch(door: Door) -> None:
    door.tickets.phases[KEY] = Phase.REVIEW
    headers = {"X-GitHub-Event": "pull_request_review", "X-GitHub-Delivery": "d1"}
    answer = await door.deliver("github", REVIEWED, GITHUB, headers)
    assert answer.status_code == 202
    notice = Notice(id="github:d1", kind=NoticeKind.LOOK, actor="github:901")
    assert door.tickets.told == [(KEY, notice)]


@pytest.mark.parametrize("vendor", ["jira", "github"])
@pytest.mark.parametrize("secret", ["", "guessed", JIRA + GITHUB])
async def test_a_bad_signature_is_refused_and_nothing_is_stored(
    door: Door, vendor: str, secret: str
) -> None:
    answer = await door.deliver(vendor, ASSIGNED, secret, WEBHOOK)
    assert (answer.status_code, answer.json()) == (401, {"error": "bad signature"})
    assert door.ledger.unrouted() == []
    assert door.ledger.delivery("jira:w1") is None
    assert door.tickets.started == []


async def test_no_signature_is_refused(door: Door) -> None:
    answer = await door.client.post("/webhooks/jira", content=ASSIGNED)
    assert answer.status_code == 401


async def test_a_signature_of_other_words_is_refused(door: Door) -> None:
    digest = hmac.new(JIRA.encode(), b"{}", hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature": f"sha256={digest}"}
    answer = await door.client.post("/webhooks/jira", content=ASSIGNED, headers=headers)
    assert answer.status_code == 401


async def test_while_the_ledger_is_away_the_vendor_is_asked_to_come_again(door: Door) -> None:
    door.ledger.is_away = True
    answer = await door.assign()
    assert (answer.status_code, answer.json()) == (503, {"error": "try again"})
    door.ledger.is_away = False
    assert (await door.assign()).status_code == 202
    assert len(door.tickets.started) == 1


async def test_while_temporal_is_away_the_event_is_kept_and_the_next_delivery_makes_it_good(
    door: Door,
) -> None:
    door.tickets.failures.append(TransientError("PAY-7 cannot be started"))
    assert (await door.assign()).status_code == 503
    assert [event.id for event in door.ledger.unrouted()] == ["jira:w1"]
    assert (await door.assign()).json() == {"decision": "assigned"}
    assert (await door.assign()).json() == {"decision": "taken before"}
    assert len(door.tickets.started) == 1


async def test_what_the_other_side_can_never_mend_is_400(door: Door) -> None:
    door.tickets.failures.append(PermanentError("PAY-7 refused the notice"))
    answer = await door.assign()
    assert (answer.status_code, answer.json()) == (400, {"error": "PAY-7 refused the notice"})


@pytest.mark.parametrize("vendor", ["jira", "github"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe"])
async def test_a_signed_body_that_is_not_json_is_400(door: Door, vendor: str, body: bytes) -> None:
    secret = {"jira": JIRA, "github": GITHUB}[vendor]
    answer = await door.deliver(vendor, body, secret)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith("webhook's body is not JSON.")


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"webhookEvent": "sprint_started"}'])
async def test_what_is_of_no_concern_is_accepted_and_not_stored(door: Door, body: bytes) -> None:
    answer = await door.deliver("jira", body, JIRA)
    assert (answer.status_code, answer.json()) == (202, {"decision": "ignored: of no concern"})
    assert door.ledger.unrouted() == []


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_are_answered(door: Door, path: str) -> None:
    answer = await door.client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


async def test_webhooks_are_posted_only(door: Door) -> None:
    assert (await door.client.get("/webhooks/jira")).status_code == 405


def test_a_vendor_without_a_secret_has_no_door() -> None:
    gateway = Gateway(inbox=FakeLedger(), tickets=FakeTickets(), people=People(own=frozenset()))
    routes = build_routes(settings(jira_webhook_secret=JIRA), gateway, None)
    assert [route.path for route in routes] == ["/healthz", "/readyz", "/webhooks/jira"]


ALL_WAYS: dict[str, object] = {
    "jira_url": "http://127.0.0.1:9",
    "jira_pat": "x",
    "slack_bot_token": "x",
    "slack_channel": "#x",
}


def test_slack_needs_one_of_its_two_ways_in() -> None:
    check_ways_in(settings(**ALL_WAYS | {"slack_app_token": "x"}))
    check_ways_in(settings(**ALL_WAYS | {"slack_signing_secret": "x"}))
    with pytest.raises(SettingsError, match=r"SLACK_SIGNING_SECRET .* or SLACK_APP_TOKEN"):
        check_ways_in(settings(**ALL_WAYS))


async def test_a_port_that_is_taken_is_named_with_the_fix() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port} is taken by .*: set BACKSMITH_PORT"):
            await run_gateway(settings(backsmith_port=port, backsmith_host="0.0.0.0"))  # noqa: S104


def test_the_gateway_process_says_a_taken_port_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "backsmith.toml").touch()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "workflows", "gateway"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "BACKSMITH_PORT": port},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    holder = rf"process {os.getpid()} \(\S+\)"
    said = rf"backsmith: port {port} is taken by {holder}: set BACKSMITH_PORT \(environment\)\n"
    assert re.fullmatch(said, done.stderr)


class WatchedTracker(FakeTracker):
    """A tracker that counts how often it was asked for our tickets."""

    asked = 0

    def assigned_tickets(self) -> list[TicketKey]:
        self.asked += 1
        return super().assigned_tickets()


async def poll(tracker: WatchedTracker, tickets: FakeTickets, times: int) -> None:
    """Let the poll look so many times."""
    reached = cast("TemporalTickets", tickets)
    task = asyncio.create_task(poll_tickets(tracker, FakeLedger(), reached, 0))
    try:
        async with asyncio.timeout(20):
            # One more, so that what the last look found has been dealt with.
            while tracker.asked <= times and not task.done():  # noqa: ASYNC110 - asked in a thread
                await asyncio.sleep(0.001)
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()


async def test_the_poll_starts_a_ticket_once() -> None:
    tracker, tickets = WatchedTracker(), FakeTickets()
    tracker.add_ticket("PAY-7", assignee=OURSELVES)
    tracker.add_ticket("PAY-8", assignee=LEAD)
    await poll(tracker, tickets, times=3)
    notice = Notice(id="poll:PAY-7", kind=NoticeKind.ASSIGNED, actor="the poll")
    assert tickets.started == [(KEY, notice)]


async def test_the_poll_leaves_a_life_that_ended_ended() -> None:
    tracker, tickets = WatchedTracker(), FakeTickets(phases={KEY: Phase.DONE})
    tracker.add_ticket("PAY-7", assignee=OURSELVES)
    await poll(tracker, tickets, times=2)
    assert tickets.started == []


async def test_the_poll_goes_on_after_jira_or_temporal_were_away() -> None:
    tracker, tickets = WatchedTracker(), FakeTickets()
    tracker.add_ticket("PAY-7", assignee=OURSELVES)
    tracker.failures.append(TransientError("Jira is away"))
    tickets.failures.append(TransientError("Temporal is away"))
    await poll(tracker, tickets, times=3)
    assert [key for key, _notice in tickets.started] == [KEY]
