"""What Slack sends us, over HTTP or Socket Mode, through Bolt to one function.

Slack repeats a delivery that was not acknowledged. So an event is stored by `sink` before the
answer goes out, and a sink that fails leaves the delivery without a good answer.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.signature import SignatureVerifier
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from agent.domain.errors import DeveloperError, SettingsError
from agent.domain.event import Event
from integrations.slack.connection import SlackConnection, translated, web_client
from integrations.slack.events import parse_action, parse_message

Endpoint = Callable[[Request], Awaitable[Response]]

_ALL = re.compile("")
_LARGEST_BODY_BYTES = 1 << 20


class SignedApp(App):
    """A Bolt app that can tell whether Slack signed a request before it is parsed."""

    def __init__(self, signing_secret: str, **options: Any) -> None:
        super().__init__(name="backsmith", signing_secret=signing_secret, **options)
        self._verifier = SignatureVerifier(signing_secret) if signing_secret.strip() else None

    def accepts_http(self) -> bool:
        """Tell whether there is a secret; without it no request can be told from a forged one."""
        return self._verifier is not None

    def is_signed(self, body: bytes, request: Request) -> bool:
        """Tell whether Slack signed this body within the last five minutes."""
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        if self._verifier is None or not timestamp.isascii() or not timestamp.isdecimal():
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except (UnicodeDecodeError, TypeError):  # not UTF-8; a signature that is not ASCII
            return False


def build_app(
    connection: SlackConnection, signing_secret: str, sink: Callable[[Event], None]
) -> SignedApp:
    """Return the app that hands people's posts and presses to `sink`, once or more per event.

    `process_before_response` makes Bolt answer 500 when the sink raises, where it would otherwise
    acknowledge first; `authorize` spares a call of auth.test, whose failure Bolt answers with 200.
    Source: slack_bolt 1.30.0, `ThreadListenerRunner.run` and `SingleTeamAuthorization.process`.

    Args:
        connection: The workspace; its token is not needed to receive.
        signing_secret: Checks HTTP requests; may be empty when only Socket Mode is used.
        sink: Stores an event. Has less than three seconds, and may be called again with the same.
    """
    app = SignedApp(
        signing_secret,
        client=web_client(connection, with_token=False),
        authorize=lambda: AuthorizeResult(
            enterprise_id=None, team_id=None, bot_token=connection.bot_token
        ),
        process_before_response=True,
        token_verification_enabled=False,
        ignoring_self_events_enabled=False,
        ssl_check_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )

    def take_post(body: dict[str, Any]) -> None:
        if event := parse_message(body):
            sink(event)

    def take_press(body: dict[str, Any], ack: Ack) -> None:
        if event := parse_action(body):
            sink(event)
        ack()

    app.event(_ALL)(take_post)
    app.action(_ALL)(take_press)
    return app


def http_handler(app: SignedApp) -> Endpoint:
    """Return the Starlette endpoint for events and interactivity.

    Answers 401 without a word unless Slack signed the request, and 500 when the sink failed.

    Raises:
        SettingsError: There is no signing secret.
    """
    if not app.accepts_http():
        raise SettingsError(
            "SLACK_SIGNING_SECRET is not set: copy it from the app's Basic Information page, "
            "or set SLACK_APP_TOKEN to use Socket Mode"
        )

    async def receive(request: Request) -> Response:
        body = await _read(request)
        if body is None or not app.is_signed(body, request):
            return Response(status_code=401)
        answer = await run_in_threadpool(lambda: app.dispatch(to_bolt_request(request, body)))
        return to_starlette_response(answer)

    return receive


async def _read(request: Request) -> bytes | None:
    """Return the body, or None when it is larger than anything Slack sends."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_BODY_BYTES:
            return None
    return body


class SocketMode:
    """A connection from us to Slack that receives what HTTP would; reconnects by itself."""

    def __init__(self, app: App, app_token: str) -> None:
        self._app = app
        self._app_token = app_token
        self._socket: SocketModeHandler | None = None

    def start(self) -> None:
        """Connect and return; events arrive in threads of their own.

        Raises:
            PermissionDeniedError: Slack refuses the app token.
        """
        socket = SocketModeHandler(self._app, self._app_token)
        if proxy_bypass(urlsplit(self._app.client.base_url).hostname or ""):
            socket.client.proxy = None  # slack_sdk 3.47 takes HTTP_PROXY but not NO_PROXY
        self._socket = socket
        try:
            with translated("opening Socket Mode", "SLACK_APP_TOKEN"):
                socket.client.connect()
        except DeveloperError:
            self.stop()
            raise

    def stop(self) -> None:
        """Disconnect; what is not acknowledged yet is delivered again later."""
        if self._socket is not None:
            self._socket.client.close()
            self._socket = None


def socket_mode(app: App, app_token: str) -> SocketMode:
    """Return a Socket Mode connection for the app, not yet started."""
    return SocketMode(app, app_token)
