"""What every `CodeHost` does: the fake, and GitHub as the office plays it."""

import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from agent.domain.errors import (
    NotFoundError,
    PermanentError,
    PermissionDeniedError,
    RateLimitedError,
    SettingsError,
    TransientError,
)
from agent.domain.ids import BranchName, CommitSha
from agent.domain.pull_request import PullRequest, ReviewState
from agent.domain.repository import Repository
from agent.ports import CodeHost, PullRequestDraft
from integrations.github.connection import GitHubConnection
from integrations.github.host import GitHubHost
from office.github.faults import Fault
from office.github.state import GitHub
from office.people import BOT, ENGINEER, LEAD, OUTSIDER, Person
from office.world import Feed, Post
from tests.fakes.code_host import LEAD as FAKE_LEAD
from tests.fakes.code_host import FakeCodeHost
from tests.fakes.loop_thread import LoopThread

REPOSITORY = "acme/shop"
BRANCH = BranchName("backsmith/PAY-1-refund")
WORKFLOW = """\
name: CI
on: [pull_request]
jobs:
  checks:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: if [ -e broken ]; then cat broken; exit 1; fi
"""
EVENTS = {
    ReviewState.APPROVED: "APPROVE",
    ReviewState.CHANGES_REQUESTED: "REQUEST_CHANGES",
    ReviewState.COMMENTED: "COMMENT",
}
Lines = tuple[tuple[str, int, str], ...]


class Site(Protocol):
    """A code host, and the people and the CI who use it with us."""

    host: CodeHost
    lead: str

    def push(self, branch: str, **files: str) -> CommitSha: ...
    def wait_for_checks(self, commit: CommitSha) -> None: ...
    def status(self, commit: CommitSha, name: str, state: str, description: str) -> None: ...
    def review(self, number: int, state: ReviewState, body: str, lines: Lines = ()) -> None: ...
    def say(self, number: int, text: str) -> None: ...
    def answer(self, number: int, comment: str, text: str) -> None: ...
    def merge(self, number: int) -> None: ...
    def our_texts(self, number: int) -> list[str]: ...
    def requested(self, number: int) -> list[str]: ...


class FakeSite:
    lead: str = FAKE_LEAD

    def __init__(self) -> None:
        self.fake = FakeCodeHost()
        self.host: CodeHost = self.fake
        self.fake.required[REPOSITORY, "main"] = frozenset({"checks"})
        self.files: dict[str, dict[str, str]] = {}

    def push(self, branch: str, **files: str) -> CommitSha:
        commit = CommitSha(f"{len(self.files):040x}")
        self.files[commit] = files
        self.fake.push(REPOSITORY, branch, commit)
        return commit

    def wait_for_checks(self, commit: CommitSha) -> None:
        broken = self.files[commit].get("broken")
        conclusion = "failure" if broken else "success"
        self.fake.report(REPOSITORY, commit, "checks", conclusion, broken or "")

    def status(self, commit: CommitSha, name: str, state: str, description: str) -> None:
        conclusion = None if state == "pending" else state
        self.fake.report(REPOSITORY, commit, name, conclusion, description)

    def review(self, number: int, state: ReviewState, body: str, lines: Lines = ()) -> None:
        self.fake.review(REPOSITORY, number, state, body, lines)

    def say(self, number: int, text: str) -> None:
        self.fake.say(REPOSITORY, number, text)

    def answer(self, number: int, comment: str, text: str) -> None:
        self.fake.answer(REPOSITORY, number, comment, text)

    def merge(self, number: int) -> None:
        self.fake.merge(REPOSITORY, number)

    def our_texts(self, number: int) -> list[str]:
        pull = self.fake.pulls[REPOSITORY, number]
        return [*pull.answers.values(), *([pull.reason] if pull.reason else [])]

    def requested(self, number: int) -> list[str]:
        return self.fake.pulls[REPOSITORY, number].requested


