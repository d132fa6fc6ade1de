"""Root of the gateway process: signed webhooks in, Slack in both modes, and polling as fallback."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.domain.errors import DeveloperError, PermanentError, SettingsError
from agent.domain.event import Event
from agent.domain.ids import ActorId, TicketKey
from agent.ports import Ledger, TicketTracker
from integrations.github import events as github_events
from integrations.jira import events as jira_events
from integrations.slack.app import build_app, http_handler, socket_mode
from workflows.embedded import SEARCH_ATTRIBUTES
from workflows.gateway import Gateway, Ignore
from workflows.processes import holder_of, is_taken
from workflows.settings import Settings
from workflows.state import Notice, NoticeKind
from workflows.temporal import (
    TemporalTickets,
    add_search_attributes,
    connect,
    is_healthy,
)
from workflows.wiring import (
    build_host,
    build_ledger,
    build_tracker,
    secret,
    slack_connection,
)

log = structlog.get_logger()
SINK_SECONDS = 2.5
"""Slack wants an answer within three seconds."""
LARGEST_BODY_BYTES = 26 * 1024 * 1024
"""GitHub sends at most 25 MB."""

Verify = Callable[[Mapping[str, str], bytes, str], bool]
Parse = Callable[[Mapping[str, str], bytes], Event | None]
Endpoint = Callable[[Request], Awaitable[Response]]


def webhook(gateway: Gateway, key: str, verify: Verify, parse: Parse) -> Endpoint:
    """Return an endpoint: 401 unless signed, 2xx only after the event can no longer be lost."""

    async def receive(request: Request) -> Response:
        body = await _read(request)
        if body is None:
            return JSONResponse({"error": "too large"}, status_code=413)
        if not verify(request.headers, body, key):
            return JSONResponse({"error": "bad signature"}, status_code=401)
        try:
            event = parse(request.headers, body)
            said = await _take(gateway, event) if event else "ignored: of no concern"
        except PermanentError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        except DeveloperError as error:
            log.warning("webhook_not_taken", error=str(error))
            return JSONResponse({"error": "try again"}, status_code=503)
        return JSONResponse({"decision": said}, status_code=202)

    return receive


async def _read(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is larger than anything a vendor sends."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY_BYTES:
            return None
    return bytes(body)


async def _take(gateway: Gateway, event: Event) -> str:
    decision = await gateway.take(event)
    said = decision.reason if isinstance(decision, Ignore) else decision.notice.kind.value
    log.info("event", id=event.id, kind=event.happening.kind, decision=said)
    return said


async def _always() -> bool:
    return True


def build_routes(
    settings: Settings,
    gateway: Gateway,
    slack: Endpoint | None,
    is_ready: Callable[[], Awaitable[bool]] = _always,
) -> list[Route]:
    """Return the endpoints; a vendor whose webhook secret is not set has none."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def ready(_request: Request) -> Response:
        ok = await is_ready()
        return JSONResponse({"ok": ok}, status_code=200 if ok else 503)

    routes = [Route("/healthz", alive), Route("/readyz", ready)]
    jira, github = (
        secret(settings.jira_webhook_secret),
        secret(settings.github_webhook_secret),
    )
    if jira:
        endpoint = webhook(gateway, jira, jira_events.verify, jira_events.parse)
        routes.append(Route("/webhooks/jira", endpoint, methods=["POST"]))
    if github:
        endpoint = webhook(gateway, github, github_events.verify, github_events.parse)
        routes.append(Route("/webhooks/github", endpoint, methods=["POST"]))
    if slack:
        routes.append(Route("/slack/events", slack, methods=["POST"]))
    return routes


