"""What an event means for a ticket, and that it is carried out once and never lost."""

from dataclasses import dataclass, field

import pytest

from agent.domain.errors import TransientError
from agent.domain.event import (
    ButtonPressed,
    ChecksChanged,
    Event,
    Happening,
    PullRequestChanged,
    ThreadReplied,
    TicketAssigned,
    TicketCommented,
    TicketUpdated,
)
from agent.domain.ids import ActorId, TicketKey
from tests.fakes.ledger import FakeLedger
from workflows.gateway import Decision, Gateway, Ignore, People, Start, Tell, route
from workflows.state import TEXT_LIMIT, Notice, NoticeKind

KEY, OTHER = TicketKey("PAY-7"), TicketKey("PAY-8")
US, US_ON_GITHUB = ActorId("jira:us"), ActorId("github:1")
LEAD, ENGINEER, STRANGER = ActorId("jira:lead"), ActorId("jira:engineer"), ActorId("jira:stranger")
OWN = frozenset({US, US_ON_GITHUB})
ANYBODY = People(own=OWN)
TEAM = People(own=OWN, allowed=frozenset({LEAD, ENGINEER}), approvers=frozenset({LEAD}))


def event(happening: Happening, number: int = 1) -> Event:
    return Event(id=f"test:{number}", happening=happening)


def assigned(to: ActorId | None, by: ActorId = LEAD) -> TicketAssigned:
    return TicketAssigned(key=KEY, assignee=to, actor=by)


def commented(text: str, by: ActorId = LEAD) -> TicketCommented:
    return TicketCommented(key=KEY, comment_id="1", actor=by, text=text)


def replied(text: str, by: ActorId = LEAD) -> ThreadReplied:
    return ThreadReplied(channel="C1", thread_ts="1.5", actor=by, text=text)


def pressed(action: str, by: ActorId = LEAD) -> ButtonPressed:
    return ButtonPressed(key=KEY, action=action, actor=by)


def pull_request(branch: str, number: int | None = 3, by: ActorId = LEAD) -> PullRequestChanged:
    return PullRequestChanged(
        repository="acme/shop", branch=branch, number=number, action="reviewed", actor=by
    )


def checks(branch: str, by: ActorId = LEAD) -> ChecksChanged:
    return ChecksChanged(repository="acme/shop", branch=branch, actor=by)


def decided(
    happening: Happening, people: People = ANYBODY, thread_ticket: TicketKey | None = None
) -> Decision:
    return route(event(happening), people, thread_ticket)


def told(kind: NoticeKind, by: ActorId = LEAD, text: str = "", key: TicketKey = KEY) -> Tell:
    return Tell(key=key, notice=Notice(id="test:1", kind=kind, actor=by, text=text))


def test_a_ticket_that_is_given_to_us_is_started() -> None:
    notice = Notice(id="test:1", kind=NoticeKind.ASSIGNED, actor=LEAD)
    assert decided(assigned(US)) == Start(key=KEY, notice=notice)


@pytest.mark.parametrize("now", [None, ENGINEER])
def test_a_ticket_that_is_taken_from_us_is_told_so(now: ActorId | None) -> None:
    assert decided(assigned(now)) == told(NoticeKind.UNASSIGNED)


def test_only_people_on_the_list_give_us_work() -> None:
    assert decided(assigned(US, by=STRANGER), TEAM) == Ignore(
        reason="jira:stranger may not give us work"
    )


def test_anybody_may_take_a_ticket_away() -> None:
    taken = decided(assigned(None, by=STRANGER), TEAM)
    assert taken == told(NoticeKind.UNASSIGNED, by=STRANGER)


@pytest.mark.parametrize(
    "happening",
    [
        assigned(US, by=US),
        assigned(None, by=US),
        commented("approve", by=US),
        TicketUpdated(key=KEY, actor=US, fields=("status",)),
        replied("a reply", by=US),
        pressed("cancel", by=US),
        pull_request("backsmith/PAY-7-refund", by=US_ON_GITHUB),
        checks("backsmith/PAY-7-refund", by=US_ON_GITHUB),
    ],
    ids=lambda happening: happening.kind,
)
def test_what_we_did_ourselves_is_ignored(happening: Happening) -> None:
    assert decided(happening, ANYBODY, KEY) == Ignore(reason="our own doing")


def test_a_changed_text_is_not_a_reason_to_act() -> None:
    happening = TicketUpdated(key=KEY, actor=LEAD, fields=("description",))
    assert isinstance(decided(happening), Ignore)


@pytest.mark.parametrize(
    "happening", [pull_request("backsmith/PAY-7-x"), checks("backsmith/PAY-7")]
)
def test_our_branch_names_the_ticket_that_looks_again(happening: Happening) -> None:
    assert decided(happening) == told(NoticeKind.LOOK)


