"""What the office's Jira and GitHub send is what our parsers read."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.domain.event import (
    ChecksChanged,
    PullRequestChanged,
    TicketAssigned,
    TicketCommented,
    TicketUpdated,
)
from agent.domain.pull_request import ReviewState
from integrations.github import events as github_events
from integrations.jira import events as jira_events
from office.jira.state import Jira
from office.people import BOT, LEAD
from office.world import Feed, Hook, Post
from tests.contract.code_host_sites import BRANCH, REPOSITORY, open_office, pushed_and_opened
from tests.fakes.loop_thread import LoopThread

SHARED = "the office's webhook secret"


class Mailbox:
    """Where webhooks arrive."""

    def __init__(self, thread: LoopThread) -> None:
        self.thread = thread
        self.arrived: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
        listener, origin = thread.bind()
        thread.serve(Starlette(routes=[Route("/", self._receive, methods=["POST"])]), listener)
        self.hook = Hook(f"{origin}/", SHARED)

    async def _receive(self, request: Request) -> Response:
        await self.arrived.put((dict(request.headers), await request.body()))
        return Response(status_code=204)

    def next(self) -> tuple[dict[str, str], bytes]:
        delivery: tuple[dict[str, str], bytes] = self.thread.call(self.arrived.get)
        return delivery

    def until(self, events: Any, happening: object) -> None:
        """Read deliveries until one says what is expected; all must be signed."""
        while True:
            headers, body = self.next()
            assert events.verify(headers, body, SHARED)
            event = events.parse(headers, body)
            if event is not None and event.happening == happening:
                return


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    with LoopThread() as running:
        yield running


def test_what_happens_to_a_ticket_arrives(thread: LoopThread) -> None:
    post = thread.call(Post)
    jira = thread.call(lambda: Jira(Feed(), post))
    mailbox = Mailbox(thread)
    jira.hooks.append(mailbox.hook)
    jira.add_project("PAY", "Payments")
    lead, key = f"jira:{LEAD.account_id}", "PAY-1"

    thread.call(jira.add_ticket, key, "Refund", "Text")
    mailbox.until(jira_events, TicketUpdated(key=key, actor=lead, fields=("created",)))
    thread.call(jira.assign, key, BOT, LEAD)
    ours = f"jira:{BOT.account_id}"
    mailbox.until(jira_events, TicketAssigned(key=key, assignee=ours, actor=lead))
    thread.call(jira.assign, key, None, LEAD)
    mailbox.until(jira_events, TicketAssigned(key=key, assignee=None, actor=lead))
    thread.call(jira.transition, key, "In Progress", LEAD)
    mailbox.until(jira_events, TicketUpdated(key=key, actor=lead, fields=("status",)))
    comment = thread.call(jira.comment, key, "In **euro**, `EUR`", LEAD)
    mailbox.until(
        jira_events,
        TicketCommented(key=key, comment_id=comment.id, actor=lead, text="In **euro**, `EUR`"),
    )
    thread.call(post.close)


def test_what_happens_to_a_pull_request_arrives(thread: LoopThread, tmp_path: Path) -> None:
    mailbox = Mailbox(thread)
    lead, ours = f"github:{LEAD.github_id}", f"github:{BOT.github_id}"

    def changed(action: str, actor: str, number: int | None = 1, branch: str = BRANCH) -> object:
        return PullRequestChanged(
            repository=REPOSITORY, branch=branch, number=number, action=action, actor=actor
        )

    with open_office(tmp_path) as site:
        site.github.hooks.append(mailbox.hook)
        pull = pushed_and_opened(site)
        mailbox.until(github_events, changed("pushed", ours, number=None))
        mailbox.until(github_events, changed("opened", ours))
        site.status(pull.head, "preview", "success", "ready")
        status = ChecksChanged(repository=REPOSITORY, branch=BRANCH, actor=lead)
        mailbox.until(github_events, status)
        site.wait_for_checks(pull.head)
        site.host.request_review(REPOSITORY, pull.number, [])
        mailbox.until(github_events, changed("ready_for_review", ours))
        site.say(pull.number, "A test, please.")
        mailbox.until(github_events, changed("commented", lead, branch=""))
        site.review(pull.number, ReviewState.APPROVED, "")
        mailbox.until(github_events, changed("reviewed", lead))
        site.merge(pull.number)
        mailbox.until(github_events, changed("merged", lead))
