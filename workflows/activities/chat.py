"""The ticket's one message in the channel, and its thread."""

from dataclasses import dataclass

from temporalio import activity

from agent.domain.ids import CommitSha, LifeId
from agent.domain.plan import Plan
from agent.domain.progress import Card, Link, Phase, ThreadNote, ThreadRef
from agent.domain.value import Value
from agent.ports import Chat, Ledger
from agent.report import card, plan_note

EDITED = "message edited"
"""The audit trail's word for an edit of the card."""


class Announcement(Value):
    """Where the ticket stands, for the card."""

    life: LifeId
    phase: Phase
    detail: str
    commit: CommitSha | None
    pull_request_url: str | None
    key: str
    summary: str = ""


class ThreadPost(Value):
    """A reply in the thread, once per name."""

    life: LifeId
    thread: ThreadRef
    name: str
    text: str


class PlanPost(Value):
    """The plan, for the thread."""

    life: LifeId
    thread: ThreadRef | None
    name: str
    needs_approval: bool


@dataclass(frozen=True)
class ChatActivities:
    """What is said in the channel."""

    chat: Chat
    ledger: Ledger

    @activity.defn
    def announce(self, news: Announcement) -> ThreadRef:
        """Post the card, or edit the one that stands; return where it stands."""
        current = self._card(news)
        key = f"{news.life}/card"
        is_new = self.ledger.sent(key) is None
        thread = self.chat.post_card(key, current)
        self.ledger.keep(news.life, "chat", "card", thread.model_dump())
        if not is_new:
            self.chat.update_card(thread, current)
            self.ledger.note(news.life, "backsmith", EDITED, news.phase)
        return thread

    @activity.defn
    def post(self, post: ThreadPost) -> str:
        """Write in the ticket's thread."""
        return self._reply(post.life, post.thread, post.name, ThreadNote(text=post.text))

    @activity.defn
    def post_plan(self, post: PlanPost) -> None:
        """Show the plan in the ticket's thread, with buttons when it needs approval."""
        body = self.ledger.find(post.life, "plan", "current")
        if body is None or post.thread is None:
            return
        note = plan_note(Plan.model_validate(body), post.needs_approval)
        self._reply(post.life, post.thread, post.name, note)

    def _reply(self, life: LifeId, thread: ThreadRef, name: str, note: ThreadNote) -> str:
        ts = self.chat.reply(thread, f"{life}/{name}", note)
        self.ledger.keep(life, "chat", name, {"ts": ts})
        return ts

    def _card(self, news: Announcement) -> Card:
        known = self.ledger.find(news.life, "ticket", "current") or {}
        ticket = {"key": news.key, "summary": news.key, "url": "", **known}
        evidence = self.ledger.evidence(news.life, news.commit) if news.commit else ()
        links = (
            [Link(label="Pull request", url=news.pull_request_url)] if news.pull_request_url else []
        )
        spent = self.ledger.spent(news.life)
        return card(ticket, news.phase, news.detail, evidence, spent, links)
