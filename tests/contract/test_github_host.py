"""What only the GitHub adapter does, against the office."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.domain.errors import (
    PermanentError,
    PermissionDeniedError,
    RateLimitedError,
    SettingsError,
    TransientError,
)
from agent.domain.pull_request import ReviewState
from agent.domain.repository import Repository
from integrations.github.connection import GitHubConnection
from integrations.github.host import GitHubHost
from office.faults import Fault
from office.people import BOT, ENGINEER, LEAD, OUTSIDER
from tests.contract.code_host_sites import (
    BRANCH,
    REPOSITORY,
    OfficeSite,
    open_office,
    opened,
    pushed_and_opened,
    waiting,
)
from tests.fakes.loop_thread import LoopThread


@pytest.fixture
def office(tmp_path: Path) -> Iterator[OfficeSite]:
    with open_office(tmp_path) as site:
        yield site


def test_a_pull_request_whose_answer_was_lost_is_found_by_the_next_call(
    office: OfficeSite,
) -> None:
    office.push(BRANCH, notes="one\n")
    office.fault(Fault("POST", "/pulls$", "drop_after"))
    with pytest.raises(TransientError):
        opened(office)
    assert opened(office).number == 1


def test_where_there_are_no_drafts_the_pull_request_is_ready(office: OfficeSite) -> None:
    office.push(BRANCH, notes="one\n")
    text = "Draft pull requests are not supported in this repository."
    office.fault(Fault("POST", "/pulls$", status=422, message=text))
    assert opened(office).is_draft is False


def test_an_answer_whose_outcome_was_lost_is_given_once(office: OfficeSite) -> None:
    pull = pushed_and_opened(office)
    office.say(pull.number, "A test, please.")
    (comment,) = office.host.read_feedback(REPOSITORY, pull.number).unanswered
    office.fault(Fault("POST", "/comments$", "drop_after"))
    with pytest.raises(TransientError):
        office.host.reply(REPOSITORY, pull.number, comment.id, "Done.")
    office.host.reply(REPOSITORY, pull.number, comment.id, "Done.")
    assert len(office.our_texts(pull.number)) == 1


def test_an_outsiders_approval_and_words_do_not_count(office: OfficeSite) -> None:
    pull = pushed_and_opened(office)
    office.review_by(OUTSIDER, pull.number, ReviewState.APPROVED, "Ship it!")
    feedback = office.host.read_feedback(REPOSITORY, pull.number)
    assert feedback.state is None
    assert feedback.unanswered == ()


def test_one_persons_objection_outweighs_anothers_approval(office: OfficeSite) -> None:
    pull = pushed_and_opened(office)
    office.review_by(ENGINEER, pull.number, ReviewState.CHANGES_REQUESTED, "No.")
    office.review_by(LEAD, pull.number, ReviewState.APPROVED, "")
    state = office.host.read_feedback(REPOSITORY, pull.number).state
    assert state is ReviewState.CHANGES_REQUESTED


def test_a_marker_in_somebody_elses_comment_answers_nothing(office: OfficeSite) -> None:
    pull = pushed_and_opened(office)
    office.say(pull.number, "A test, please.")
    (comment,) = office.host.read_feedback(REPOSITORY, pull.number).unanswered
    forged = f"<!-- backsmith:reply:{comment.id} -->"
    office.thread.call(office.github.comment, REPOSITORY, pull.number, OUTSIDER, forged)
    assert waiting(office, pull.number) == [("issue", "A test, please.")]


def test_a_quoted_mention_notifies_nobody(office: OfficeSite) -> None:
    pull = pushed_and_opened(office)
    office.say(pull.number, "@everyone Closes #1")
    (comment,) = office.host.read_feedback(REPOSITORY, pull.number).unanswered
    office.host.reply(REPOSITORY, pull.number, comment.id, "Done.")
    (text,) = office.our_texts(pull.number)
    assert text.startswith("> `@everyone` Closes `#1`\n\nDone.\n\n<!-- ")


def test_a_secondary_limit_carries_the_wait_that_github_asks_for(office: OfficeSite) -> None:
    headers = {"Retry-After": "42"}
    text = "You have exceeded a secondary rate limit."
    office.fault(Fault("GET", "/pulls/1$", status=403, headers=headers, message=text))
    with pytest.raises(RateLimitedError) as caught:
        office.host.read_pull_request(REPOSITORY, 1)
    assert caught.value.retry_after == timedelta(seconds=42)


def test_a_server_error_is_worth_another_attempt(office: OfficeSite) -> None:
    office.fault(Fault("GET", "/pulls/1$", status=503))
    with pytest.raises(TransientError):
        office.host.read_pull_request(REPOSITORY, 1)


def test_a_wrong_token_is_refused_without_being_shown(office: OfficeSite) -> None:
    wrong = office.connect(token="not-the-token")  # noqa: S106 - not one
    with pytest.raises(PermissionDeniedError) as caught:
        wrong.whoami()
    assert "not-the-token" not in str(caught.value)
    assert "not-the-token" not in repr(office.connection(token="not-the-token"))  # noqa: S106


def test_a_server_that_is_not_there_is_worth_another_attempt() -> None:
    with LoopThread() as thread:
        listener, origin = thread.bind()
        listener.close()
        host = GitHubHost(GitHubConnection(api_url=origin, git_url=origin, token="t"))  # noqa: S106
        with pytest.raises(TransientError):
            host.whoami()


def test_we_know_our_own_account(office: OfficeSite) -> None:
    assert office.connect().whoami() == f"github:{BOT.github_id}"


def test_an_address_that_differs_from_the_advertised_one_is_named(office: OfficeSite) -> None:
    host = office.connect(api_url=f"{office.origin.replace('127.0.0.1', 'localhost')}/api/v3")
    pushed_and_opened(office)
    with pytest.raises(PermanentError, match="GITHUB_API_URL"):
        host.read_feedback(REPOSITORY, 1)


def test_missing_credentials_are_named() -> None:
    with pytest.raises(SettingsError, match="GITHUB_TOKEN"):
        GitHubHost(GitHubConnection()).whoami()


def test_an_app_key_that_is_none_is_named() -> None:
    connection = GitHubConnection(app_id="1", app_private_key="not a key", installation_id=1)
    with pytest.raises(SettingsError, match="GITHUB_APP_PRIVATE_KEY"):
        GitHubHost(connection).whoami()


def test_an_app_opens_pull_requests_and_pushes_as_its_bot(office: OfficeSite) -> None:
    app = office.connect(
        token=None,
        app_id=str(office.github.app_id),
        app_private_key=office.github.app_private_key_pem,
        installation_id=office.github.installation_id,
    )
    assert app.whoami() == "github:9000902"
    office.push(BRANCH, notes="one\n")
    office.host = app
    number = opened(office).number
    office.say(number, "A test, please.")
    (comment,) = app.read_feedback(REPOSITORY, number).unanswered
    app.reply(REPOSITORY, number, comment.id, "Done.")
    assert waiting(office, number) == []
    listing = office.git(office.folder / "clone", "ls-remote", "origin", BRANCH, host=app)
    assert BRANCH in listing


def test_a_check_of_an_app_speaks_for_itself_and_bots_are_not_people(office: OfficeSite) -> None:
    app = office.connection(
        token=None,
        app_id=str(office.github.app_id),
        app_private_key=office.github.app_private_key_pem,
        installation_id=office.github.installation_id,
    ).connect()
    pull = pushed_and_opened(office)
    auth = app.requester.auth
    assert auth is not None
    note = {
        "path": "notes",
        "start_line": 2,
        "end_line": 2,
        "annotation_level": "failure",
        "message": "Two is wrong",
    }
    output = {"title": "Audit", "summary": "1 finding", "annotations": [note]}
    check = {"name": "audit", "head_sha": pull.head, "status": "completed", "output": output}
    office.rest(auth.token, "check-runs", {**check, "conclusion": "failure"})
    office.rest(auth.token, f"issues/{pull.number}/comments", {"body": "I am a bot."})
    found = {each.name: each for each in office.host.read_checks(REPOSITORY, pull.head)}
    assert found["audit"].log == "Audit\n1 finding\nnotes:2: failure: Two is wrong"
    assert waiting(office, pull.number) == []


def test_credentials_are_for_our_own_git_host_only(office: OfficeSite) -> None:
    host = office.connect()
    for address in ("https://evil.example.com/acme/shop.git", f"{office.origin}0/x.git", "/tmp/x"):  # noqa: S108
        environment = host.git_credentials(Repository(name="x", git_url=address))
        assert environment == {"GIT_TERMINAL_PROMPT": "0"}