@pytest.mark.parametrize(
    "branch", ["main", "feature/PAY-7-x", "backsmith/", "backsmith/no-key", "dependabot/backsmith"]
)
def test_a_branch_of_others_is_ignored(branch: str) -> None:
    assert decided(checks(branch)) == Ignore(reason="not one of our branches")


def test_a_pull_request_without_a_branch_is_known_by_its_number() -> None:
    assert decided(pull_request(""), thread_ticket=KEY) == told(NoticeKind.LOOK)


def test_whoever_sets_off_a_check_need_not_be_on_the_list() -> None:
    runner = ActorId("github:41898282")
    happening = checks("backsmith/PAY-7-x", by=runner)
    assert decided(happening, TEAM) == told(NoticeKind.LOOK, by=runner)


@pytest.mark.parametrize(
    ("action", "kind"), [("approve", NoticeKind.APPROVE), ("cancel", NoticeKind.CANCEL)]
)
def test_a_button_does_what_it_says(action: str, kind: NoticeKind) -> None:
    assert decided(pressed(action), TEAM) == told(kind)


@pytest.mark.parametrize("action", ["approve", "cancel"])
@pytest.mark.parametrize("who", [ENGINEER, STRANGER])
def test_buttons_are_for_approvers(action: str, who: ActorId) -> None:
    assert decided(pressed(action, by=who), TEAM) == Ignore(reason=f"{who} may not {action}")


def test_an_unknown_button_is_ignored() -> None:
    assert decided(pressed("merge")) == Ignore(reason="no button 'merge'")


@pytest.mark.parametrize(
    "words",
    [
        "approve",
        "Approved",
        "LGTM!",
        "*lgtm*",
        " yes. ",
        "Go ahead",
        "ship it 🚀",
        "<@U0BOT> approve",
    ],
)
def test_words_of_approval_approve(words: str) -> None:
    decision = decided(commented(words), TEAM)
    assert isinstance(decision, Tell)
    assert decision.notice.kind is NoticeKind.APPROVE
    assert decision.notice.text == words.replace("<@U0BOT>", "").strip()


@pytest.mark.parametrize("words", ["approve the other plan", "yes, but not today", "disapprove"])
def test_more_words_than_an_approval_are_a_message(words: str) -> None:
    assert decided(commented(words), TEAM) == told(NoticeKind.SAID, text=words)


def test_an_approval_by_somebody_who_may_only_talk_is_a_message() -> None:
    said = decided(commented("LGTM!", by=ENGINEER), TEAM)
    assert said == told(NoticeKind.SAID, by=ENGINEER, text="LGTM!")


def test_without_a_list_of_approvers_whoever_may_talk_may_approve() -> None:
    people = People(own=OWN, allowed=frozenset({ENGINEER}))
    assert people.may_approve(ENGINEER)
    assert not people.may_approve(STRANGER)


def test_an_approver_may_talk_without_being_listed_twice() -> None:
    people = People(own=OWN, allowed=frozenset({ENGINEER}), approvers=frozenset({LEAD}))
    assert people.may_talk(LEAD)


def test_without_any_list_everybody_may_talk_and_approve() -> None:
    assert ANYBODY.may_talk(STRANGER)
    assert ANYBODY.may_approve(STRANGER)


@pytest.mark.parametrize("happening", [commented("x", by=STRANGER), replied("x", by=STRANGER)])
def test_what_a_stranger_says_does_not_count(happening: Happening) -> None:
    reason = "jira:stranger is not on the list of people who may talk to us"
    assert decided(happening, TEAM, KEY) == Ignore(reason=reason)


def test_the_mention_of_us_is_no_part_of_the_message() -> None:
    said = decided(commented("<@U0BOT> use cents"))
    assert said == told(NoticeKind.SAID, text="use cents")


@pytest.mark.parametrize("words", ["", "  \n", "<@U0BOT>"])
def test_a_message_without_words_is_ignored(words: str) -> None:
    assert decided(commented(words)) == Ignore(reason="no words")


def test_a_message_that_is_too_long_is_cut() -> None:
    said = decided(commented("a" * TEXT_LIMIT + "b"))
    assert said == told(NoticeKind.SAID, text="a" * TEXT_LIMIT)


def test_a_reply_belongs_to_the_ticket_of_its_thread() -> None:
    said = decided(replied("use cents"), ANYBODY, OTHER)
    assert said == told(NoticeKind.SAID, text="use cents", key=OTHER)


def test_a_reply_in_a_thread_without_a_ticket_is_ignored() -> None:
    assert decided(replied("lunch?")) == Ignore(reason="not in a ticket's thread")