class OfficeSite:
    lead: str = f"github:{LEAD.github_id}"

    def __init__(self, thread: LoopThread, folder: Path) -> None:
        self.thread = thread
        self.folder = folder
        source = folder / "source"
        (source / ".github/workflows").mkdir(parents=True)
        (source / ".github/workflows/ci.yml").write_text(WORKFLOW)
        (source / "README.md").write_text("# Shop\n")
        listener, self.origin = thread.bind()
        self.feed = thread.call(Feed)
        self.post = thread.call(Post)
        self.github: GitHub = thread.call(
            lambda: GitHub(self.feed, self.post, folder / "root", folder / "cache")
        )
        self.github.origin = self.origin
        self.github.add_repository(REPOSITORY, source, public=True)
        thread.serve(self.github.app(), listener)
        self.host: CodeHost = self.connect()

    def connection(self, **settings: Any) -> GitHubConnection:
        known: dict[str, Any] = {
            "api_url": f"{self.origin}/api/v3",
            "git_url": self.origin,
            "token": BOT.github_token,
            "request_spacing_seconds": 0,
        }
        return GitHubConnection(**(known | settings))

    def connect(self, **settings: Any) -> GitHubHost:
        return GitHubHost(self.connection(**settings))

    def push(self, branch: str, **files: str) -> CommitSha:
        clone = self.folder / "clone"
        if not clone.exists():
            self.git(self.folder, "clone", "--quiet", f"{self.origin}/{REPOSITORY}.git", "clone")
        self.git(clone, "checkout", "--quiet", "-B", branch)
        for name, text in files.items():
            (clone / name).write_text(text)
        self.git(clone, "add", "--all")
        self.git(clone, "commit", "--quiet", "--allow-empty", "-m", "Change")
        self.git(clone, "push", "--quiet", "origin", branch)
        return CommitSha(self.git(clone, "rev-parse", "HEAD").strip())

    def git(self, folder: Path, *words: str, host: GitHubHost | None = None) -> str:
        repository = Repository(name=REPOSITORY, git_url=f"{self.origin}/{REPOSITORY}.git")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            **{f"GIT_{role}_NAME": BOT.name for role in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{role}_EMAIL": BOT.email for role in ("AUTHOR", "COMMITTER")},
            **(host or self.connect()).git_credentials(repository),
        }
        done = subprocess.run(  # noqa: S603 - words of this test
            ["git", *words],  # noqa: S607
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def wait_for_checks(self, commit: CommitSha) -> None:
        async def completed() -> None:
            async for change in self.feed.follow():
                is_check = change.kind == "check_run" and change.data["action"] == "completed"
                if is_check and change.data["head_sha"] == commit:
                    return

        self.thread.call(completed)

    def status(self, commit: CommitSha, name: str, state: str, description: str) -> None:
        self.rest(
            LEAD.github_token,
            f"statuses/{commit}",
            {"context": name, "state": state, "description": description},
        )

    def rest(self, token: str, path: str, body: dict[str, Any]) -> Any:
        answer = httpx.post(
            f"{self.origin}/api/v3/repos/{REPOSITORY}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        answer.raise_for_status()
        return answer.json()

    def review(self, number: int, state: ReviewState, body: str, lines: Lines = ()) -> None:
        self.review_by(LEAD, number, state, body, lines)

    def review_by(
        self, person: Person, number: int, state: ReviewState, body: str, lines: Lines = ()
    ) -> None:
        comments = [{"path": path, "line": line, "body": text} for path, line, text in lines]
        self.thread.call(
            self.github.review, REPOSITORY, number, person, EVENTS[state], body, comments
        )

    def say(self, number: int, text: str) -> None:
        self.thread.call(self.github.comment, REPOSITORY, number, LEAD, text)

    def answer(self, number: int, comment: str, text: str) -> None:
        first = int(comment.removeprefix("line:"))
        self.thread.call(self.github.reply, REPOSITORY, number, first, LEAD, text)

    def merge(self, number: int) -> None:
        self.thread.call(self.github.merge, REPOSITORY, number, LEAD)

    def our_texts(self, number: int) -> list[str]:
        pull = self.github.repositories[REPOSITORY].pulls[number]
        lines = [each.body for each in pull.review_comments if each.user.login == BOT.login]
        return lines + [each.body for each in pull.comments if each.user.login == BOT.login]

    def requested(self, number: int) -> list[str]:
        pull = self.github.repositories[REPOSITORY].pulls[number]
        return [account.login for account in pull.requested]

    def fault(self, fault: Fault) -> None:
        self.github.faults.append(fault)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[OfficeSite]:
    with LoopThread() as thread:
        site = OfficeSite(thread, tmp_path)
        yield site
        thread.call(site.github.stop)
        thread.call(site.post.close)


@pytest.fixture(params=["fake", "office"])
def site(request: pytest.FixtureRequest) -> Site:
    if request.param == "office":
        return request.getfixturevalue("office")  # type: ignore[no-any-return]
    return FakeSite()


def opened(site: Site, title: str = "Refund orders", body: str = "Because.") -> PullRequest:
    return site.host.open_pull_request(
        PullRequestDraft(repository=REPOSITORY, branch=BRANCH, base="main", title=title, body=body)
    )


def pushed_and_opened(site: Site) -> PullRequest:
    site.push(BRANCH, notes="one\ntwo\nthree\n")
    return opened(site)


def waiting(site: Site, number: int) -> list[tuple[str, str]]:
    found = site.host.read_feedback(REPOSITORY, number).unanswered
    return [(comment.id.partition(":")[0], comment.text) for comment in found]


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


def test_an_outsiders_approval_does_not_count(office: OfficeSite) -> None:
    pull = pushed_and_opened(office)
    office.review_by(OUTSIDER, pull.number, ReviewState.APPROVED, "Ship it!")
    feedback = office.host.read_feedback(REPOSITORY, pull.number)
    assert feedback.state is None
    assert [comment.author for comment in feedback.unanswered] == [f"github:{OUTSIDER.github_id}"]


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
    assert app.whoami() == "backsmith[bot]"
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
