"""`backsmith demo`: one ticket from assignment to merge, with nothing outside this machine."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from agent.domain.errors import SettingsError, TransientError
from agent.domain.ids import TicketKey
from agent.domain.progress import Phase
from agent.text import first_line
from office.building import Office
from office.furnish import furnish, read_papers
from office.lead import ScriptedLead
from office.people import BOT, LEAD
from workflows.control import follow, now
from workflows.demo_setup import DemoSetup, connect_webhooks, prepare
from workflows.overview import ticket_result
from workflows.processes import spawn, stop
from workflows.state import TicketStatus
from workflows.supervisor import last_line
from workflows.temporal import TemporalTickets, connect
from workflows.view import open_view

START_SECONDS = 90
KEPT = 3
"""Folders of earlier demonstrations that stay."""
CATCH_UP_SECONDS = 60


def run_demo(key: str, *, auto: bool, open_page: bool, as_json: bool) -> int:
    """Run the demonstration; 0 when the pull request was merged."""
    console = Console(stderr=as_json)
    cache = Path(os.environ.get("BACKSMITH_HOME") or Path.home() / ".backsmith")
    if key not in {paper.key for paper in read_papers()}:
        raise SettingsError(f"there is no ticket {key} in the office; try SHOP-7 or CARE-3")
    (cache / "demo").mkdir(parents=True, exist_ok=True)
    _forget_old(cache / "demo")
    folder = Path(tempfile.mkdtemp(prefix=f"{key}-", dir=cache / "demo"))
    with ExitStack() as stack:
        office = stack.enter_context(Office(folder / "office", cache / "office"))
        furnish(office)
        setup = prepare(office, folder, cache)
        _introduce(console, office, setup)
        if open_page:
            webbrowser.open(office.origins["page"])
        stack.enter_context(product_running(setup))
        connect_webhooks(office, setup.gateway_port)
        if auto:
            office.spawn(ScriptedLead(office).run())
            office.call(lambda: office.jira.assign(key, BOT, LEAD))
        else:
            console.print(f"Assign {key} to Backsmith on the page. Ctrl-C ends the demonstration.")
        result = asyncio.run(_follow(TicketKey(key), setup, console, as_json=as_json, auto=auto))
        result["slack"] = _slack_counts(office)
        _report(console, office, key, result, as_json=as_json)
        if auto and not as_json:
            console.print("The office closes now; --hold (make demo DEMO=--hold) keeps it open.")
        if not auto:
            _hold(console)
    return 0 if result["outcome"] == "merged" else 1


def _forget_old(folder: Path) -> None:
    """Keep the newest demonstrations, whose logs somebody may want, and remove the others."""
    found = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in found[: -KEPT or None]:
        shutil.rmtree(path, ignore_errors=True)


def _introduce(console: Console, office: Office, setup: DemoSetup) -> None:
    model = (
        "recorded answers" if setup.is_recorded else setup.environment.get("OPENAI_BASE_URL", "")
    )
    rows = [
        f"The office's page:  {office.origins['page']}",
        f"Temporal's page:    http://127.0.0.1:{setup.ui_port}",
        f"Model:              {model or 'OpenAI'} ({setup.environment.get('BACKSMITH_MODEL')})",
        f"Logs and data:      {setup.folder}",
    ]
    console.print("\n".join(rows), highlight=False, markup=False, soft_wrap=True)
    if setup.banner:
        console.print(setup.banner, style="bold red", highlight=False, markup=False)


@contextmanager
def product_running(setup: DemoSetup) -> Iterator[subprocess.Popen[bytes]]:
    """Run `backsmith up` on the demonstration's settings while the block runs."""
    argv = [sys.executable, "-m", "workflows", "up"]
    argv += ["--port", str(setup.temporal_port), "--ui-port", str(setup.ui_port)]
    log = setup.folder / "home" / "logs" / "up.log"
    process = spawn(argv, log, setup.environment)
    try:
        _until_ready(process, setup, log)
        yield process
    finally:
        stop(process, patience_seconds=45)


def _until_ready(process: subprocess.Popen[bytes], setup: DemoSetup, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    url = f"http://127.0.0.1:{setup.gateway_port}/readyz"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SettingsError(f"`backsmith up` ended: {last_line(log)}")
        try:
            if httpx.get(url, timeout=1, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise TransientError(f"`backsmith up` is not ready after {START_SECONDS} s; see {log}")


async def _follow(
    key: TicketKey, setup: DemoSetup, console: Console, *, as_json: bool, auto: bool
) -> dict[str, Any]:
    from integrations.ledger.ledger import open_ledger

    client = await connect(f"127.0.0.1:{setup.temporal_port}")
    tickets = TemporalTickets(client, "127.0.0.1")
    await _until_started(tickets, key, patient=not auto)
    ledger = open_ledger(f"sqlite:///{setup.folder / 'home' / 'ledger.sqlite'}")
    try:
        with open_view(console, is_quiet=as_json) as view:
            status = await follow(tickets, key, ledger, view)
            while not auto and status.phase is Phase.BLOCKED:
                await asyncio.sleep(1)
                status = await follow(tickets, key, ledger, view)
        return ticket_result(ledger, status, now())
    finally:
        ledger.close()


async def _until_started(
    tickets: TemporalTickets, key: TicketKey, *, patient: bool
) -> TicketStatus:
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while patient or time.monotonic() < deadline:
        status = await tickets.status(key)
        if status:
            return status
        await asyncio.sleep(0.2)
    raise TransientError(f"the assignment of {key} did not arrive within {CATCH_UP_SECONDS} s")


def _posts(office: Office) -> list[dict[str, Any]]:
    """Return the bot's messages as they stand in the channel, each before its replies."""
    view = office.call(office.slack.view)
    roots = [m for channel in view["channels"] for m in channel["messages"]]
    return [post for root in roots for post in (root, *root["replies"]) if post["bot"]]


def _slack_counts(office: Office) -> dict[str, int]:
    """Return what really stands in the channel: the product's own count is only a claim."""
    posts = _posts(office)
    return {"messages": len(posts), "edits": sum(post["edited"] for post in posts)}


def _report(
    console: Console, office: Office, key: str, result: dict[str, Any], *, as_json: bool
) -> None:
    if as_json:
        Console(soft_wrap=True).print_json(json.dumps(result))
        return
    model, tests = result["model"], result["tests"]
    history = office.call(lambda: [_entry(entry) for entry in office.jira.tickets[key].history])
    rows = [
        "",
        f"{key}: {result['outcome']}",
        f"Pull request:  {result['pull_request']}",
        f"Commits:       {', '.join(commit[:10] for commit in result['commits'])}",
        f"Tests:         {tests['before']} before, {tests['after']} after",
        f"Slack:         {result['slack']['messages']} messages, {result['slack']['edits']} edits",
        *(f"               {first_line(post['text'], 90)}" for post in _posts(office)),
        f"Jira:          {' → '.join(filter(None, history))}",
        f"Tokens:        {model['prompt_tokens']} prompt ({model['cached_tokens']} cached), "
        f"{model['completion_tokens']} completion, {model['calls']} calls",
        f"Cost:          {model['cost_usd']:.4f} USD",
        f"Seconds:       {result['seconds']}",
        f"Page:          {office.origins['page']}",
    ]
    console.print("\n".join(rows), highlight=False, markup=False, soft_wrap=True)


def _entry(entry: Any) -> str:
    return ", ".join(f"{item.field}: {item.after_text}" for item in entry.items)


def _hold(console: Console) -> None:
    console.print("The page stays open until Ctrl-C.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
