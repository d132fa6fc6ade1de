"""What every `TicketTracker` does: the fake, and Jira as the office plays it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol

import pytest

from agent.domain.errors import (
    NeedsHumanError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    TransientError,
)
from agent.domain.ids import TicketKey
from agent.ports import TicketTracker
from integrations.jira.connection import JiraConnection
from integrations.jira.tracker import JiraTracker
from office.faults import Fault
from office.jira.state import Jira
from office.people import BOT, LEAD, OUTSIDER
from office.world import Feed, Post
from tests.fakes.loop_thread import LoopThread
from tests.fakes.tracker import LEAD as FAKE_LEAD
from tests.fakes.tracker import OURSELVES, FakeTracker

KEY = TicketKey("PAY-1")


class Site(Protocol):
    """A tracker, and the people who use it with us."""

    tracker: TicketTracker
    lead: str

    def add(self, key: str, summary: str, description: str) -> None: ...
    def say(self, key: str, text: str) -> None: ...
    def give(self, key: str, to_us: bool) -> None: ...
    def move(self, key: str, status: str) -> None: ...
    def comment_count(self, key: str) -> int: ...


class FakeSite:
    lead: str = FAKE_LEAD

    def __init__(self) -> None:
        self.fake = FakeTracker()
        self.tracker: TicketTracker = self.fake

    def add(self, key: str, summary: str, description: str) -> None:
        self.fake.add_ticket(key, summary, description, components=["api"], labels=["backend"])

    def say(self, key: str, text: str) -> None:
        self.fake.say(key, text)

    def give(self, key: str, to_us: bool) -> None:
        self.fake.give(key, OURSELVES if to_us else FAKE_LEAD)

    def move(self, key: str, status: str) -> None:
        self.fake.move(key, status)

    def comment_count(self, key: str) -> int:
        return len(self.fake.written) + len(self.fake.tickets[TicketKey(key)].comments)


class OfficeSite:
    lead: str = f"jira:{LEAD.account_id}"

    def __init__(self, thread: LoopThread) -> None:
        self.thread = thread
        listener, origin = thread.bind()
        self.post = thread.call(Post)
        self.jira = thread.call(lambda: Jira(Feed(), self.post))
        self.jira.origin = origin
        thread.call(self.jira.add_project, "PAY", "Payments")
        thread.serve(self.jira.app(), listener)
        self.connection = JiraConnection(url=origin, email=BOT.email, api_token=BOT.jira_token)
        self.tracker: TicketTracker = JiraTracker(self.connection)

    def add(self, key: str, summary: str, description: str) -> None:
        self.thread.call(
            lambda: self.jira.add_ticket(
                key, summary, description, components=["api"], labels=["backend"]
            )
        )

    def say(self, key: str, text: str) -> None:
        self.thread.call(self.jira.comment, key, text, LEAD)

    def give(self, key: str, to_us: bool) -> None:
        self.thread.call(self.jira.assign, key, BOT if to_us else LEAD, LEAD)

    def move(self, key: str, status: str) -> None:
        self.thread.call(self.jira.transition, key, status, LEAD)

    def comment_count(self, key: str) -> int:
        return len(self.jira.tickets[key].comments)

    def fault(self, fault: Fault) -> None:
        self.jira.faults.append(fault)


@pytest.fixture
def office() -> Iterator[OfficeSite]:
    with LoopThread() as thread:
        site = OfficeSite(thread)
        site.add(str(KEY), "Refund orders", "As a **customer** I want refunds.")
        yield site
        thread.call(site.post.close)


@pytest.fixture(params=["fake", "office"])
def site(request: pytest.FixtureRequest) -> Site:
    if request.param == "office":
        return request.getfixturevalue("office")  # type: ignore[no-any-return]
    fake = FakeSite()
    fake.add(str(KEY), "Refund orders", "As a **customer** I want refunds.")
    return fake


def test_a_ticket_is_read_as_markdown_with_its_people_and_labels(site: Site) -> None:
    ticket = site.tracker.fetch_ticket(KEY)
    assert (ticket.key, ticket.summary) == (KEY, "Refund orders")
    assert ticket.description == "As a **customer** I want refunds."
    assert (ticket.status, ticket.is_done) == ("To Do", False)
    assert (ticket.assignee, ticket.reporter) == (None, site.lead)
    assert (ticket.components, ticket.labels) == (("api",), ("backend",))
    assert ticket.url.endswith("/browse/PAY-1")


def test_an_unknown_ticket_is_not_found(site: Site) -> None:
    with pytest.raises(NotFoundError):
        site.tracker.fetch_ticket(TicketKey("PAY-999"))


def test_peoples_comments_are_read_oldest_first_and_our_marked_ones_are_not(site: Site) -> None:
    site.say(KEY, "First")
    site.tracker.comment(KEY, "life/question", "What currency?")
    site.say(KEY, "Second")
    comments = site.tracker.fetch_ticket(KEY).comments
    assert [comment.text for comment in comments] == ["First", "Second"]
    assert {comment.author for comment in comments} == {site.lead}
    assert comments[0].created <= comments[1].created


def test_all_comments_of_a_long_ticket_are_read(site: Site) -> None:
    for number in range(205):
        site.say(KEY, f"Comment {number}")
    comments = site.tracker.fetch_ticket(KEY).comments
    assert [comment.text for comment in comments] == [f"Comment {n}" for n in range(205)]


def test_a_comment_is_written_once_per_marker(site: Site) -> None:
    first = site.tracker.comment(KEY, "life/question", "What currency?")
    again = site.tracker.comment(KEY, "life/question", "What currency?")
    other = site.tracker.comment(KEY, "life/done", "Done.")
    assert first == again
    assert first != other
    assert site.comment_count(KEY) == 2


def test_a_comment_on_an_unknown_ticket_is_not_found(site: Site) -> None:
    with pytest.raises(NotFoundError):
        site.tracker.comment(TicketKey("PAY-999"), "life/question", "What?")


def test_a_transition_moves_the_ticket_once(site: Site) -> None:
    assert site.tracker.transition(KEY, "in progress") is True
    assert site.tracker.transition(KEY, "In Progress") is False
    assert site.tracker.fetch_ticket(KEY).status == "In Progress"


def test_a_transition_that_the_workflow_lacks_needs_a_person(site: Site) -> None:
    with pytest.raises(NeedsHumanError, match="In Progress"):
        site.tracker.transition(KEY, "Done")


def test_a_ticket_in_the_last_column_is_done(site: Site) -> None:
    for status in ("In Progress", "In Review", "Done"):
        site.move(KEY, status)
    assert site.tracker.fetch_ticket(KEY).is_done


def test_a_ticket_can_be_given_to_somebody_and_to_nobody(site: Site) -> None:
    site.tracker.assign(KEY, site.lead)
    assert site.tracker.fetch_ticket(KEY).assignee == site.lead
    site.tracker.assign(KEY, None)
    assert site.tracker.fetch_ticket(KEY).assignee is None


def test_an_account_id_is_taken_without_its_prefix_too(site: Site) -> None:
    site.tracker.assign(KEY, site.lead.removeprefix("jira:"))
    assert site.tracker.fetch_ticket(KEY).assignee == site.lead


def test_our_open_tickets_are_those_assigned_to_us_and_not_done(site: Site) -> None:
    for key in ("PAY-2", "PAY-3", "PAY-4"):
        site.add(key, "Another", "")
    site.give("PAY-2", to_us=True)
    site.give("PAY-3", to_us=False)
    site.give("PAY-4", to_us=True)
    for status in ("In Progress", "In Review", "Done"):
        site.move("PAY-4", status)
    assert site.tracker.assigned_tickets() == [TicketKey("PAY-2")]


def test_we_know_our_own_account(site: Site) -> None:
    site.tracker.assign(KEY, site.tracker.whoami())
    assert site.tracker.whoami().startswith("jira:")
    assert site.tracker.assigned_tickets() == [KEY]


def test_a_comment_whose_answer_was_lost_is_found_by_the_next_call(office: OfficeSite) -> None:
    office.fault(Fault("POST", "/comment$", kind="drop_after", status=502))
    with pytest.raises(TransientError):
        office.tracker.comment(KEY, "life/question", "What currency?")
    office.tracker.comment(KEY, "life/question", "What currency?")
    assert office.comment_count(KEY) == 1


def test_a_marker_that_somebody_else_wrote_does_not_stop_us(office: OfficeSite) -> None:
    office.thread.call(office.jira.comment, KEY, "Mine `backsmith:life/question`", OUTSIDER)
    office.tracker.comment(KEY, "life/question", "What currency?")
    assert office.comment_count(KEY) == 2
    assert len(office.tracker.fetch_ticket(KEY).comments) == 1


def test_a_rate_limit_carries_the_wait_that_jira_asks_for(office: OfficeSite) -> None:
    office.fault(Fault("GET", "/issue/", status=429, headers={"Retry-After": "17"}))
    with pytest.raises(RateLimitedError) as caught:
        office.tracker.fetch_ticket(KEY)
    assert caught.value.retry_after == timedelta(seconds=17)


def test_a_server_error_is_worth_another_attempt(office: OfficeSite) -> None:
    office.fault(Fault("GET", "/serverInfo", status=503))
    with pytest.raises(TransientError):
        office.tracker.whoami()
    assert office.tracker.whoami() == f"jira:{BOT.account_id}"


def test_a_wrong_token_is_refused_without_being_shown(office: OfficeSite) -> None:
    wrong = JiraConnection(office.connection.url, BOT.email, "not-the-token")
    with pytest.raises(PermissionDeniedError) as caught:
        JiraTracker(wrong).whoami()
    assert "not-the-token" not in str(caught.value)
    assert "not-the-token" not in repr(wrong)


def test_a_ticket_that_is_hidden_because_the_token_expired_is_not_missing(
    office: OfficeSite,
) -> None:
    headers = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    office.fault(Fault("GET", "/issue/", status=404, headers=headers))
    with pytest.raises(PermissionDeniedError):
        office.tracker.fetch_ticket(KEY)


def test_a_server_that_is_not_there_is_worth_another_attempt() -> None:
    with LoopThread() as thread:
        listener, origin = thread.bind()
        listener.close()
        with pytest.raises(TransientError):
            JiraTracker(JiraConnection(origin, BOT.email, BOT.jira_token)).whoami()
