"""The office's Jira, as the `jira` package and Atlassian's own descriptions see it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jira import JIRA, JIRAError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from office.faults import Fault
from office.jira import adf, markdown, render
from office.jira.errors import Refused
from office.jira.state import Jira
from office.people import BOT, ENGINEER, LEAD, OUTSIDER
from office.world import Feed, Hook, Post
from tests.contract.jira_wire import JiraWire, adf_schema
from tests.fakes.loop_thread import LoopThread
from tests.fakes.specs import read_samples

SECRET = "an admin webhook's secret"  # noqa: S105 - of this test
SAMPLES = "jira-webhook-samples.mattermost.tar.gz"


class Site:
    """A Jira with one project, two tickets, and the eyes of its vendor."""

    def __init__(self, thread: LoopThread) -> None:
        self.call = thread.call
        self.post = thread.call(Post)
        self.jira: Jira = thread.call(lambda: Jira(Feed(), self.post))
        listener, self.origin = thread.bind()
        self.jira.origin = self.origin
        self.jira.retry_delays = (0.01,) * 5
        self.wire = JiraWire(self.jira.app())
        thread.serve(self.wire, listener)
        self.call(self.jira.add_project, "PAY", "Payments")
        self.add("PAY-1", "Refund orders", "As a **customer** I want refunds.")
        self.add("PAY-2", "Second", None)

    def add(self, key: str, summary: str, description: str | None) -> None:
        self.call(
            lambda: self.jira.add_ticket(
                key, summary, description, components=["api"], labels=["backend"], story_points=3
            )
        )

    def client(self, email: str = BOT.email, token: str = BOT.jira_token) -> JIRA:
        return JIRA(
            self.origin,
            options={"rest_api_version": "3"},
            basic_auth=(email, token),
            max_retries=0,
            timeout=10,
        )

    def rest(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return httpx.request(
            method,
            f"{self.origin}/rest/api/3{path}",
            json=body,
            auth=(BOT.email, BOT.jira_token),
            **options,
        )


class Mailbox:
    """Where webhooks arrive; it answers with the statuses it is given, then with 204."""

    def __init__(self, thread: LoopThread, *statuses: int) -> None:
        self._statuses = list(statuses)
        self._call = thread.call
        self._arrived: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
        listener, origin = thread.bind()
        thread.serve(Starlette(routes=[Route("/", self._receive, methods=["POST"])]), listener)
        self.hook = Hook(f"{origin}/", SECRET)

    async def _receive(self, request: Request) -> Response:
        await self._arrived.put((dict(request.headers), await request.body()))
        return Response(status_code=self._statuses.pop(0) if self._statuses else 204)

    def next(self) -> tuple[dict[str, str], dict[str, Any]]:
        headers, body = self._call(self._arrived.get)
        expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature"] == f"sha256={expected}"
        return headers, json.loads(body)


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    with LoopThread() as thread:
        yield thread


@pytest.fixture
def site(thread: LoopThread) -> Iterator[Site]:
    site = Site(thread)
    yield site
    site.call(site.post.close)
    assert site.wire.violations == []


@pytest.fixture(scope="module")
def board() -> Iterator[Site]:
    """A site for tests that leave it as it is: the second ticket is the bot's, and in progress."""
    with LoopThread() as thread:
        site = Site(thread)
        site.call(site.jira.assign, "PAY-2", BOT, LEAD)
        site.call(site.jira.transition, "PAY-2", "In Progress", LEAD)
        yield site
        site.call(site.post.close)
    assert site.wire.violations == []


def errors_of(answer: httpx.Response) -> dict[str, str]:
    errors: dict[str, str] = answer.json()["errors"]
    return errors


def test_the_jira_package_takes_the_site_for_a_cloud(board: Site) -> None:
    client = board.client()
    assert client._is_cloud
    assert client.myself()["accountId"] == BOT.account_id


def test_a_bearer_token_is_taken_too(board: Site) -> None:
    client = JIRA(board.origin, token_auth=LEAD.jira_token, options={"rest_api_version": "3"})
    assert client.myself()["displayName"] == LEAD.name


