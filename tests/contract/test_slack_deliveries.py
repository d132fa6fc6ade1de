"""What people do in the office's Slack reaches us, over HTTP and over Socket Mode alike."""

import threading
from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from agent.domain.event import ButtonPressed, Event, ThreadReplied
from agent.domain.ids import ActorId, TicketKey
from agent.domain.progress import Button, Card, ThreadRef
from integrations.slack.app import build_app, http_handler, socket_mode
from integrations.slack.chat import SlackChat
from integrations.slack.connection import SlackConnection
from office.people import BOT, ENGINEER, LEAD
from office.slack.state import Slack
from office.world import Feed, Hook, Post
from tests.fakes.ledger import FakeLedger
from tests.fakes.loop_thread import LoopThread

CARD = Card(
    ticket="PAY-1",
    title="Add a refund endpoint",
    url="https://jira.example.com/browse/PAY-1",
    headline="May I?",
    buttons=(Button(action="approve", label="Approve"),),
)


class Sink:
    """Keeps events by their id, as the ledger does."""

    def __init__(self) -> None:
        self.failures = 0
        self.calls = 0
        self.events: dict[str, Event] = {}
        self._grown = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._grown:
            self.calls += 1
            self._grown.notify_all()
            if self.failures:
                self.failures -= 1
                raise ConnectionError("the database is away")
            self.events.setdefault(event.id, event)

    def wait(self, is_enough: Callable[[], bool]) -> None:
        with self._grown:
            assert self._grown.wait_for(is_enough, timeout=30), "waited in vain"


class Place:
    """A channel with our card, and people."""

    def __init__(self, thread: LoopThread, sink: Sink, kind: str) -> None:
        self.call = thread.call
        self.sink = sink
        listener, origin = thread.bind()
        self.post = thread.call(Post)
        self.slack = thread.call(lambda: Slack(Feed(), self.post))
        self.slack.origin = origin
        self.slack.retry_delays = (0.05, 0.1, 0.2)
        channel = thread.call(self.slack.add_channel, "backend")
        thread.serve(self.slack.app(), listener)
        connection = SlackConnection(Slack.bot_token, channel, api_url=f"{origin}/api/")
        app = build_app(connection, Slack.signing_secret if kind == "http" else "", sink)
        self.socket = socket_mode(app, Slack.app_token)
        if kind == "socket":
            self.slack.ack_seconds = 0.5
            self.socket.start()
        else:
            hook, address = thread.bind()
            route = Route("/slack", http_handler(app), methods=["POST"])
            thread.serve(Starlette(routes=[route]), hook)
            self.slack.hooks.append(Hook(f"{address}/slack", Slack.signing_secret))
        self.card: ThreadRef = SlackChat(connection, FakeLedger()).post_card("PAY-1-x/card", CARD)

    def say(self, text: str, thread_ts: str | None = None) -> str:
        ts: str = self.call(self.slack.say, self.card.channel, text, LEAD, thread_ts)
        return ts

    def press(self) -> None:
        self.call(self.slack.press, self.card.channel, self.card.ts, "backsmith:approve", ENGINEER)


@pytest.fixture(params=["http", "socket"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with LoopThread() as thread:
        place = Place(thread, Sink(), request.param)
        yield place
        place.socket.stop()
        thread.call(place.slack.close)
        thread.call(place.post.close)


def test_a_reply_in_the_card_s_thread_arrives(place: Place) -> None:
    ts = place.say("Use Decimal & no float, please", place.card.ts)
    place.sink.wait(lambda: bool(place.sink.events))
    assert list(place.sink.events.values()) == [
        Event(
            id=f"slack:message:{place.card.channel}:{ts}",
            happening=ThreadReplied(
                channel=place.card.channel,
                thread_ts=place.card.ts,
                actor=ActorId(f"slack:{LEAD.slack_id}"),
                text="Use Decimal & no float, please",
            ),
        )
    ]


def test_a_mention_in_a_thread_is_one_event(place: Place) -> None:
    place.say(f"@{BOT.name} approve", place.card.ts)
    place.sink.wait(lambda: place.sink.calls == 2)
    [event] = place.sink.events.values()
    assert isinstance(event.happening, ThreadReplied)
    assert event.happening.text == "approve"


def test_a_mention_in_the_channel_opens_a_thread(place: Place) -> None:
    place.say("Lunch?")
    ts = place.say(f"@{BOT.name} what is PAY-1 waiting for?")
    place.sink.wait(lambda: bool(place.sink.events))
    [event] = place.sink.events.values()
    assert isinstance(event.happening, ThreadReplied)
    assert event.happening.thread_ts == ts


def test_a_press_of_our_button_arrives(place: Place) -> None:
    place.press()
    place.sink.wait(lambda: bool(place.sink.events))
    [event] = place.sink.events.values()
    assert event.happening == ButtonPressed(
        key=TicketKey("PAY-1"), action="approve", actor=ActorId(f"slack:{ENGINEER.slack_id}")
    )


def test_what_could_not_be_stored_is_delivered_again(place: Place) -> None:
    place.sink.failures = 1
    place.say("Are you there?", place.card.ts)
    place.sink.wait(lambda: bool(place.sink.events))
    assert place.sink.calls == 2


def test_a_delivery_that_comes_twice_is_one_event(place: Place) -> None:
    place.post.twice = True
    place.say("Once, please", place.card.ts)
    place.sink.wait(lambda: place.sink.calls == 2)
    assert len(place.sink.events) == 1
