"""What went wrong once at the edges: odd settings, odd deliveries, and neighbours that are away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from agent.domain.errors import DeveloperError, SettingsError, TransientError
from tests.contract.git_remote import bubblewrap, git
from tests.fakes.ledger import FakeLedger
from tests.fakes.model_server import ModelServer, Refuse
from tests.unit.test_catalogue import chosen, entry, ticket
from tests.unit.test_embedded import running
from tests.unit.test_gateway import (
    ANYBODY,
    KEY,
    US,
    FakeTickets,
    assigned,
    commented,
    decided,
    event,
    told,
)
from tests.unit.test_local_work import EDIT, FINISH, NO_FAULT, PLAN, Town, read
from tests.unit.test_server import JIRA, settings
from workflows.catalogue import ConfiguredCatalogue
from workflows.gateway import Gateway
from workflows.server import LARGEST_BODY_BYTES, _make_good, build_routes
from workflows.settings import load_settings
from workflows.state import Notice, NoticeKind, TicketStart
from workflows.temporal import TemporalTickets, connect, workflow_id


@pytest.mark.parametrize(
    "text", ["See https://github.com/acme/shop", "https://github.com/acme/shop/pull/3"]
)
def test_a_link_to_the_repository_names_it(text: str) -> None:
    assert chosen(ticket(text), entry("acme/shop")) == "acme/shop"


def test_a_repository_that_is_listed_twice_is_no_crash() -> None:
    twice = (entry("acme/shop", projects=("A",)), entry("acme/shop", projects=("B",)))
    repository, question = ConfiguredCatalogue(entries=twice).repository_of(ticket())
    assert repository is None
    assert question


def test_an_unknown_key_at_the_top_of_the_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "backsmith.toml").write_text("[flows]\nbudget_usd = 1\n")
    monkeypatch.setenv("BACKSMITH_CONFIG", str(tmp_path / "backsmith.toml"))
    with pytest.raises(SettingsError, match="flows"):
        load_settings()


def test_a_secret_in_the_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "backsmith.toml").write_text('github_token = "ghp_x"\n')
    monkeypatch.setenv("BACKSMITH_CONFIG", str(tmp_path / "backsmith.toml"))
    with pytest.raises(SettingsError, match=r"(?i)github_token"):
        load_settings()


def test_a_variable_of_another_program_is_no_setting_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "backsmith.toml").touch()
    monkeypatch.setenv("BACKSMITH_CONFIG", str(tmp_path / "backsmith.toml"))
    monkeypatch.setenv("FLOW", "hello")
    load_settings()


def test_a_mention_with_a_label_is_no_part_of_the_message() -> None:
    assert decided(commented("<@U0BOT|backsmith> approve")) == told(
        NoticeKind.APPROVE, text="approve"
    )


async def test_a_body_that_does_not_say_how_large_it_is_is_refused_too() -> None:
    gateway = Gateway(inbox=FakeLedger(), tickets=FakeTickets(FakeLedger()), people=ANYBODY)
    app = Starlette(routes=build_routes(settings(jira_webhook_secret=JIRA), gateway, None))
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(3 * LARGEST_BODY_BYTES // (1 << 20)):
            sent += 1
            yield b" " * (1 << 20)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.post("/webhooks/jira", content=pieces())
    assert answer.status_code == 413, f"{answer.status_code} after {sent} MiB were read"


async def test_an_event_that_cannot_be_carried_out_does_not_hold_up_the_next() -> None:
    inbox = FakeLedger()
    tickets = FakeTickets(inbox, failures=[SettingsError("PAY-7 refused the notice")])
    inbox.receive(event(commented("x"), 1))
    inbox.receive(event(assigned(US), 2))
    gateway = Gateway(inbox=inbox, tickets=tickets, people=ANYBODY)
    await gateway.make_good()
    assert tickets.said() == [("start", KEY, "test:2")]


async def test_the_task_that_makes_events_good_survives_a_refusal() -> None:
    inbox = FakeLedger()
    tickets = FakeTickets(inbox, failures=[SettingsError("PAY-7 refused the notice")])
    inbox.receive(event(commented("x"), 1))
    task = asyncio.create_task(_make_good(Gateway(inbox=inbox, tickets=tickets, people=ANYBODY)))
    done, _waiting = await asyncio.wait([task], timeout=0.5)
    task.cancel()
    assert not done, task.exception()


def test_telling_a_ticket_that_no_worker_has_is_worth_another_attempt(tmp_path: Path) -> None:
    async def tell(address: str) -> None:
        client = await connect(address)
        await client.start_workflow(
            "Ticket",
            TicketStart(key=KEY, site="x"),
            id=workflow_id("x", KEY),
            task_queue="backsmith",
        )
        await TemporalTickets(client, "x").tell(
            KEY, Notice(id="a", kind=NoticeKind.SAID, actor="x")
        )

    with running(tmp_path) as server, pytest.raises(TransientError):
        asyncio.run(tell(server.address))


def test_starting_a_ticket_that_no_worker_takes_ends_some_time(tmp_path: Path) -> None:
    async def start(address: str) -> None:
        tickets = TemporalTickets(await connect(address), "x")
        notice = Notice(id="a", kind=NoticeKind.ASSIGNED, actor="x")
        await asyncio.wait_for(tickets.start(KEY, notice), 45)

    with running(tmp_path) as server, pytest.raises(DeveloperError):
        asyncio.run(start(server.address))


def test_a_blank_line_after_the_front_matter_does_not_hide_the_heading() -> None:
    assert read("---\nkey: SHOP-1\n---\n\n# Greet people\n\nBy name.\n").summary == "Greet people"


def test_a_model_that_is_away_for_a_moment_does_not_end_the_work(tmp_path: Path) -> None:
    bubblewrap(tmp_path)
    town = Town(tmp_path)
    with ModelServer([Refuse(503), PLAN, EDIT, FINISH, NO_FAULT]) as model:
        town.environment = {"OPENAI_BASE_URL": model.url}
        done = town.work("shop", "--ticket", "ticket.md", "--json")
    assert done.returncode == 0, done.stderr


def test_a_base_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    bubblewrap(tmp_path)
    town = Town(tmp_path)
    town.environment = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    done = town.work("shop", "--ticket", "ticket.md", "--base", "nowhere")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr


def test_a_repository_without_a_commit_is_said_in_one_line(tmp_path: Path) -> None:
    bubblewrap(tmp_path)
    town = Town(tmp_path)
    git(town.folder, "init", "-q", "-b", "main", "empty")
    town.environment = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    done = town.work("empty", "--ticket", "ticket.md")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