@pytest.mark.parametrize(("email", "token"), [(BOT.email, "wrong"), (LEAD.email, BOT.jira_token)])
def test_wrong_credentials_are_refused(board: Site, email: str, token: str) -> None:
    with pytest.raises(JIRAError) as refused:
        board.client(email, token).myself()
    assert refused.value.status_code == 401


def test_a_ticket_is_read_with_documents_history_and_html(board: Site) -> None:
    issue = board.client().issue("PAY-1", expand="changelog,renderedFields")
    assert adf.flaw(issue.raw["fields"]["description"]) is None
    assert "<strong>customer</strong>" in issue.renderedFields.description
    assert issue.fields.customfield_10016 == 3
    assert issue.changelog.histories == []


def test_only_the_fields_asked_for_are_sent(board: Site) -> None:
    fields = board.rest("GET", "/issue/PAY-1?fields=summary,labels").json()["fields"]
    assert fields == {"summary": "Refund orders", "labels": ["backend"]}
    assert "comment" not in board.rest("GET", "/issue/PAY-1?fields=*all,-comment").json()["fields"]


def test_an_unknown_ticket_is_not_found(board: Site) -> None:
    with pytest.raises(JIRAError, match="Issue does not exist or you do not have permission"):
        board.client().issue("PAY-99")


def test_assignment_and_moves_leave_a_history(site: Site) -> None:
    client = site.client()
    client.assign_issue("PAY-1", BOT.account_id)
    client.transition_issue("PAY-1", "In Progress")
    page = site.rest("GET", "/issue/PAY-1/changelog").json()
    items = [item for entry in page["values"] for item in entry["items"]]
    assert [(item["field"], item["fromString"], item["toString"]) for item in items] == [
        ("assignee", None, BOT.name),
        ("status", "To Do", "In Progress"),
    ]


def test_the_workflow_offers_one_step_forward_and_all_steps_back(site: Site) -> None:
    client = site.client()
    seen = []
    for status in ("In Progress", "In Review", "Done"):
        seen.append([each["to"]["name"] for each in client.transitions("PAY-1")])
        client.transition_issue("PAY-1", status)
    seen.append([each["to"]["name"] for each in client.transitions("PAY-1")])
    assert seen == [
        ["In Progress"],
        ["To Do", "In Review"],
        ["To Do", "In Progress", "Done"],
        ["To Do", "In Progress", "In Review"],
    ]


def test_an_illegal_move_is_refused(board: Site) -> None:
    answer = board.rest("POST", "/issue/PAY-1/transitions", {"transition": {"id": "41"}})
    assert answer.status_code == 400
    assert "41" in answer.json()["errorMessages"][0]
    with pytest.raises(Refused):
        board.call(board.jira.transition, "PAY-1", "Done", LEAD)


def test_comments_are_documents_that_can_be_listed_and_edited(site: Site) -> None:
    client = site.client()
    comment = client.add_comment("PAY-1", markdown.document("First **draft**"))
    comment.update(body=markdown.document("Second draft"))
    [only] = client.comments("PAY-1")
    assert only.id == comment.id
    assert render.markdown(only.raw["body"]) == "Second draft"
    assert only.raw["updated"] >= only.raw["created"]


def test_nobody_edits_the_comments_of_others(site: Site) -> None:
    comment = site.call(site.jira.comment, "PAY-1", "Mine", LEAD)
    body = {"body": markdown.document("Yours")}
    assert site.rest("PUT", f"/issue/PAY-1/comment/{comment.id}", body).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        "plain text",
        {"type": "doc", "version": 1, "content": [{"type": "text", "text": "bare"}]},
        {"type": "doc", "version": 2, "content": []},
        None,
    ],
)
def test_a_comment_that_is_no_document_is_refused(board: Site, body: Any) -> None:
    answer = board.rest("POST", "/issue/PAY-1/comment", {"body": body})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == []
    assert "Atlassian Document" in errors_of(answer)["comment"]