class _Slack:
    """Slack's way in: HTTP with a signing secret, Socket Mode with an app token."""

    def __init__(self, settings: Settings, gateway: Gateway) -> None:
        self._loop = asyncio.get_running_loop()
        self._gateway = gateway
        signing = secret(settings.slack_signing_secret) or ""
        self._app = build_app(slack_connection(settings), signing, self._sink)
        self.endpoint: Endpoint | None = http_handler(self._app) if signing else None
        token = secret(settings.slack_app_token)
        self._socket = socket_mode(self._app, token) if token else None

    def _sink(self, event: Event) -> None:
        """Called in one of Bolt's threads; raises when the event could not be taken."""
        future = asyncio.run_coroutine_threadsafe(_take(self._gateway, event), self._loop)
        future.result(SINK_SECONDS)

    async def start(self) -> None:
        if self._socket:
            await asyncio.to_thread(self._socket.start)

    async def stop(self) -> None:
        if self._socket:
            await asyncio.to_thread(self._socket.stop)


async def poll_tickets(
    tracker: TicketTracker, ledger: Ledger, tickets: TemporalTickets, every_seconds: int
) -> None:
    """Start tickets whose assignment no webhook told us of; one that was begun before is left."""
    while True:
        try:
            assigned = await asyncio.to_thread(tracker.assigned_tickets)
            known = {life.rsplit("-", 1)[0] for life in await asyncio.to_thread(ledger.lives)}
        except DeveloperError as error:
            log.warning("poll_failed", error=str(error))
            assigned, known = [], set()
        for key in assigned:
            if key not in known:
                await _start_found(tickets, key)
        await asyncio.sleep(every_seconds)


async def _start_found(tickets: TemporalTickets, key: TicketKey) -> None:
    notice = Notice(id=f"poll:{key}", kind=NoticeKind.ASSIGNED, actor="the poll")
    try:
        if await tickets.status(key) is None:
            await tickets.start(key, notice)
            log.info("ticket_found_by_poll", ticket=key)
    except DeveloperError as error:
        log.warning("ticket_not_started", ticket=key, error=str(error))


def check_ways_in(settings: Settings) -> None:
    """Stop unless each vendor can reach us. Raises SettingsError."""
    settings.require_jira()
    settings.require_slack()
    if not settings.slack_app_token:
        settings.require("slack_signing_secret")


@asynccontextmanager
async def build_gateway(settings: Settings) -> AsyncIterator[Starlette]:
    """Build the ASGI application and run what belongs to it in the background."""
    check_ways_in(settings)
    async with AsyncExitStack() as stack:
        ledger = build_ledger(settings)
        stack.callback(ledger.close)
        tracker = build_tracker(settings)
        client = await connect()
        await add_search_attributes(client, SEARCH_ATTRIBUTES)
        tickets = TemporalTickets(client, settings.site)
        host = build_host(settings)
        own = frozenset(
            {
                ActorId(await asyncio.to_thread(tracker.whoami)),
                ActorId(await asyncio.to_thread(host.whoami)),
            }
        )
        gateway = Gateway(inbox=ledger, tickets=tickets, people=settings.who_counts(own))
        slack = _Slack(settings, gateway)
        await slack.start()
        stack.push_async_callback(slack.stop)
        every = settings.flow.ticket_poll_seconds
        for work in (_make_good(gateway), poll_tickets(tracker, ledger, tickets, every)):
            task = asyncio.create_task(work)
            stack.callback(task.cancel)
        ready = partial(is_healthy, client)
        yield Starlette(routes=build_routes(settings, gateway, slack.endpoint, ready))


async def _make_good(gateway: Gateway) -> None:
    """Carry out what was stored before a crash, until it is done."""
    while True:
        try:
            if count := await gateway.make_good():
                log.info("events_made_good", count=count)
        except DeveloperError as error:
            log.warning("events_not_made_good", error=str(error))
        await asyncio.sleep(60)


async def run_gateway(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    host, port = settings.backsmith_host, settings.backsmith_port
    if is_taken("127.0.0.1" if host == "0.0.0.0" else host, port):  # noqa: S104 - compared only
        raise SettingsError(
            f"port {port} is taken by {holder_of(port)}: set BACKSMITH_PORT (environment)"
        )
    async with build_gateway(settings) as app:
        config = uvicorn.Config(
            app, host=host, port=port, log_config=None, access_log=False, lifespan="off"
        )
        # uvicorn ends on a signal and then raises it again for whoever listened before it.
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, log.info, "gateway_stopping")
        log.info("gateway_ready", host=host, port=port)
        await uvicorn.Server(config).serve()
