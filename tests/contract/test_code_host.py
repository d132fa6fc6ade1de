"""What every `CodeHost` does: the fake, and GitHub as the office plays it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.domain.errors import NotFoundError, PermanentError
from agent.domain.evidence import Verdict
from agent.domain.pull_request import ReviewState
from office.people import LEAD
from tests.contract.code_host_sites import (
    BRANCH,
    REPOSITORY,
    FakeSite,
    Lines,
    OfficeSite,
    Site,
    open_office,
    opened,
    pushed_and_opened,
    waiting,
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[OfficeSite]:
    with open_office(tmp_path) as site:
        yield site


@pytest.fixture(params=["fake", "office"])
def site(request: pytest.FixtureRequest) -> Site:
    if request.param == "office":
        return request.getfixturevalue("office")  # type: ignore[no-any-return]
    return FakeSite()


def test_a_pull_request_is_opened_as_a_draft_of_the_branch(site: Site) -> None:
    commit = site.push(BRANCH, notes="one\n")
    pull = opened(site)
    assert (pull.branch, pull.base, pull.head) == (BRANCH, "main", commit)
    assert (pull.title, pull.body) == ("Refund orders", "Because.")
    assert (pull.is_open, pull.is_merged, pull.is_draft) == (True, False, True)
    assert site.host.read_pull_request(REPOSITORY, pull.number) == pull


def test_opening_again_updates_the_text_of_the_same_pull_request(site: Site) -> None:
    first = pushed_and_opened(site)
    again = opened(site, title="Refund whole orders", body="Better.")
    assert again.number == first.number
    assert (again.title, again.body) == ("Refund whole orders", "Better.")


def test_a_branch_that_was_never_pushed_cannot_be_proposed(site: Site) -> None:
    with pytest.raises(PermanentError):
        opened(site)


def test_an_unknown_pull_request_is_not_found(site: Site) -> None:
    with pytest.raises(NotFoundError):
        site.host.read_pull_request(REPOSITORY, 99)


def test_the_head_follows_a_push(site: Site) -> None:
    pull = pushed_and_opened(site)
    commit = site.push(BRANCH, notes="four\n")
    assert site.host.read_pull_request(REPOSITORY, pull.number).head == commit


def test_a_commit_that_ci_has_not_seen_has_no_checks(site: Site) -> None:
    commit = site.push(BRANCH, notes="one\n")
    assert site.host.read_checks(REPOSITORY, commit) == ()


def test_a_green_check_has_no_log(site: Site) -> None:
    pull = pushed_and_opened(site)
    site.wait_for_checks(pull.head)
    (check,) = site.host.read_checks(REPOSITORY, pull.head)
    assert (check.name, check.conclusion, check.log) == ("checks", "success", "")


def test_a_failed_check_comes_with_the_end_of_its_log(site: Site) -> None:
    site.push(BRANCH, broken="E   assert refund == 5\n")
    pull = opened(site)
    site.wait_for_checks(pull.head)
    (check,) = site.host.read_checks(REPOSITORY, pull.head)
    assert check.is_failure()
    assert "assert refund == 5" in check.log


def test_the_newest_status_of_a_name_counts(site: Site) -> None:
    commit = site.push(BRANCH, notes="one\n")
    site.status(commit, "preview", "success", "ready")
    site.status(commit, "lint", "failure", "1 error")
    site.status(commit, "lint", "pending", "running again")
    site.status(commit, "types", "pending", "running")
    site.status(commit, "types", "failure", "2 errors")
    found = {check.name: check for check in site.host.read_checks(REPOSITORY, commit)}
    conclusions = {name: check.conclusion for name, check in found.items()}
    assert conclusions == {"lint": None, "preview": "success", "types": "failure"}
    assert [found[name].log for name in ("lint", "preview", "types")] == ["", "", "2 errors"]


def test_our_verdict_is_shown_once_and_is_no_check_of_the_teams_ci(site: Site) -> None:
    commit = site.push(BRANCH, notes="one\n")
    url = "https://github.example.com/acme/shop/pull/1"
    for verdict, text in [
        (Verdict.FAIL, "lint fails"),
        (Verdict.PASS, "9 gates pass"),
        (Verdict.PASS, "9 gates pass"),
        (Verdict.INCOMPLETE, "types could not run"),
    ]:
        site.host.show_verdict(REPOSITORY, commit, verdict, text, url)
    assert site.verdicts(commit) == [
        ("failure", "lint fails"),
        ("success", "9 gates pass"),
        ("error", "types could not run"),
    ]
    assert site.host.read_checks(REPOSITORY, commit) == ()


def test_the_required_checks_of_a_protected_branch_are_known(site: Site) -> None:
    assert site.host.required_checks(REPOSITORY, "main") == {"checks"}


def test_an_unknown_branch_requires_nothing(site: Site) -> None:
    assert site.host.required_checks(REPOSITORY, "nowhere") == frozenset()


def test_a_new_pull_request_has_no_feedback(site: Site) -> None:
    pull = pushed_and_opened(site)
    feedback = site.host.read_feedback(REPOSITORY, pull.number)
    assert (feedback.state, feedback.unanswered) == (None, ())


def test_what_people_said_is_read_oldest_first_with_its_place(site: Site) -> None:
    pull = pushed_and_opened(site)
    lines: Lines = (("notes", 2, "Why two?"),)
    site.review(pull.number, ReviewState.CHANGES_REQUESTED, "Not yet.", lines)
    site.say(pull.number, "And a test, please.")
    feedback = site.host.read_feedback(REPOSITORY, pull.number)
    assert feedback.state is ReviewState.CHANGES_REQUESTED
    assert {comment.author for comment in feedback.unanswered} == {site.lead}
    line = next(each for each in feedback.unanswered if each.id.startswith("line:"))
    assert (line.text, line.path, line.line) == ("Why two?", "notes", 2)
    assert sorted(waiting(site, pull.number)) == [
        ("issue", "And a test, please."),
        ("line", "Why two?"),
        ("review", "Not yet."),
    ]
    assert waiting(site, pull.number)[-1] == ("issue", "And a test, please.")


def test_a_later_approval_of_the_same_person_counts(site: Site) -> None:
    pull = pushed_and_opened(site)
    site.review(pull.number, ReviewState.CHANGES_REQUESTED, "Not yet.")
    site.review(pull.number, ReviewState.APPROVED, "")
    assert site.host.read_feedback(REPOSITORY, pull.number).state is ReviewState.APPROVED


def test_a_comment_does_not_take_an_approval_back(site: Site) -> None:
    pull = pushed_and_opened(site)
    site.review(pull.number, ReviewState.APPROVED, "")
    site.review(pull.number, ReviewState.COMMENTED, "By the way.")
    assert site.host.read_feedback(REPOSITORY, pull.number).state is ReviewState.APPROVED


def test_each_comment_is_answered_once(site: Site) -> None:
    pull = pushed_and_opened(site)
    site.review(pull.number, ReviewState.CHANGES_REQUESTED, "Not yet.", (("notes", 1, "Why?"),))
    site.say(pull.number, "A test, please.")
    comments = site.host.read_feedback(REPOSITORY, pull.number).unanswered
    for comment in comments:
        first = site.host.reply(REPOSITORY, pull.number, comment.id, f"Done: {comment.text}")
        again = site.host.reply(REPOSITORY, pull.number, comment.id, f"Done: {comment.text}")
        assert first == again
    assert waiting(site, pull.number) == []
    assert len(site.our_texts(pull.number)) == 3


def test_an_answer_leaves_the_other_comments_waiting(site: Site) -> None:
    pull = pushed_and_opened(site)
    site.review(
        pull.number, ReviewState.COMMENTED, "", (("notes", 1, "First"), ("notes", 2, "Second"))
    )
    first, _ = site.host.read_feedback(REPOSITORY, pull.number).unanswered
    site.host.reply(REPOSITORY, pull.number, first.id, "Done.")
    assert waiting(site, pull.number) == [("line", "Second")]


def test_a_persons_word_after_our_answer_waits_again(site: Site) -> None:
    pull = pushed_and_opened(site)
    site.review(pull.number, ReviewState.COMMENTED, "", (("notes", 1, "Why?"),))
    (comment,) = site.host.read_feedback(REPOSITORY, pull.number).unanswered
    site.host.reply(REPOSITORY, pull.number, comment.id, "Because.")
    site.answer(pull.number, comment.id, "I do not agree.")
    (again,) = site.host.read_feedback(REPOSITORY, pull.number).unanswered
    assert again.text == "I do not agree."
    site.host.reply(REPOSITORY, pull.number, again.id, "Changed.")
    assert waiting(site, pull.number) == []


def test_a_comment_that_does_not_exist_cannot_be_answered(site: Site) -> None:
    pull = pushed_and_opened(site)
    for comment in ("line:1", "issue:1", "review:1"):
        with pytest.raises(NotFoundError):
            site.host.reply(REPOSITORY, pull.number, comment, "Done.")


def test_a_review_is_asked_for_once(site: Site) -> None:
    pull = pushed_and_opened(site)
    for _ in range(2):
        site.host.request_review(REPOSITORY, pull.number, [LEAD.login])
    assert site.host.read_pull_request(REPOSITORY, pull.number).is_draft is False
    assert site.requested(pull.number) == [LEAD.login]


def test_closing_says_why_once(site: Site) -> None:
    pull = pushed_and_opened(site)
    for _ in range(2):
        site.host.close_pull_request(REPOSITORY, pull.number, "The ticket was cancelled.")
    after = site.host.read_pull_request(REPOSITORY, pull.number)
    assert (after.is_open, after.is_merged) == (False, False)
    (text,) = site.our_texts(pull.number)
    assert text.startswith("The ticket was cancelled.")


def test_a_merged_pull_request_is_left_alone(site: Site) -> None:
    pull = pushed_and_opened(site)
    site.wait_for_checks(pull.head)
    site.host.request_review(REPOSITORY, pull.number, [])
    site.review(pull.number, ReviewState.APPROVED, "")
    site.merge(pull.number)
    site.host.close_pull_request(REPOSITORY, pull.number, "Too late.")
    after = site.host.read_pull_request(REPOSITORY, pull.number)
    assert (after.is_open, after.is_merged) == (False, True)
    assert site.our_texts(pull.number) == []