def test_a_plain_comment_of_a_transition_is_refused_and_nothing_moves(site: Site) -> None:
    with pytest.raises(JIRAError) as refused:
        site.client().transition_issue("PAY-1", "In Progress", comment="plain")
    assert refused.value.status_code == 400
    assert site.jira.tickets["PAY-1"].status.name == "To Do"


def test_a_comment_may_not_be_endless(board: Site) -> None:
    answer = board.rest("POST", "/issue/PAY-1/comment", {"body": markdown.document("word " * 7000)})
    assert "32,767" in errors_of(answer)["comment"]


def test_labels_summary_and_description_can_be_edited(site: Site) -> None:
    issue = site.client().issue("PAY-1")
    issue.update(
        fields={"summary": "New", "description": markdown.document("Text")},
        update={"labels": [{"add": "urgent"}, {"remove": "backend"}]},
    )
    ticket = site.jira.tickets["PAY-1"]
    assert (ticket.summary, ticket.labels) == ("New", ["urgent"])
    assert render.markdown(ticket.description) == "Text"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("summary", ""),
        ("summary", "two\nlines"),
        ("summary", "x" * 256),
        ("description", "plain"),
        ("labels", ["two words"]),
        ("components", [{"name": "nothing"}]),
        ("assignee", {"accountId": "nobody"}),
        ("nonsense", 1),
    ],
)
def test_a_wrong_field_is_refused_by_name(board: Site, name: str, value: Any) -> None:
    answer = board.rest("PUT", "/issue/PAY-1", {"fields": {name: value}})
    assert answer.status_code == 400
    assert list(errors_of(answer)) == [name]


def test_a_ticket_is_created_with_the_next_number(site: Site) -> None:
    fields: dict[str, Any] = {
        "project": {"key": "PAY"},
        "issuetype": {"name": "Bug"},
        "summary": "Third",
        "description": markdown.document("Broken"),
    }
    assert site.client().create_issue(fields=fields).key == "PAY-3"
    assert site.rest("POST", "/issue", {"fields": {**fields, "project": {}}}).status_code == 400


def test_properties_of_tickets_and_comments_are_kept(site: Site) -> None:
    value = {"run": 7}
    assert site.rest("PUT", "/issue/PAY-1/properties/mark", value).status_code == 201
    assert site.rest("PUT", "/issue/PAY-1/properties/mark", value).status_code == 200
    assert site.client().issue_property("PAY-1", "mark").raw["value"] == value
    assert site.rest("GET", "/issue/PAY-1/properties/other").status_code == 404
    body = {"body": markdown.document("x"), "properties": [{"key": "mark", "value": value}]}
    comment = site.rest("POST", "/issue/PAY-1/comment", body).json()["id"]
    found = site.rest("GET", f"/comment/{comment}/properties/mark").json()
    assert found == {"key": "mark", "value": value}
    shown = site.rest("GET", f"/issue/PAY-1/comment/{comment}?expand=properties").json()
    assert shown["properties"] == [{"key": "mark", "value": value}]


def test_a_remote_link_is_replaced_by_its_global_id(site: Site) -> None:
    statuses = []
    for title in ("Pull request", "Pull request 7"):
        body = {"globalId": "pull-7", "object": {"url": "https://git/7", "title": title}}
        statuses.append(site.rest("POST", "/issue/PAY-1/remotelink", body).status_code)
    [link] = site.client().remote_links("PAY-1")
    assert statuses == [201, 200]
    assert link.object.title == "Pull request 7"
    assert site.rest("GET", "/issue/PAY-1/remotelink?globalId=pull-7").json()["id"] == link.id


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("assignee = currentUser()", ["PAY-2"]),
        (f'assignee = "{BOT.account_id}" AND statusCategory != Done', ["PAY-2"]),
        ("project = PAY ORDER BY created ASC", ["PAY-1", "PAY-2"]),
        ('project = "PAY" AND status in ("To Do", "In Progress")', ["PAY-2", "PAY-1"]),
        ('status = "In Progress" OR key = PAY-1', ["PAY-2", "PAY-1"]),
        ("assignee is EMPTY", ["PAY-1"]),
        ('updated >= -5m AND NOT (key = "PAY-1")', ["PAY-2"]),
        ('updated >= "2100-01-01 10:00"', []),
        ("text ~ customer", ["PAY-1"]),
        ("labels = backend AND component = api AND key != PAY-2", ["PAY-1"]),
    ],
)
def test_the_board_can_be_searched(board: Site, jql: str, keys: list[str]) -> None:
    assert [issue.key for issue in board.client().search_issues(jql)] == keys


