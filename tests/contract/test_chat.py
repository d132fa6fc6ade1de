"""What every `Chat` does: the fake, and Slack as the office plays it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import pytest
from slack_sdk import WebClient

from agent.domain.errors import (
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    SettingsError,
    TransientError,
)
from agent.domain.progress import Button, Card, Link, ThreadNote, ThreadRef
from agent.ports import Chat
from integrations.slack.chat import SlackChat
from integrations.slack.connection import SlackConnection, web_client
from office.faults import Fault
from office.slack.limits import PostLimit
from office.slack.state import Slack
from office.world import Feed, Post
from tests.fakes.chat import FakeChat
from tests.fakes.ledger import FakeLedger
from tests.fakes.loop_thread import LoopThread

BOT_TOKEN = Slack.bot_token
KEY = "PAY-1-0a1b2c3d/card"
NOTE_KEY = "PAY-1-0a1b2c3d/plan-1"
BUTTONS = (
    Button(action="approve", label="Approve", style="primary"),
    Button(action="cancel", label="Cancel", style="danger"),
)
CARD = Card(
    ticket="PAY-1",
    title="Add a refund endpoint",
    url="https://jira.example.com/browse/PAY-1",
    headline="Reading the ticket",
    lines=("No tests yet",),
    links=(Link(label="Pull request", url="https://git.example.com/pull/7"),),
    buttons=BUTTONS,
)
NOTE = ThreadNote(text="Here is the **plan**.")


@dataclass(frozen=True)
class Seen:
    """A message as people see it."""

    ts: str
    text: str
    actions: tuple[str, ...]


class Workspace(Protocol):
    """A chat, and eyes on its channel."""

    chat: Chat

    def forget(self) -> None:
        """Lose what we stored about what we sent, as a crash in between would."""

    def channel(self) -> list[Seen]: ...
    def thread(self, thread: ThreadRef) -> list[Seen]: ...


class FakeWorkspace:
    def __init__(self) -> None:
        self.fake = FakeChat()
        self.chat: Chat = self.fake

    def forget(self) -> None:
        pass

    def channel(self) -> list[Seen]:
        return [Seen(post.ts, post.text, tuple(post.buttons)) for post in self.fake.cards]

    def thread(self, thread: ThreadRef) -> list[Seen]:
        replies = [post for post in self.fake.replies if post.thread_ts == thread.ts]
        return [Seen(post.ts, post.text, tuple(post.buttons)) for post in replies]


class OfficeWorkspace:
    def __init__(self, thread: LoopThread) -> None:
        listener, origin = thread.bind()
        self.slack = thread.call(lambda: Slack(Feed(), Post()))
        self.slack.origin = origin
        self.channel_id: str = thread.call(self.slack.add_channel, "backend")
        thread.serve(self.slack.app(), listener)
        self.api_url = f"{origin}/api/"
        self.client: WebClient = web_client(self.connection("#backend"))
        self.forget()

    def connection(self, channel: str, token: str = BOT_TOKEN) -> SlackConnection:
        return SlackConnection(token, channel, api_url=self.api_url, timeout_seconds=20)

    def forget(self) -> None:
        self.chat: Chat = SlackChat(self.connection("#backend"), FakeLedger())

    def channel(self) -> list[Seen]:
        page = self.client.conversations_history(channel=self.channel_id)
        return [_seen(message) for message in page["messages"]]

    def thread(self, thread: ThreadRef) -> list[Seen]:
        page = self.client.conversations_replies(channel=thread.channel, ts=thread.ts)
        return [_seen(message) for message in page["messages"][1:]]


def _seen(message: dict[str, Any]) -> Seen:
    parts = [
        part
        for block in message["blocks"]
        for part in [block.get("text"), *block.get("elements", ())]
        if part
    ]
    text = "\n".join(part["text"] for part in parts if part["type"] == "mrkdwn")
    actions = [part["action_id"] for part in parts if part["type"] == "button"]
    return Seen(message["ts"], text, tuple(action.removeprefix("backsmith:") for action in actions))


@pytest.fixture
def office() -> Iterator[OfficeWorkspace]:
    with LoopThread() as thread:
        yield OfficeWorkspace(thread)


@pytest.fixture(params=["fake", "slack"])
def place(request: pytest.FixtureRequest) -> Workspace:
    if request.param == "fake":
        return FakeWorkspace()
    workspace: OfficeWorkspace = request.getfixturevalue("office")
    return workspace


def test_a_card_shows_what_people_need(place: Workspace) -> None:
    thread = place.chat.post_card(KEY, CARD)
    [seen] = place.channel()
    assert seen.ts == thread.ts
    assert seen.actions == ("approve", "cancel")
    for words in ("PAY-1", CARD.title, CARD.headline, "No tests yet", "Pull request"):
        assert words in seen.text


def test_a_card_is_posted_once_per_key(place: Workspace) -> None:
    first = place.chat.post_card(KEY, CARD)
    assert place.chat.post_card(KEY, CARD) == first
    assert len(place.channel()) == 1


def test_a_card_is_posted_once_though_we_forgot_that_we_did(place: Workspace) -> None:
    first = place.chat.post_card(KEY, CARD)
    place.forget()
    assert place.chat.post_card(KEY, CARD) == first
    assert len(place.channel()) == 1


def test_each_key_has_its_own_card(place: Workspace) -> None:
    threads = [place.chat.post_card(f"PAY-{number}-x/card", CARD) for number in (1, 2)]
    assert threads[0] != threads[1]
    assert len(place.channel()) == 2


def test_a_card_is_edited_in_place(place: Workspace) -> None:
    thread = place.chat.post_card(KEY, CARD)
    news = {"headline": "Waiting for review", "buttons": ()}
    place.chat.update_card(thread, CARD.model_copy(update=news))
    [seen] = place.channel()
    assert "Waiting for review" in seen.text
    assert CARD.headline not in seen.text
    assert seen.actions == ()


def test_the_same_card_again_is_no_error(place: Workspace) -> None:
    thread = place.chat.post_card(KEY, CARD)
    place.chat.update_card(thread, CARD)
    place.chat.update_card(thread, CARD)
    assert len(place.channel()) == 1


def test_an_edited_card_is_still_found_after_we_forgot_it(place: Workspace) -> None:
    thread = place.chat.post_card(KEY, CARD)
    place.chat.update_card(thread, CARD.model_copy(update={"headline": "Waiting"}))
    place.forget()
    assert place.chat.post_card(KEY, CARD) == thread


def test_a_card_that_is_gone_cannot_be_edited(place: Workspace) -> None:
    thread = place.chat.post_card(KEY, CARD)
    with pytest.raises(NotFoundError):
        place.chat.update_card(ThreadRef(channel=thread.channel, ts="1.000001"), CARD)


def test_a_reply_stands_in_its_thread(place: Workspace) -> None:
    thread = place.chat.post_card(KEY, CARD)
    ts = place.chat.reply(thread, NOTE_KEY, NOTE)
    [seen] = place.thread(thread)
    assert seen.ts == ts
    assert "plan" in seen.text
    assert len(place.channel()) == 1


def test_a_reply_is_written_once_per_key(place: Workspace) -> None:
    thread = place.chat.post_card(KEY, CARD)
    first = place.chat.reply(thread, NOTE_KEY, NOTE)
    assert place.chat.reply(thread, NOTE_KEY, NOTE) == first
    place.forget()
    assert place.chat.reply(thread, NOTE_KEY, NOTE) == first
    assert len(place.thread(thread)) == 1


def test_replies_stand_in_their_order(place: Workspace) -> None:
    thread = place.chat.post_card(KEY, CARD)
    written = [
        place.chat.reply(thread, f"PAY-1-x/{number}", ThreadNote(text=f"Note {number}"))
        for number in range(3)
    ]
    assert [seen.ts for seen in place.thread(thread)] == written


def test_a_reply_can_carry_buttons(place: Workspace) -> None:
    thread = place.chat.post_card(KEY, CARD)
    place.chat.reply(thread, NOTE_KEY, ThreadNote(text="Approve?", buttons=BUTTONS))
    assert place.thread(thread)[0].actions == ("approve", "cancel")


def test_a_long_reply_arrives_whole(place: Workspace) -> None:
    thread = place.chat.post_card(KEY, CARD)
    words = [f"word{number}" for number in range(1_000)]
    place.chat.reply(thread, NOTE_KEY, ThreadNote(text=" ".join(words)))
    assert place.thread(thread)[0].text.split() == words


@pytest.mark.parametrize("loss", [502, 429])
def test_a_card_whose_answer_was_lost_is_not_posted_again(
    office: OfficeWorkspace, loss: int
) -> None:
    office.slack.faults.append(Fault("POST", "chat.postMessage", "drop_after", loss))
    with pytest.raises(TransientError):
        office.chat.post_card(KEY, CARD)
    thread = office.chat.post_card(KEY, CARD)
    assert [seen.ts for seen in office.channel()] == [thread.ts]


def test_a_reply_whose_answer_was_lost_is_not_written_again(office: OfficeWorkspace) -> None:
    thread = office.chat.post_card(KEY, CARD)
    office.slack.faults.append(Fault("POST", "chat.postMessage", "drop_after"))
    with pytest.raises(TransientError):
        office.chat.reply(thread, NOTE_KEY, NOTE)
    ts = office.chat.reply(thread, NOTE_KEY, NOTE)
    assert [seen.ts for seen in office.thread(thread)] == [ts]


def test_posting_too_fast_names_the_wait(office: OfficeWorkspace) -> None:
    office.slack.limit = PostLimit(burst=1)
    office.chat.post_card(KEY, CARD)
    with pytest.raises(RateLimitedError) as caught:
        office.chat.post_card("PAY-2-x/card", CARD)
    assert caught.value.retry_after == timedelta(seconds=1)


def test_the_largest_card_and_note_are_accepted(office: OfficeWorkspace) -> None:
    long = "&" * 40_000
    many = tuple(Button(action=str(number), label=long) for number in range(60))
    card = Card(ticket="PAY-1", title=long, url="", headline=long, lines=(long,) * 60, buttons=many)
    thread = office.chat.post_card(KEY, card)
    office.chat.update_card(thread, card)
    office.chat.reply(thread, NOTE_KEY, ThreadNote(text=long, buttons=many))
    assert len(office.thread(thread)) == 1


def test_a_refused_token_is_told(office: OfficeWorkspace) -> None:
    chat = SlackChat(office.connection("#backend", "wrong"), FakeLedger())
    with pytest.raises(PermissionDeniedError, match="SLACK_BOT_TOKEN"):
        chat.post_card(KEY, CARD)


@pytest.mark.parametrize("channel", ["#nowhere", "C0NOWHERE"])
def test_an_unknown_channel_names_the_setting(office: OfficeWorkspace, channel: str) -> None:
    chat = SlackChat(office.connection(channel), FakeLedger())
    with pytest.raises(SettingsError, match="SLACK_CHANNEL"):
        chat.post_card(KEY, CARD)


def test_a_channel_can_be_named_by_its_id(office: OfficeWorkspace) -> None:
    chat = SlackChat(office.connection(office.channel_id), FakeLedger())
    assert chat.post_card(KEY, CARD).channel == office.channel_id
