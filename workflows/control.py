"""What a person does to tickets from the terminal: run, status, tell, approve, pause and so on."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.domain.errors import NotFoundError, PermanentError, SettingsError
from agent.domain.ids import TicketKey
from agent.domain.progress import Outcome, Phase
from agent.ports import Ledger
from workflows.overview import Overview, model_result, overview, ticket_result
from workflows.processes import running_address
from workflows.settings import Settings, load_settings
from workflows.state import TEXT_LIMIT, Notice, NoticeKind, TicketStatus
from workflows.temporal import TemporalTickets, connect, is_configured
from workflows.view import View, open_view, plain_line
from workflows.wiring import build_ledger

LOOK_SECONDS = 0.5
ENDED = (Phase.DONE, Phase.BLOCKED)


def now() -> datetime:
    """Return the time of day, in UTC."""
    return datetime.now(tz=UTC)  # noqa: TID251 - a root's clock


async def tickets_of(settings: Settings) -> TemporalTickets:
    """Connect to the tickets: the configured Temporal, or the one that `up` runs on this home."""
    address = None if is_configured() else running_address(settings.backsmith_home)
    return TemporalTickets(await connect(address), settings.site)


def notify(key: str, kind: str, text: str) -> None:
    """Tell a running ticket something."""
    if len(text) > TEXT_LIMIT:
        raise SettingsError(f"the text has {len(text)} characters; at most {TEXT_LIMIT} are taken")
    notice = Notice(
        id=f"cli:{uuid.uuid4()}", kind=NoticeKind(kind), actor="the command line", text=text
    )

    async def tell() -> bool:
        tickets = await tickets_of(load_settings())
        return await tickets.tell(TicketKey(key), notice)

    if not asyncio.run(tell()):
        raise SettingsError(f"{key} is not running; `backsmith status` lists what is")
    Console().print(f"{key}: {kind}", highlight=False)


def run_ticket(key: str, *, wait: bool, as_json: bool) -> int:
    """Start or join a ticket; with `wait`, stay until it ends or is blocked."""
    settings = load_settings()
    settings.require("jira_url")
    notice = Notice(id=f"cli:{uuid.uuid4()}", kind=NoticeKind.ASSIGNED, actor="the command line")

    async def start() -> dict[str, Any] | None:
        tickets = await tickets_of(settings)
        await tickets.start(TicketKey(key), notice)
        if not wait:
            return None
        with open_view(Console(stderr=as_json), is_quiet=as_json) as view:
            ledger = build_ledger(settings)
            try:
                status = await follow(tickets, TicketKey(key), ledger, view)
                return ticket_result(ledger, status, now())
            finally:
                ledger.close()

    result = asyncio.run(start())
    if result is None:
        _print(
            {"ticket": key, "started": True}, f"{key} runs; see `backsmith status {key}`", as_json
        )
        return 0
    _print(result, f"{key}: {result['outcome']}  {result['pull_request'] or ''}", as_json)
    return 0 if result["outcome"] == Outcome.MERGED else 1


async def follow(
    tickets: TemporalTickets,
    key: TicketKey,
    ledger: Ledger,
    view: View,
    tick: Callable[[], Awaitable[None]] | None = None,
) -> TicketStatus:
    """Show a ticket until it ends or is blocked; return where it stands then."""
    while True:
        status = await tickets.status(key)
        if status is None:
            raise NotFoundError(f"{key} has never run here")
        view.show(await asyncio.to_thread(overview, ledger, status))
        if status.phase in ENDED:
            return status
        if await tickets.has_failed(key):
            raise PermanentError(f"the workflow of {key} broke down in the phase {status.phase}")
        if tick:
            await tick()
        await asyncio.sleep(LOOK_SECONDS)


def show_status(key: str | None, *, as_json: bool) -> int:
    """Show all running tickets, or one in detail."""
    settings = load_settings()
    ledger = build_ledger(settings)
    try:
        if key is None:
            _show_all(asyncio.run(_all(settings, ledger)), as_json)
            return 0
        status = asyncio.run(_one(settings, TicketKey(key)))
        if status is None:
            raise SettingsError(f"{key} has never run here; `backsmith run {key}` starts it")
        _show_one(ledger, overview(ledger, status), as_json)
        return 0
    finally:
        ledger.close()


async def _one(settings: Settings, key: TicketKey) -> TicketStatus | None:
    return await (await tickets_of(settings)).status(key)


async def _all(settings: Settings, ledger: Ledger) -> list[Overview]:
    tickets = await tickets_of(settings)
    found = [await tickets.status(key) for key in await tickets.running()]
    return [overview(ledger, status) for status in found if status]


def _show_all(found: list[Overview], as_json: bool) -> None:
    if as_json:
        _print([_as_json(item) for item in found], "", as_json)
        return
    console = Console()
    if not found:
        console.print("No ticket is running.")
    for item in found:
        console.print(plain_line(item), highlight=False, markup=False, soft_wrap=True)


def _show_one(ledger: Ledger, item: Overview, as_json: bool) -> None:
    trail = ledger.trail(item.status.life)
    if as_json:
        rows = [dict(zip(("at", "actor", "action", "detail"), row, strict=True)) for row in trail]
        _print(_as_json(item) | {"timeline": rows}, "", as_json)
        return
    from workflows.view import panel

    console = Console()
    console.print(panel(item))
    table = Table("time", "who", "what", "", box=None, title="Timeline", title_justify="left")
    for row in trail:
        table.add_row(row[0][:19].replace("T", " "), *(Text(cell) for cell in row[1:]))
    console.print(table)


def _as_json(item: Overview) -> dict[str, Any]:
    return item.status.model_dump(mode="json") | {
        "doing": item.doing,
        "evidence": [evidence.model_dump(mode="json") for evidence in item.evidence],
        "model": model_result(item.spent),
        "self_review": model_result(item.spent_on_review),
    }


def _print(document: Any, line: str, as_json: bool) -> None:
    if as_json:
        Console(soft_wrap=True).print_json(json.dumps(document))
    else:
        Console().print(line, highlight=False, markup=False, soft_wrap=True)