def test_a_search_is_read_page_by_page(board: Site) -> None:
    first = board.rest("GET", "/search/jql?jql=project=PAY&maxResults=1").json()
    token = first["nextPageToken"]
    body = {"jql": "project=PAY", "maxResults": 1, "nextPageToken": token, "fields": ["summary"]}
    second = board.rest("POST", "/search/jql", body).json()
    assert (first["isLast"], second["isLast"]) == (False, True)
    # Without `fields` the real search sends ids and nothing else.
    assert set(first["issues"][0]) == {"id"}
    assert second["issues"][0]["fields"] == {"summary": "Refund orders"}


@pytest.mark.parametrize(
    "jql", ["", "order by created", "assignee =", "nonsense = 1", "updated >= soon", "key = (", "%"]
)
def test_a_wrong_query_is_refused(board: Site, jql: str) -> None:
    answer = board.rest("POST", "/search/jql", {"jql": jql})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"]


def test_the_legacy_search_is_gone(board: Site) -> None:
    assert board.rest("GET", "/search?jql=project=PAY").status_code == 410


def test_people_projects_and_lists_are_there(board: Site) -> None:
    client = board.client()
    assert client.user(LEAD.account_id).displayName == LEAD.name
    assert [each.displayName for each in client.search_users(query="Tech")] == [LEAD.name]
    [found] = client.search_assignable_users_for_issues(query=BOT.email, issueKey="PAY-1")
    assert found.accountId == BOT.account_id
    assert [each.name for each in client.project_components("PAY")] == ["api"]
    assert len(client.statuses()) == 4
    assert "Story point estimate" in [each["name"] for each in client.fields()]
    assert client.approximate_issue_count("project = PAY") == 2


def test_attachments_and_links_are_shown_with_the_ticket(site: Site) -> None:
    site.call(site.jira.attach, "PAY-1", "log.txt", b"trace", LEAD)
    site.call(site.jira.link, "PAY-1", "PAY-2", LEAD)
    issue = site.client().issue("PAY-1")
    [attachment] = issue.fields.attachment
    assert site.rest("GET", f"/attachment/content/{attachment.id}").content == b"trace"
    assert site.rest("GET", f"/attachment/{attachment.id}").json()["size"] == 5
    assert issue.fields.issuelinks[0].outwardIssue.key == "PAY-2"


