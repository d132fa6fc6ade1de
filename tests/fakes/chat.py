"""A chat in memory that people in tests can read."""

from dataclasses import dataclass

from agent.domain.errors import NotFoundError
from agent.domain.progress import Card, ThreadNote, ThreadRef


@dataclass
class FakePost:
    """One message, as it stands now."""

    key: str
    ts: str
    thread_ts: str | None
    content: Card | ThreadNote
    edits: int = 0

    @property
    def text(self) -> str:
        """All that is to be read."""
        if isinstance(self.content, ThreadNote):
            return self.content.text
        card = self.content
        links = (link.label for link in card.links)
        return "\n".join((card.ticket, card.title, card.headline, *card.lines, *links))

    @property
    def buttons(self) -> list[str]:
        """The actions that can be pressed."""
        return [button.action for button in self.content.buttons]


class FakeChat:
    """One channel; `posts` holds cards and replies in the order in which they were posted."""

    def __init__(self, channel: str = "C0FAKE001") -> None:
        self.channel = channel
        self.posts: list[FakePost] = []
        self.failures: list[Exception] = []
        """Raised by the next writes, one each, before anything is written."""

    @property
    def cards(self) -> list[FakePost]:
        """The messages in the channel."""
        return [post for post in self.posts if post.thread_ts is None]

    @property
    def replies(self) -> list[FakePost]:
        """The messages in threads."""
        return [post for post in self.posts if post.thread_ts is not None]

    def post_card(self, key: str, card: Card) -> ThreadRef:
        return ThreadRef(channel=self.channel, ts=self._once(key, None, card).ts)

    def update_card(self, thread: ThreadRef, card: Card) -> None:
        self._fail()
        for post in self.cards:
            if (self.channel, post.ts) == (thread.channel, thread.ts):
                post.content, post.edits = card, post.edits + 1
                return
        raise NotFoundError(f"there is no message {thread.ts}")

    def reply(self, thread: ThreadRef, key: str, note: ThreadNote) -> str:
        return self._once(key, thread.ts, note).ts

    def _once(self, key: str, thread_ts: str | None, content: Card | ThreadNote) -> FakePost:
        for post in self.posts:
            if post.key == key:
                return post
        self._fail()
        ts = f"{1_700_000_000 + len(self.posts)}.000100"
        post = FakePost(key, ts, thread_ts, content)
        self.posts.append(post)
        return post

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
