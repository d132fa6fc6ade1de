"""The office's Slack, as slack_sdk, Bolt and Slack's own descriptions see it."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from slack_bolt import Ack, App, Respond
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_bolt.adapter.starlette.handler import SlackRequestHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from office.faults import Fault
from office.people import BOT, ENGINEER, LEAD
from office.slack.errors import Refused
from office.slack.limits import PostLimit
from office.slack.state import Slack
from office.world import Feed, Hook, Post
from tests.contract.slack_wire import SlackWire, event_faults
from tests.fakes.loop_thread import LoopThread

BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Approve"}, "action_id": "go"}
PLAN: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "May I?"}},
    {"type": "actions", "elements": [{**BUTTON, "value": "PAY-1"}]},
]


class Place:
    """A workspace with one channel, and the eyes of its vendor."""

    def __init__(self, thread: LoopThread) -> None:
        self.thread = thread
        self.call = thread.call
        self.post = thread.call(Post)
        self.feed = Feed()
        self.slack: Slack = thread.call(lambda: Slack(self.feed, self.post))
        listener, self.slack.origin = thread.bind()
        self.slack.retry_delays = (0.01, 0.01, 0.01)
        self.wire = SlackWire(self.slack.app())
        thread.serve(self.wire, listener)
        self.channel: str = self.call(self.slack.add_channel, "backend")

    def client(self, token: str = Slack.bot_token) -> WebClient:
        return WebClient(token=token, base_url=f"{self.slack.origin}/api/", timeout=20)

    def say(self, text: str, thread_ts: str | None = None) -> str:
        ts: str = self.call(self.slack.say, self.channel, text, ENGINEER, thread_ts)
        return ts

    def until(self, kind: str, count: int) -> None:
        """Wait until the feed has had so many changes of a kind."""

        async def follow() -> None:
            left = count
            async for change in self.feed.follow():
                left -= change.kind == kind
                if left == 0:
                    return

        self.call(asyncio.wait_for, follow(), 20)


class Mailbox:
    """An HTTP address of an app; it answers with the statuses it is given, then with 200."""

    def __init__(self, place: Place, *statuses: int) -> None:
        self._statuses = list(statuses)
        self._place = place
        self._arrived: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
        listener, origin = place.thread.bind()
        route = Route("/slack/events", self._receive, methods=["POST"])
        place.thread.serve(Starlette(routes=[route]), listener)
        place.slack.hooks.append(Hook(f"{origin}/slack/events", Slack.signing_secret))

    async def _receive(self, request: Request) -> Response:
        await self._arrived.put((dict(request.headers), await request.body()))
        return Response(status_code=self._statuses.pop(0) if self._statuses else 200)

    def next(self) -> tuple[dict[str, str], bytes]:
        headers, body = self._place.call(self._arrived.get)
        assert SignatureVerifier(Slack.signing_secret).is_valid_request(body, headers)
        return headers, body

    def event(self) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(self.next()[1])
        return payload


class Robot:
    """A Bolt app that answers mentions with a plan, and a press with an edit of it."""

    def __init__(self, place: Place) -> None:
        self.app = App(client=place.client(), signing_secret=Slack.signing_secret)
        self.app.event("app_mention")(self._answer)
        self.app.event("message")(lambda: None)
        self.app.action("go")(self._press)

    @staticmethod
    def _answer(event: dict[str, Any], client: WebClient) -> None:
        client.chat_postMessage(
            channel=event["channel"], thread_ts=event["ts"], text="May I?", blocks=PLAN
        )

    @staticmethod
    def _press(ack: Ack, respond: Respond) -> None:
        ack()
        respond(text="Approved", replace_original=True)


@pytest.fixture
def place() -> Iterator[Place]:
    with LoopThread() as thread:
        place = Place(thread)
        yield place
        thread.call(place.slack.close)
        thread.call(place.post.close)
    assert place.wire.violations == []


@pytest.fixture(scope="module")
def room() -> Iterator[Place]:
    """A workspace for tests that are refused, or that only read: one message by a person."""
    with LoopThread() as thread:
        place = Place(thread)
        place.say("Good morning")
        yield place
        thread.call(place.slack.close)
    assert place.wire.violations == []


def refusal(client: WebClient, method: str, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        client.api_call(method, json=arguments)
    return str(refused.value.response["error"])


def test_the_bot_learns_who_it_is(room: Place) -> None:
    found = room.client().auth_test()
    assert (found["user_id"], found["bot_id"]) == (Slack.bot_user, Slack.bot_id)
    assert room.client().bots_info(bot=Slack.bot_id)["bot"]["user_id"] == BOT.slack_id
    assert room.client().api_test()["ok"]


def test_a_wrong_or_missing_token_is_refused(room: Place) -> None:
    assert refusal(room.client("xoxb-wrong"), "auth.test") == "invalid_auth"
    assert refusal(room.client(Slack.app_token), "auth.test") == "invalid_auth"
    assert refusal(room.client(), "apps.connections.open") == "invalid_auth"
    assert httpx.post(f"{room.slack.origin}/api/auth.test").json()["error"] == "not_authed"
    assert refusal(room.client(), "chat.shout") == "unknown_method"


def test_channels_and_people_are_found(room: Place) -> None:
    client = room.client()
    assert [each["name"] for each in client.conversations_list()["channels"]] == ["backend"]
    assert client.conversations_info(channel=room.channel)["channel"]["is_member"]
    assert BOT.slack_id in client.conversations_members(channel=room.channel)["members"]
    assert client.users_lookupByEmail(email=LEAD.email)["user"]["id"] == LEAD.slack_id
    assert client.users_info(user=LEAD.slack_id)["user"]["real_name"] == LEAD.name
    assert {each["is_bot"] for each in client.users_list()["members"]} == {True, False}
    assert refusal(client, "users.info", user="U0NOBODY") == "user_not_found"


def test_a_message_is_posted_with_blocks_and_metadata(place: Place) -> None:
    metadata = {"event_type": "card", "event_payload": {"key": "PAY-1"}}
    posted = place.client().chat_postMessage(
        channel="#backend", text="May I?", blocks=PLAN, metadata=metadata
    )
    assert posted["channel"] == place.channel
    assert all(block["block_id"] for block in posted["message"]["blocks"])
    plain = place.client().conversations_history(channel=place.channel)["messages"]
    full = place.client().conversations_history(channel=place.channel, include_all_metadata=True)[
        "messages"
    ]
    assert "metadata" not in plain[0]
    assert full[0]["metadata"] == metadata


def test_a_message_is_edited_in_place_and_deleted(place: Place) -> None:
    client = place.client()
    ts = client.chat_postMessage(channel=place.channel, text="May I?", blocks=PLAN)["ts"]
    client.chat_update(channel=place.channel, ts=ts, text="Working", blocks=PLAN[:1])
    client.chat_update(channel=place.channel, ts=ts, text="Done")
    [message] = place.call(place.slack.view)["channels"][0]["messages"]
    assert (message["text"], message["edited"], message["buttons"]) == ("Done", 2, [])
    client.chat_delete(channel=place.channel, ts=ts)
    assert place.slack.channels[place.channel].messages == []


def test_a_thread_keeps_its_order_and_is_no_part_of_the_history(place: Place) -> None:
    client = place.client()
    first = client.chat_postMessage(channel=place.channel, text="Card")["ts"]
    for number in range(3):
        client.chat_postMessage(channel=place.channel, text=str(number), thread_ts=first)
    thread = client.conversations_replies(channel=place.channel, ts=first)["messages"]
    assert [each["text"] for each in thread] == ["Card", "0", "1", "2"]
    [head] = client.conversations_history(channel=place.channel)["messages"]
    assert (head["reply_count"], head["reply_users"]) == (3, [BOT.slack_id])


def test_history_is_read_page_by_page_newest_first(place: Place) -> None:
    times = [place.say(str(number)) for number in range(5)]
    seen: list[str] = []
    for page in place.client().conversations_history(channel=place.channel, limit=2):
        seen += [each["text"] for each in page["messages"]]
    assert seen == ["4", "3", "2", "1", "0"]
    between = place.client().conversations_history(
        channel=place.channel, oldest=times[1], latest=times[3]
    )
    assert [each["text"] for each in between["messages"]] == ["2"]


def test_reactions_permalinks_views_and_private_notes_work(place: Place) -> None:
    client, ts = place.client(), place.say("Hello")
    client.reactions_add(channel=place.channel, timestamp=ts, name="eyes")
    assert (
        refusal(client, "reactions.add", channel=place.channel, timestamp=ts, name="eyes")
        == "already_reacted"
    )
    client.reactions_remove(channel=place.channel, timestamp=ts, name="eyes")
    assert client.chat_getPermalink(channel=place.channel, message_ts=ts)["permalink"]
    client.chat_postEphemeral(channel=place.channel, user=LEAD.slack_id, text="Only you")
    assert place.slack.ephemeral[0]["user"] == LEAD.slack_id
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": PLAN[:1]}
    trigger = place.call(place.slack.new_trigger)
    assert client.views_open(trigger_id=trigger, view=view)["view"]["id"]
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        client.views_open(trigger_id=trigger, view=view)


def test_a_stranger_to_the_channel_must_join_first(place: Place) -> None:
    other = place.call(place.slack.add_channel, "private-ish", [LEAD])
    client = place.client()
    assert refusal(client, "chat.postMessage", channel=other, text="x") == "not_in_channel"
    assert refusal(client, "conversations.history", channel=other) == "not_in_channel"
    client.conversations_join(channel=other)
    assert client.chat_postMessage(channel=other, text="x")["ok"]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "#backend"}, "no_text"),
        ("chat.postMessage", {"channel": "#backend", "text": "x" * 40_001}, "msg_too_long"),
        (
            "chat.postMessage",
            {"channel": "#backend", "text": "x", "thread_ts": "1.000001"},
            "thread_not_found",
        ),
        (
            "chat.postMessage",
            {"channel": "#backend", "text": "x", "metadata": {"event_type": "x"}},
            "invalid_metadata_format",
        ),
        (
            "chat.update",
            {"channel": "#backend", "ts": "1.000001", "text": "x"},
            "message_not_found",
        ),
        ("conversations.history", {"channel": "#backend", "cursor": "?"}, "invalid_cursor"),
    ],
)
def test_a_wrong_call_is_refused(
    room: Place, method: str, arguments: dict[str, Any], error: str
) -> None:
    assert refusal(room.client(), method, **arguments) == error


def test_the_messages_of_others_cannot_be_changed(room: Place) -> None:
    [message] = room.slack.channels[room.channel].messages
    place = {"channel": room.channel, "ts": message.ts}
    assert refusal(room.client(), "chat.update", **place, text="x") == "cant_update_message"
    assert refusal(room.client(), "chat.delete", **place) == "cant_delete_message"


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([section("x")] * 51, "no more than 50 items"),
        ([section("x" * 3001)], "less than 3001"),
        ([section("")], "more than 0"),
        ([{"type": "section"}], "text or fields"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "plain_text"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "less than 151"),
        ([actions()], "1 to 25"),
        ([actions(*[{**BUTTON, "action_id": str(i)} for i in range(26)])], "1 to 25"),
        ([actions(BUTTON, BUTTON)], "action_id must be unique"),
        ([actions({**BUTTON, "text": {"type": "plain_text", "text": "x" * 76}})], "less than 76"),
        ([actions({**BUTTON, "style": "green"})], "primary or danger"),
        ([actions({**BUTTON, "value": 7})], "must be a string"),
        ([{**section("x"), "block_id": "a"}] * 2, "block_id must be unique"),
        ([{"type": "context", "elements": []}], "1 to 10"),
        ([{"type": "divider", "text": "x"}], "unexpected field"),
        ([{"type": "image", "image_url": "https://a"}], "alt_text"),
        ([{"type": "carousel"}], "unsupported type"),
    ],
)
def test_wrong_blocks_are_refused_with_the_reason(
    room: Place, blocks: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        room.client().chat_postMessage(channel=room.channel, text="x", blocks=blocks)
    assert refused.value.response["error"] == "invalid_blocks"
    assert words in refused.value.response["response_metadata"]["messages"][0]


def test_blocks_that_are_too_long_together_are_refused(room: Place) -> None:
    blocks = [section("x" * 2900)] * 5
    error = refusal(room.client(), "chat.postMessage", channel="#backend", text="x", blocks=blocks)
    assert error == "msg_blocks_too_long"


def test_a_form_is_as_good_as_json(room: Place) -> None:
    answer = httpx.post(
        f"{room.slack.origin}/api/chat.postMessage",
        data={"channel": room.channel, "text": "x", "blocks": "[{]", "token": Slack.bot_token},
    )
    assert answer.json()["error"] == "invalid_blocks_format"


def test_posts_above_the_real_limit_are_refused_for_a_while(place: Place) -> None:
    moment = [0.0]
    place.slack.limit = PostLimit(burst=2, clock=lambda: moment[0])
    client = place.client()
    for _ in range(2):
        client.chat_postMessage(channel=place.channel, text="x")
    with pytest.raises(SlackApiError, match="ratelimited") as refused:
        client.chat_postMessage(channel=place.channel, text="x")
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    moment[0] = 1.0
    client.chat_postMessage(channel=place.channel, text="x")


def test_an_answer_can_be_lost_after_the_write(place: Place) -> None:
    place.slack.faults.append(Fault("POST", "chat.postMessage$", "drop_after"))
    with pytest.raises(SlackApiError):
        place.client().chat_postMessage(channel=place.channel, text="x")
    assert len(place.slack.channels[place.channel].messages) == 1


def test_a_mention_is_two_signed_events_of_the_samples_shape(place: Place) -> None:
    mailbox = Mailbox(place)
    ts = place.say(f"@{BOT.name} is 1 < 2? See https://a.b.")
    payloads = {payload["event"]["type"]: payload for payload in (mailbox.event(), mailbox.event())}
    assert event_faults(payloads["message"], "MessagePayload") == []
    assert event_faults(payloads["app_mention"], "AppMentionPayload") == []
    assert payloads["message"]["event_id"] != payloads["app_mention"]["event_id"]
    event = payloads["app_mention"]["event"]
    assert event["text"] == f"<@{BOT.slack_id}> is 1 &lt; 2? See <https://a.b>."
    assert (event["user"], event["ts"]) == (ENGINEER.slack_id, ts)


def test_what_the_bot_does_is_an_event_too(place: Place) -> None:
    mailbox, client = Mailbox(place), place.client()
    ts = client.chat_postMessage(channel=place.channel, text="x")["ts"]
    posted = mailbox.event()["event"]
    client.chat_update(channel=place.channel, ts=ts, text="y")
    edited = mailbox.event()
    client.chat_delete(channel=place.channel, ts=ts)
    deleted = mailbox.event()
    assert (posted["type"], posted["bot_id"]) == ("message", Slack.bot_id)
    assert event_faults(edited, "MessageChangedPayload") == []
    assert event_faults(deleted, "MessageDeletedPayload") == []
    assert edited["event"]["previous_message"]["text"] == "x"


def test_an_event_is_repeated_three_times_with_its_number(place: Place) -> None:
    mailbox = Mailbox(place, 500, 500, 500, 500)
    place.say("x")
    deliveries = [mailbox.next() for _ in range(4)]
    assert [headers.get("x-slack-retry-num") for headers, _ in deliveries] == [
        None, "1", "2", "3",
    ]  # fmt: skip
    assert len({json.loads(body)["event_id"] for _, body in deliveries}) == 1


def test_a_press_is_a_signed_form_of_the_samples_shape(place: Place) -> None:
    ts = place.client().chat_postMessage(channel=place.channel, text="x", blocks=PLAN)["ts"]
    mailbox = Mailbox(place)
    place.call(place.slack.press, place.channel, ts, "go", LEAD)
    headers, body = mailbox.next()
    payload = json.loads(parse_qs(body.decode())["payload"][0])
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert event_faults(payload, "BlockActionPayload") == []
    assert payload["user"]["id"] == LEAD.slack_id
    [action] = payload["actions"]
    assert (action["action_id"], action["value"]) == ("go", "PAY-1")


def test_only_buttons_that_are_there_can_be_pressed(room: Place) -> None:
    [message] = room.slack.channels[room.channel].messages
    with pytest.raises(Refused, match="action_not_found"):
        room.call(room.slack.press, room.channel, message.ts, "go", LEAD)


def test_bolt_over_http_answers_a_mention_and_a_press(place: Place) -> None:
    handler = SlackRequestHandler(Robot(place).app)
    listener, origin = place.thread.bind()

    async def receive(request: Request) -> Response:
        return await handler.handle(request)

    app = Starlette(routes=[Route("/slack/events", receive, methods=["POST"])])
    place.thread.serve(app, listener)
    place.slack.hooks.append(Hook(f"{origin}/slack/events", Slack.signing_secret))
    serve_a_mention_and_a_press(place)


def test_bolt_over_a_socket_answers_also_after_slack_asked_it_to_reconnect(place: Place) -> None:
    mailbox = Mailbox(place)
    handler = SocketModeHandler(Robot(place).app, Slack.app_token)
    handler.client.connect()
    try:
        before = handler.client.session_id()
        place.call(place.slack.sockets.refresh)
        reconnected(place, handler, before)
        serve_a_mention_and_a_press(place)
        drained(place, 5)
    finally:
        handler.client.close()
    assert {outcome for _, outcome in place.slack.sockets.log} == {"acked"}
    assert {kind for kind, _ in place.slack.sockets.log} == {"events_api", "interactive"}
    assert mailbox._arrived.empty()


def serve_a_mention_and_a_press(place: Place) -> None:
    ts = place.say(f"@{BOT.name} please")
    place.until("message", 2)
    plan = place.slack.channels[place.channel].replies(ts)[0]
    place.call(place.slack.press, place.channel, plan.ts, "go", LEAD)
    place.until("edit", 1)
    assert (plan.text, plan.blocks, plan.edits) == ("Approved", [], 1)


def drained(place: Place, count: int) -> None:
    """Wait until so many envelopes have been delivered or lost."""

    async def wait() -> None:
        while len(place.slack.sockets.log) < count:  # noqa: ASYNC110 - a list wakes nobody
            await asyncio.sleep(0.01)

    place.call(asyncio.wait_for, wait(), 20)


def address(place: Place) -> str:
    """Return the address of a new Socket Mode connection."""
    return str(place.client().apps_connections_open(app_token=Slack.app_token)["url"])


@contextlib.contextmanager
def connected(place: Place) -> Iterator[ClientConnection]:
    """Give a new Socket Mode connection that has been greeted."""
    with connect(address(place)) as connection:
        assert json.loads(connection.recv(timeout=20))["type"] == "hello"
        yield connection


def test_an_event_that_is_not_acknowledged_goes_over_another_connection(place: Place) -> None:
    with connected(place) as first, connected(place) as second:
        place.slack.ack_seconds = 1
        place.say("x")
        connections = [first, second]
        seen: list[tuple[ClientConnection, dict[str, Any]]] = []
        while len(seen) < 2:
            for connection in connections:
                with contextlib.suppress(TimeoutError):
                    seen.append((connection, json.loads(connection.recv(timeout=0.05))))
        (one, lost), (other, repeated) = seen
        other.send(json.dumps({"envelope_id": repeated["envelope_id"]}))
        drained(place, 2)
    assert one is not other
    assert [each["retry_attempt"] for each in (lost, repeated)] == [0, 1]
    assert lost["payload"]["event_id"] == repeated["payload"]["event_id"]
    assert place.slack.sockets.log == [("events_api", "lost"), ("events_api", "acked")]


def test_a_socket_address_works_once(place: Place) -> None:
    once = address(place)
    with connect(once):
        pass
    with pytest.raises(InvalidStatus), connect(once):
        pass


def reconnected(place: Place, handler: SocketModeHandler, before: str | None) -> None:
    async def wait() -> None:
        while handler.client.session_id() == before:  # noqa: ASYNC110 - the SDK wakes nobody
            await asyncio.sleep(0.01)

    place.call(asyncio.wait_for, wait(), 20)
