"""The Jira adapter against version 2 of the REST API, as Data Center speaks it."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.domain.ids import TicketKey
from integrations.jira.connection import JiraConnection
from integrations.jira.tracker import JiraTracker
from tests.fakes.loop_thread import LoopThread

KEY = TicketKey("PAY-1")
BOT = {"name": "backsmith", "key": "JIRAUSER1", "displayName": "Backsmith"}
LEAD = {"name": "lead", "key": "JIRAUSER2", "displayName": "Tech Lead"}
WHEN = "2026-01-05T10:00:00.000+0000"


class DataCenter:
    """One ticket, and everything that was sent to it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, object]] = []
        self.tokens: set[str] = set()
        self.assignee: dict[str, str] | None = None
        self.comments: list[dict[str, object]] = [
            {"id": "1", "author": LEAD, "body": "See [~backsmith]", "created": WHEN}
        ]

    async def answer(self, request: Request) -> Response:
        self.tokens.add(request.headers["authorization"])
        path = request.path_params["path"]
        if request.method != "GET":
            return await self._write(request, path)
        fields = {
            "summary": "Refund",
            "description": "h1. Why\r\n* because",
            "status": {"name": "Open", "statusCategory": {"key": "new"}},
            "assignee": self.assignee,
            "reporter": LEAD,
        }
        answers: dict[str, object] = {
            "serverInfo": {"versionNumbers": [9, 12, 0], "deploymentType": "Server"},
            "myself": BOT,
            "field": [],
            "issue/PAY-1": {"id": "1", "key": "PAY-1", "self": str(request.url), "fields": fields},
            "issue/PAY-1/comment": {"total": len(self.comments), "comments": self.comments},
            "search": {"total": 1, "startAt": 0, "maxResults": 50, "issues": [{"key": "PAY-1"}]},
        }
        return JSONResponse(answers[path])

    async def _write(self, request: Request, path: str) -> Response:
        body = await request.json()
        self.sent.append((path, body))
        if path.endswith("/comment"):
            made = {"id": "2", "author": BOT, "created": WHEN, **body}
            self.comments.append(made)
            return JSONResponse(made, 201)
        return Response(status_code=204)


@pytest.fixture
def center() -> DataCenter:
    return DataCenter()


@pytest.fixture
def tracker(center: DataCenter) -> Iterator[JiraTracker]:
    paths = [Route(f"/rest/api/{v}/{{path:path}}", center.answer, methods=["GET", "POST", "PUT"])
             for v in ("2", "latest")]  # fmt: skip
    with LoopThread() as thread:
        listener, origin = thread.bind()
        thread.serve(Starlette(routes=paths), listener)
        yield JiraTracker(JiraConnection(url=origin, pat="a-pat", api_version="2"))


def test_wiki_markup_is_read_as_markdown(tracker: JiraTracker) -> None:
    ticket = tracker.fetch_ticket(KEY)
    assert ticket.description == "# Why\n- because"
    assert [comment.text for comment in ticket.comments] == ["See @backsmith"]
    assert (ticket.reporter, ticket.comments[0].author) == ("jira:lead", "jira:lead")


def test_a_comment_is_sent_as_wiki_markup_once(center: DataCenter, tracker: JiraTracker) -> None:
    first = tracker.comment(KEY, "life/question", "**Which** currency?")
    assert tracker.comment(KEY, "life/question", "**Which** currency?") == first == "2"
    body = "*Which* currency?\n\n{{backsmith:life/question}}"
    assert center.sent == [("issue/PAY-1/comment", {"body": body})]


def test_people_are_named_by_their_name(center: DataCenter, tracker: JiraTracker) -> None:
    tracker.assign(KEY, "jira:lead")
    assert center.sent == [
        ("issue/PAY-1", {"fields": {"assignee": {"name": "lead"}}, "update": {}})
    ]


def test_nobody_is_assigned_without_a_name(center: DataCenter, tracker: JiraTracker) -> None:
    center.assignee = LEAD
    tracker.assign(KEY, None)
    assert center.sent == [("issue/PAY-1/assignee", {"name": None})]


def test_the_older_search_finds_our_tickets(center: DataCenter, tracker: JiraTracker) -> None:
    assert tracker.assigned_tickets() == [KEY]
    assert center.tokens == {"Bearer a-pat"}
