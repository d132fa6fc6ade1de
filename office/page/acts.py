"""What a person can do on the page. Each act is its arguments plus one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from office.people import LEAD, PEOPLE, Person

if TYPE_CHECKING:
    from office.page.state import Page


class Act(BaseModel):
    """Something that a person does in one of the three tools."""

    model_config = ConfigDict(extra="forbid")

    person: str = LEAD.login
    """Login of the one who acts."""

    async def do(self, page: Page, by: Person) -> None:
        """Carry it out, through the same acts that the vendor's own pages would use."""
        raise NotImplementedError


class Assign(Act):
    """Give a ticket to somebody, or to nobody."""

    key: str
    to: str | None

    async def do(self, page: Page, by: Person) -> None:
        """Assign."""
        person = None if self.to is None else person_of(self.to)
        page.jira.assign(self.key, person, by)


class CommentTicket(Act):
    """Write a comment on a ticket."""

    key: str
    text: str = Field(min_length=1)

    async def do(self, page: Page, by: Person) -> None:
        """Comment."""
        page.jira.comment(self.key, self.text, by)


class MoveTicket(Act):
    """Move a ticket to another column."""

    key: str
    to: str

    async def do(self, page: Page, by: Person) -> None:
        """Move."""
        page.jira.transition(self.key, self.to, by)


class Say(Act):
    """Write a message in a channel, or in a thread."""

    channel: str
    text: str = Field(min_length=1)
    thread_ts: str | None = None

    async def do(self, page: Page, by: Person) -> None:
        """Say it."""
        page.slack.say(self.channel, self.text, by, self.thread_ts)


class Press(Act):
    """Press a button of a message."""

    channel: str
    ts: str
    action_id: str

    async def do(self, page: Page, by: Person) -> None:
        """Press."""
        await page.slack.press(self.channel, self.ts, self.action_id, by)


class PullAct(Act):
    """Something done to a pull request."""

    repository: str
    number: int


class LineComment(BaseModel):
    """A comment at one line of the new side of the diff."""

    path: str
    line: int
    body: str = Field(min_length=1)


class SubmitReview(PullAct):
    """Submit a review, with comments at lines."""

    event: Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]
    body: str = ""
    comments: list[LineComment] = []

    async def do(self, page: Page, by: Person) -> None:
        """Review."""
        comments = [comment.model_dump() for comment in self.comments]
        await page.github.review(self.repository, self.number, by, self.event, self.body, comments)


class CommentPull(PullAct):
    """Write a comment in the conversation of a pull request."""

    body: str = Field(min_length=1)

    async def do(self, page: Page, by: Person) -> None:
        """Comment."""
        await page.github.comment(self.repository, self.number, by, self.body)


class Reply(PullAct):
    """Answer a comment at a line."""

    comment_id: int
    body: str = Field(min_length=1)

    async def do(self, page: Page, by: Person) -> None:
        """Reply."""
        await page.github.reply(self.repository, self.number, self.comment_id, by, self.body)


class Merge(PullAct):
    """Merge a pull request."""

    async def do(self, page: Page, by: Person) -> None:
        """Merge."""
        await page.github.merge(self.repository, self.number, by)


class Close(PullAct):
    """Close a pull request without merging it."""

    async def do(self, page: Page, by: Person) -> None:
        """Close."""
        await page.github.close(self.repository, self.number, by)


ACTS: dict[str, type[Act]] = {
    "assign": Assign,
    "comment-ticket": CommentTicket,
    "move-ticket": MoveTicket,
    "say": Say,
    "press": Press,
    "review": SubmitReview,
    "comment-pull": CommentPull,
    "reply": Reply,
    "merge": Merge,
    "close": Close,
}


def person_of(login: str) -> Person:
    """Return the person with a login.

    Raises:
        LookupError: there is nobody of that login.
    """
    for person in PEOPLE:
        if person.login == login:
            return person
    raise LookupError(f"Nobody here has the login {login}.")