def test_a_refusal_can_be_switched_on(site: Site) -> None:
    headers = {"Retry-After": "3"}
    site.jira.faults.append(Fault("POST", "/comment$", status=429, headers=headers, times=1))
    body = {"body": markdown.document("x")}
    answers = [site.rest("POST", "/issue/PAY-1/comment", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 201]
    assert answers[0].headers["retry-after"] == "3"


def test_an_answer_can_be_lost_after_the_write(site: Site) -> None:
    site.jira.faults.append(Fault("POST", "/comment$", "drop_after"))
    answer = site.rest("POST", "/issue/PAY-1/comment", {"body": markdown.document("x")})
    assert answer.status_code == 502
    assert len(site.jira.tickets["PAY-1"].comments) == 1


def assert_like(ours: Any, theirs: Any, where: str = "") -> None:
    """Check that every key we send is one that the real site sends, with a value of its type."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in set(ours) & set(theirs):
            assert_like(ours[name], theirs[name], f"{where}/{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and ours and theirs:
        assert_like(ours[0], theirs[0], f"{where}/0")
    elif ours is not None and theirs is not None:
        assert type(ours) is type(theirs), where


def test_an_assignment_is_announced_like_the_captured_one(site: Site, thread: LoopThread) -> None:
    mailbox = Mailbox(thread)
    site.jira.hooks.append(mailbox.hook)
    site.call(site.jira.assign, "PAY-1", BOT, LEAD)
    headers, body = mailbox.next()
    captured = read_samples(SAMPLES)["webhook-issue-updated-assigned"]
    assert headers["x-atlassian-webhook-identifier"]
    assert headers["x-atlassian-webhook-flow"] == "Primary"
    assert set(body) == set(captured)
    assert set(body["changelog"]["items"][0]) == set(captured["changelog"]["items"][0])
    assert_like(body, captured)
    assert body["issue_event_type_name"] == "issue_assigned"
    assert body["user"]["accountId"] == LEAD.account_id
    assert body["issue"]["fields"]["assignee"]["accountId"] == BOT.account_id
    assert body["issue"]["fields"]["description"] == "As a *customer* I want refunds."


def test_a_comment_is_announced_like_the_captured_one(site: Site, thread: LoopThread) -> None:
    mailbox = Mailbox(thread)
    site.jira.hooks.append(mailbox.hook)
    site.call(site.jira.comment, "PAY-1", f"Please, @{BOT.name}", OUTSIDER)
    _, body = mailbox.next()
    captured = read_samples(SAMPLES)["webhook-cloud-comment-created"]
    assert set(body) == set(captured)
    assert set(body["comment"]) == set(captured["comment"])
    assert_like(body, captured)
    assert body["comment"]["body"] == f"Please, [~accountid:{BOT.account_id}]"
    assert body["comment"]["author"]["accountId"] == OUTSIDER.account_id


def test_every_kind_of_change_has_its_event(site: Site, thread: LoopThread) -> None:
    mailbox = Mailbox(thread)
    site.jira.hooks.append(mailbox.hook)
    seen = []

    def note() -> None:
        _, body = mailbox.next()
        fields = [item["fieldId"] for item in body.get("changelog", {}).get("items", [])]
        seen.append((body["webhookEvent"], body.get("issue_event_type_name"), fields))

    site.add("PAY-3", "Third", None)
    note()
    site.call(site.jira.transition, "PAY-3", "In Progress", ENGINEER)
    note()
    site.client().issue("PAY-3").update(fields={"labels": ["x"]})
    note()
    comment = site.client().add_comment("PAY-3", markdown.document("x"))
    note()
    comment.update(body=markdown.document("y"))
    note()
    assert seen[1:] == [
        ("jira:issue_updated", "issue_generic", ["status"]),
        ("jira:issue_updated", "issue_updated", ["labels"]),
        ("comment_created", None, []),
        ("comment_updated", None, []),
    ]
    assert seen[0][:2] == ("jira:issue_created", "issue_created")


def test_a_webhook_is_repeated_with_the_same_identifier(site: Site, thread: LoopThread) -> None:
    mailbox = Mailbox(thread, 500, 503)
    site.jira.hooks.append(mailbox.hook)
    site.call(site.jira.assign, "PAY-1", BOT, LEAD)
    deliveries = [mailbox.next()[0] for _ in range(3)]
    assert len({each["x-atlassian-webhook-identifier"] for each in deliveries}) == 1
    assert [each.get("x-atlassian-webhook-retry") for each in deliveries] == [None, "1", "2"]


def test_the_board_shows_columns_comments_and_history(site: Site) -> None:
    site.call(site.jira.assign, "PAY-1", BOT, LEAD)
    site.call(site.jira.comment, "PAY-1", "Line one\nline **two**", LEAD)
    [project] = site.call(site.jira.view)["projects"]
    assert [each["status"] for each in project["columns"]] == [
        "To Do", "In Progress", "In Review", "Done",
    ]  # fmt: skip
    card = project["columns"][0]["tickets"][0]
    assert (card["key"], card["assignee"], card["labels"]) == ("PAY-1", BOT.name, ["backend"])
    assert card["comments"][0]["text"] == "Line one\nline **two**"
    assert card["history"][0]["to"] == BOT.name


TEXT = {"type": "text", "text": "x"}
PARAGRAPH = {"type": "paragraph", "content": [TEXT]}
ITEM = {"type": "listItem", "content": [PARAGRAPH]}


def doc(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def marked(*marks: Any) -> dict[str, Any]:
    return doc({"type": "paragraph", "content": [{**TEXT, "marks": list(marks)}]})


def node(kind: str, content: Any = None, **attrs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind}
    if content is not None:
        found["content"] = content
    if attrs:
        found["attrs"] = attrs
    return found


RICH = """# Title

Text with **bold**, _em_, `code`, [link](https://a.b) and @Backsmith.

1. one
   - deep
     ```python
     x = 1
     ```
2. two

> quoted
> # heading in a quote

| a | b |
|---|---|
| 1 | `2` |

---

<div>html</div>
"""


@pytest.mark.parametrize(
    "good",
    [
        doc(),
        doc(PARAGRAPH, node("rule"), node("heading", [TEXT], level=6)),
        doc(node("panel", [PARAGRAPH], panelType="info"), node("expand", [PARAGRAPH], title="t")),
        doc(node("bulletList", [ITEM]), node("orderedList", [ITEM], order=3)),
        doc(node("taskList", [node("taskItem", [TEXT], localId="1", state="TODO")], localId="0")),
        doc(node("table", [node("tableRow", [node("tableCell", [PARAGRAPH])])])),
        doc(node("mediaSingle", [node("media", type="file", id="1", collection="c")])),
        doc(node("paragraph", [node("mention", id="1"), node("hardBreak")])),
        doc(node("paragraph", [node("emoji", shortName=":x:"), node("inlineCard", url="u")])),
        marked({"type": "link", "attrs": {"href": "h"}}, {"type": "code"}),
        markdown.document(RICH),
        markdown.document(RICH, keep_lines=True),
        markdown.document("- # heading\n- > quote\n\n  | a |\n  |---|\n  | b |\n-"),
    ],
)
def test_what_people_write_is_a_document(good: Any) -> None:
    assert adf.flaw(good) is None
    assert list(adf_schema().iter_errors(good)) == []


@pytest.mark.parametrize(
    "bad",
    [
        "plain",
        None,
        [],
        {},
        {"type": "doc", "version": True, "content": []},
        {"type": "doc", "version": 1},
        {**doc(), "extra": 1},
        doc(TEXT),
        doc("text"),
        doc({**PARAGRAPH, "extra": 1}),
        doc(node("paragraph", [PARAGRAPH])),
        doc(node("paragraph", [{"type": "text", "text": ""}])),
        doc(node("paragraph", [{"type": "text"}])),
        doc(node("heading", [TEXT])),
        doc(node("heading", [TEXT], level=7)),
        doc(node("heading", [TEXT], level="1")),
        doc(node("bulletList", [])),
        doc(node("bulletList", [PARAGRAPH])),
        doc(node("listItem", [PARAGRAPH])),
        doc(node("bulletList", [node("listItem", [node("heading", [TEXT], level=1)])])),
        doc(node("codeBlock", [{**TEXT, "marks": [{"type": "strong"}]}])),
        doc(node("codeBlock", [TEXT], language=1)),
        doc(node("blockquote", [node("rule")])),
        doc(node("panel", [PARAGRAPH], panelType="odd")),
        doc(node("panel", [PARAGRAPH])),
        doc(node("table", [PARAGRAPH])),
        doc(node("taskList", [node("taskItem", [TEXT])])),
        doc(node("mention", id="1")),
        doc(node("paragraph", [node("mention")])),
        doc(node("paragraph", [node("inlineCard", href="u")])),
        doc(node("mediaGroup", [])),
        doc(node("rule", [PARAGRAPH])),
        doc(node("unknown")),
        marked({"type": "link"}),
        marked({"type": "blink"}),
        marked({"type": "code"}, {"type": "strong"}),
        marked({"type": "strong", "attrs": {"a": 1}}),
        marked({"type": "textColor", "attrs": {"color": "red"}}),
        marked("strong"),
    ],
)
def test_what_the_vendors_schema_rejects_is_no_document(bad: Any) -> None:
    assert list(adf_schema().iter_errors(bad)) != []
    assert adf.flaw(bad) is not None