@dataclass
class FakeTickets:
    """Tickets that run, and what they were told."""

    inbox: FakeLedger
    running: set[TicketKey] = field(default_factory=set)
    heard: list[tuple[str, TicketKey, Notice]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    stored: list[bool] = field(default_factory=list)
    """Whether the event stood in the inbox when we were called."""

    async def start(self, key: TicketKey, notice: Notice) -> object:
        self._called("start", key, notice)
        self.running.add(key)
        return None

    async def tell(self, key: TicketKey, notice: Notice) -> bool:
        self._called("tell", key, notice)
        return key in self.running

    def _called(self, what: str, key: TicketKey, notice: Notice) -> None:
        self.stored.append(self.inbox.delivery(notice.id) is not None)
        if self.failures:
            raise self.failures.pop(0)
        self.heard.append((what, key, notice))

    def said(self) -> list[tuple[str, TicketKey, str]]:
        return [(what, key, notice.id) for what, key, notice in self.heard]


@dataclass
class Desk:
    """A gateway with its inbox and the tickets that it tells."""

    inbox: FakeLedger
    tickets: FakeTickets
    gateway: Gateway


@pytest.fixture
def desk() -> Desk:
    inbox = FakeLedger()
    tickets = FakeTickets(inbox)
    return Desk(inbox, tickets, Gateway(inbox=inbox, tickets=tickets, people=ANYBODY))


async def test_an_event_is_stored_before_anybody_is_told(desk: Desk) -> None:
    await desk.gateway.take(event(assigned(US)))
    assert desk.tickets.stored == [True]
    assert desk.tickets.said() == [("start", KEY, "test:1")]
    assert desk.inbox.unrouted() == []


async def test_an_event_that_was_carried_out_does_nothing_when_it_comes_again(desk: Desk) -> None:
    await desk.gateway.take(event(assigned(US)))
    again = await desk.gateway.take(event(assigned(US)))
    assert again == Ignore(reason="taken before")
    assert len(desk.tickets.heard) == 1


async def test_an_event_that_failed_is_carried_out_when_it_comes_again(desk: Desk) -> None:
    desk.tickets.failures.append(TransientError("Temporal is away"))
    with pytest.raises(TransientError):
        await desk.gateway.take(event(assigned(US)))
    assert [waiting.id for waiting in desk.inbox.unrouted()] == ["test:1"]
    await desk.gateway.take(event(assigned(US)))
    assert desk.tickets.said() == [("start", KEY, "test:1")]
    assert desk.inbox.unrouted() == []


async def test_what_was_stored_before_a_crash_is_made_good_in_its_order(desk: Desk) -> None:
    desk.inbox.receive(event(assigned(US), 1))
    desk.inbox.receive(event(commented("use cents"), 2))
    assert await desk.gateway.make_good() == 2
    assert desk.tickets.said() == [("start", KEY, "test:1"), ("tell", KEY, "test:2")]
    assert await desk.gateway.make_good() == 0


async def test_what_cannot_be_made_good_yet_stays_stored(desk: Desk) -> None:
    desk.inbox.receive(event(assigned(US)))
    desk.tickets.failures.append(TransientError("Temporal is away"))
    assert await desk.gateway.make_good() == 0
    assert len(desk.inbox.unrouted()) == 1


async def test_an_ignored_event_is_not_decided_again(desk: Desk) -> None:
    await desk.gateway.take(event(replied("lunch?")))
    assert desk.inbox.unrouted() == []
    assert desk.tickets.heard == []


async def test_telling_a_ticket_that_does_not_run_settles_the_event(desk: Desk) -> None:
    await desk.gateway.take(event(commented("too late")))
    assert desk.inbox.unrouted() == []


async def test_a_reply_finds_the_ticket_whose_card_opened_the_thread(desk: Desk) -> None:
    desk.inbox.record_sent("PAY-7-4f2a9c1b/card", "C1/1.5")
    await desk.gateway.take(event(replied("use cents")))
    assert desk.tickets.said() == [("tell", KEY, "test:1")]


async def test_a_comment_on_a_pull_request_finds_its_ticket_by_number(desk: Desk) -> None:
    desk.inbox.record_sent("PAY-7-4f2a9c1b/pull_request", "acme/shop#3")
    await desk.gateway.take(event(pull_request("")))
    assert desk.tickets.said() == [("tell", KEY, "test:1")]


async def test_a_comment_on_somebody_elses_pull_request_is_ignored(desk: Desk) -> None:
    decision = await desk.gateway.take(event(pull_request("", number=4)))
    assert decision == Ignore(reason="not one of our branches")
