"""The local GitHub, driven by PyGithub and git, and checked against GitHub's own descriptions."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn
from github import Auth, Github, GithubException, GithubIntegration
from github.CheckRun import CheckRun
from github.PullRequest import PullRequest
from github.Repository import Repository

from office.faults import Fault
from office.github.ci.environments import parse_installs
from office.github.faults import secondary_rate_limit
from office.github.state import GitHub
from office.people import BOT, ENGINEER, LEAD, OUTSIDER, Person
from office.world import Feed, Hook, Post
from tests.contract.github_wire import GitHubWire, HookSink
from tests.fakes.waiting import until

T = TypeVar("T")
GIT = shutil.which("git") or "git"
SIGNING = "what signs the webhooks"
WORKFLOW = """
name: CI
on:
  push:
    branches: [main]
  pull_request:
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
      - uses: acme/unknown-action@v1
      - name: Wait
        run: if [ -f slow ]; then sleep 60; fi
      - name: Compile
        run: python -m compileall -q .
"""
CODE = "".join(f"line_{number} = {number}\n" for number in range(1, 31))


@dataclass
class Town:
    """A served GitHub, with someone who listens to its webhooks."""

    folder: Path
    name: str = ""
    """The repository of the test that runs."""
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    sockets: list[socket.socket] = field(default_factory=list)
    servers: list[uvicorn.Server] = field(default_factory=list)
    seen: dict[tuple[str, str], Repository] = field(default_factory=dict)

    def open(self) -> None:
        for _ in range(2):
            self.sockets.append(socket.create_server(("127.0.0.1", 0)))
        origin, listener = (f"http://127.0.0.1:{one.getsockname()[1]}" for one in self.sockets)
        self.post = Post()
        self.github = GitHub(Feed(), self.post, self.folder / "root", self.folder / "cache")
        self.github.origin = origin
        self.github.hooks.append(Hook(f"{listener}/hook", SIGNING))
        self.wire, self.sink = GitHubWire(self.github.app()), HookSink(SIGNING)
        for app, lifespan in ((self.wire, "on"), (self.sink, "off")):
            config = uvicorn.Config(app, log_level="warning", lifespan=lifespan)  # type: ignore[arg-type]
            self.servers.append(uvicorn.Server(config))
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self.serve(),))
        self.thread.start()
        until(lambda: all(server.started for server in self.servers))

    async def serve(self) -> None:
        pairs = zip(self.servers, self.sockets, strict=True)
        await asyncio.gather(*(server.serve([one]) for server, one in pairs))
        await self.post.close()

    def close(self) -> None:
        for server in self.servers:
            server.should_exit = True
        self.thread.join(10)
        self.loop.close()

    def act(self, act: Coroutine[Any, Any, T]) -> T:
        """Do something as a person, on the office's own loop."""
        return asyncio.run_coroutine_threadsafe(act, self.loop).result(20)

    def client(self, auth: Auth.Auth) -> Github:
        return Github(
            base_url=f"{self.github.origin}/api/v3",
            auth=auth,
            seconds_between_requests=0,
            seconds_between_writes=0,
            retry=None,
            timeout=15,
        )

    def repository(self, person: Person = BOT) -> Repository:
        key = (self.name, person.login)
        if key not in self.seen:
            self.seen[key] = self.client(Auth.Token(person.github_token)).get_repo(self.name)
        return self.seen[key]

    def app_repository(self) -> Repository:
        app = Auth.AppAuth(self.github.app_id, self.github.app_private_key_pem)
        return self.client(app.get_installation_auth(self.github.installation_id)).get_repo(
            self.name
        )

    def git(self, *words: str, token: str = BOT.github_token) -> str:
        """Run git as a person in the work folder."""
        coded = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        names = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", BOT.name), ("EMAIL", BOT.email))
        }
        environment = (
            os.environ
            | names
            | {
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"http.{self.github.origin}/.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: Basic {coded}",
                "GIT_TERMINAL_PROMPT": "0",
            }
        )
        command = [GIT, *words]
        done = subprocess.run(
            command, cwd=self.work, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    @property
    def work(self) -> Path:
        return self.folder / self.name / "work"

    def push(self, files: dict[str, str | bytes], branch: str = "feat/x") -> str:
        """Commit files on a branch, push it, and return the commit."""
        if not (self.work / ".git").exists():
            self.work.mkdir(parents=True)
            self.git("clone", "--quiet", f"{self.github.origin}/{self.name}.git", ".")
            self.git("checkout", "--quiet", "-b", branch)
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            (self.work / name).write_bytes(raw)
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "feat: change")
        self.git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD")

    def open_pull(self, files: dict[str, str | bytes], *, draft: bool = False) -> PullRequest:
        self.push(files)
        return self.repository().create_pull("main", "feat/x", title="X", body="Why", draft=draft)

    def checks(self, sha: str) -> list[CheckRun]:
        """Wait until all checks of a commit have ended."""

        commit = self.repository().get_commit(sha)

        def ended() -> list[CheckRun]:
            runs = list(commit.get_check_runs())
            return runs if all(run.status == "completed" for run in runs) else []

        return until(ended)

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """Wait for a webhook and return the payloads of its kind so far."""

        def ours() -> list[dict[str, Any]]:
            found = [one.payload for one in self.sink.deliveries if one.kind == kind]
            return [one for one in found if one["repository"]["full_name"] == self.name]

        return until(ours)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    (source / ".github" / "workflows").mkdir(parents=True)
    (source / ".github" / "workflows" / "ci.yml").write_text(WORKFLOW)
    (source / "app.py").write_text(CODE)
    return source


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("town"))
    town.open()
    yield town
    town.close()


@pytest.fixture
def town(served: Town, source: Path) -> Iterator[Town]:
    """Give each test a repository of its own."""
    served.name = f"acme/shop-{len(served.github.repositories)}"
    served.github.add_repository(served.name, source)
    yield served
    violations = served.wire.violations + served.sink.violations
    served.wire.violations, served.sink.violations = [], []
    assert violations == []


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    """Return status and reasons of a refused call."""
    with pytest.raises(GithubException) as caught:
        act()
    body = caught.value.data
    return caught.value.status, f"{body['message']} {body.get('errors', '')}"


def test_pull_request_shows_the_real_difference(town: Town) -> None:
    pull = town.open_pull({"app.py": CODE.replace("= 7\n", "= 70\n"), "new.py": "x = 1\n"})
    files = [(file.filename, file.status, file.additions) for file in pull.get_files()]
    assert files == [("app.py", "modified", 1), ("new.py", "added", 1)]
    assert (pull.changed_files, pull.additions, pull.commits, pull.mergeable) == (2, 2, 1, True)


def test_pull_request_is_found_by_its_head_branch(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    pulls = town.repository().get_pulls(state="open", head="acme:feat/x", base="main")
    assert [found.number for found in pulls] == [pull.number]


def test_failed_job_explains_itself_in_check_run_and_log(town: Town) -> None:
    pull = town.open_pull({"bad.py": "def (:\n"})
    run = town.checks(pull.head.sha)[0]
    job = town.repository().get_workflow_runs(head_sha=pull.head.sha)[0].jobs()[0]
    log = httpx.get(job.logs_url()).text
    assert (run.name, run.conclusion, run.app.slug) == ("test", "failure", "github-actions")
    assert "SyntaxError" in run.output.text
    assert "##[error]Process completed with exit code 1." in log
    assert [step.conclusion for step in job.steps] == [
        "success",
        "success",
        "skipped",
        "success",
        "failure",
    ]


def test_newer_push_cancels_the_older_run(town: Town) -> None:
    old = town.open_pull({"slow": ""}).head.sha
    town.heard("check_run$created")
    new = town.push({"slow.py": "x = 1\n"})
    (town.work / "slow").unlink()
    newest = town.push({})
    assert [run.conclusion for run in town.checks(old)] == ["cancelled"]
    assert [run.conclusion for run in town.checks(new)] == ["cancelled"]
    assert [run.conclusion for run in town.checks(newest)] == ["success"]


def test_merge_needs_green_checks_and_the_approval_of_someone_else(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    merge = town.repository(LEAD).get_pull(pull.number).merge
    assert refusal(merge)[0] == 405
    town.checks(pull.head.sha)
    assert "approving review is required" in refusal(merge)[1]
    town.act(town.github.review(town.name, pull.number, ENGINEER, "APPROVE", "Good"))
    assert merge().merged
    assert town.repository().get_contents("new.py").decoded_content == b"x = 1\n"  # type: ignore[union-attr]
    assert town.heard("pull_request$closed")[0]["pull_request"]["merged"] is True


def test_requested_changes_block_the_merge_until_approved(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    town.checks(pull.head.sha)
    town.act(town.github.review(town.name, 1, LEAD, "REQUEST_CHANGES", "No"))
    town.act(town.github.review(town.name, 1, ENGINEER, "APPROVE", "Yes"))
    assert town.repository().get_pull(1).mergeable_state == "blocked"
    town.act(town.github.review(town.name, 1, LEAD, "APPROVE", "Yes"))
    assert town.repository().get_pull(1).mergeable_state == "clean"


def test_conflict_with_the_base_shows_and_stops_the_merge(town: Town) -> None:
    pull = town.open_pull({"app.py": CODE.replace("= 7\n", "= 70\n")})
    town.git("checkout", "--quiet", "-B", "main", "origin/main")
    (town.work / "app.py").write_text(CODE.replace("= 7\n", "= 71\n"))
    town.git("commit", "--quiet", "--all", "-m", "fix: seven")
    town.git("push", "--quiet", "origin", "main", token=LEAD.github_token)
    seen = town.repository().get_pull(pull.number)
    assert (seen.mergeable, seen.mergeable_state) == (False, "dirty")


def test_branch_can_be_updated_with_its_base(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    town.git("checkout", "--quiet", "-B", "main", "origin/main")
    (town.work / "other.py").write_text("y = 1\n")
    town.git("add", "--all")
    town.git("commit", "--quiet", "-m", "feat: other")
    town.git("push", "--quiet", "origin", "main", token=LEAD.github_token)
    assert town.repository().compare("main", "feat/x").status == "diverged"
    assert pull.update_branch()
    assert town.repository().compare("main", "feat/x").behind_by == 0
    assert [file.filename for file in town.repository().get_pull(1).get_files()] == ["new.py"]


def test_squash_merge_makes_one_commit(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    town.checks(pull.head.sha)
    town.act(town.github.review(town.name, 1, LEAD, "APPROVE", "Fine"))
    town.repository(LEAD).get_pull(1).merge(merge_method="squash", sha=pull.head.sha)
    tip = town.repository().get_branch("main").commit.commit
    assert (tip.message.partition("\n")[0], len(tip.parents)) == ("X (#1)", 1)


def test_review_comments_follow_their_line_until_it_changes(town: Town) -> None:
    changed = CODE.replace("= 20\n", "= 200\n")
    pull = town.open_pull({"app.py": changed})
    comment = {"path": "app.py", "line": 20, "body": "Why?"}
    town.act(town.github.review(town.name, 1, LEAD, "COMMENT", "", [comment]))
    first = pull.get_review_comments()[0]
    assert pull.create_review_comment_reply(first.id, "Because").in_reply_to_id == first.id
    town.push({"app.py": "line_0 = 0\n" + changed})
    assert pull.get_review_comments()[0].line == 21
    town.push({"app.py": CODE.replace("= 20\n", "= 201\n")})
    outdated = pull.get_review_comments()[0].raw_data
    assert (outdated["line"], outdated["original_line"]) == (None, 20)


def test_review_thread_is_resolved_through_graphql(town: Town) -> None:
    town.open_pull({"new.py": "x = 1\n"})
    comment = {"path": "new.py", "line": 1, "body": "Why?"}
    town.act(town.github.review(town.name, 1, LEAD, "COMMENT", "", [comment]))
    requester = town.client(Auth.Token(BOT.github_token)).requester
    query = """query($name: String!) { repository(owner: "acme", name: $name) {
      pullRequest(number: 1) { reviewThreads(first: 50) { nodes { id isResolved } } } } }"""
    _, answer = requester.graphql_query(query, {"name": town.name.partition("/")[2]})
    thread = answer["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"][0]
    _, changed = requester.graphql_named_mutation(
        "resolveReviewThread", {"threadId": thread["id"]}, "thread { isResolved }"
    )
    assert (thread["isResolved"], changed) == (False, {"thread": {"isResolved": True}})


def test_draft_state_can_be_switched_both_ways(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"}, draft=True)
    pull.mark_ready_for_review()
    assert town.repository().get_pull(1).draft is False
    pull.convert_to_draft()
    assert town.repository().get_pull(1).draft is True
    assert town.heard("pull_request$converted_to_draft")


def test_requested_reviewer_is_listed_until_the_review_is_in(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    pull.create_review_request([LEAD.login])
    assert [user.login for user in pull.get_review_requests()[0]] == [LEAD.login]
    town.act(town.github.review(town.name, 1, LEAD, "APPROVE", "Fine"))
    assert [user.login for user in pull.get_review_requests()[0]] == []
    assert town.heard("pull_request_review$submitted")[0]["review"]["state"] == "approved"


def test_conversation_labels_and_edits_are_kept(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    pull.create_issue_comment("First").edit("Second")
    pull.add_to_labels("backend", "agent")
    pull.edit(title="Y", body="Because")
    pull = town.repository().get_pull(1)
    assert [comment.body for comment in pull.get_issue_comments()] == ["Second"]
    assert [label.name for label in pull.get_labels()] == ["backend", "agent"]
    assert (pull.title, pull.body) == ("Y", "Because")
    assert town.heard("pull_request$edited")[0]["changes"]["title"] == {"from": "X"}


def test_app_reports_check_runs_with_its_installation_token(town: Town) -> None:
    sha = town.push({"new.py": "x = 1\n"})
    note = {
        "path": "new.py",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "notice",
        "message": "Look",
    }
    run = town.app_repository().create_check_run("evidence", sha, status="in_progress")
    output = {"title": "Proof", "summary": "All good", "annotations": [note]}
    run.edit(status="completed", conclusion="success", output=output)
    seen = town.repository().get_check_run(run.id)
    assert (seen.conclusion, seen.app.slug) == ("success", "backsmith")
    assert [entry.message for entry in seen.get_annotations()] == ["Look"]


def test_app_finds_its_installation_with_a_signed_token(town: Town) -> None:
    auth = Auth.AppAuth(town.github.app_id, town.github.app_private_key_pem)
    integration = GithubIntegration(auth=auth, base_url=f"{town.github.origin}/api/v3")
    assert (
        integration.get_repo_installation(*town.name.split("/")).id == town.github.installation_id
    )
    assert [one.id for one in integration.get_installations()] == [town.github.installation_id]


def test_commit_status_of_a_person_is_combined(town: Town) -> None:
    commit = town.repository().get_commit(town.push({"new.py": "x = 1\n"}))
    commit.create_status("pending", context="evidence")
    commit.create_status("success", context="evidence", description="Done")
    combined = commit.get_combined_status()
    assert (combined.state, combined.total_count) == ("success", 1)
    assert town.heard("status$event")[0]["state"] == "pending"


def test_branch_tells_what_a_merge_needs(town: Town) -> None:
    branch = town.repository(LEAD).get_branch("main")
    assert branch.protected
    assert branch.get_protection().required_status_checks.contexts == ["test"]
    assert refusal(town.repository().get_branch("main").get_protection)[0] == 404


def test_branches_are_made_compared_and_removed(town: Town) -> None:
    repository = town.repository()
    ref = repository.create_git_ref("refs/heads/a/b", town.push({"new.py": "x = 1\n"}))
    comparison = repository.compare("main", "a/b")
    assert (comparison.status, comparison.ahead_by) == ("ahead", 1)
    assert repository.get_git_ref("heads/a/b").object.sha == ref.object.sha
    ref.delete()
    assert refusal(lambda: repository.get_branch("a/b"))[0] == 404


def test_lists_are_paged(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    for number in range(5):
        pull.create_issue_comment(str(number))
    client = town.client(Auth.Token(BOT.github_token))
    client.per_page = 2
    comments = client.get_repo(town.name).get_pull(1).get_issue_comments()
    assert [comment.body for comment in comments] == ["0", "1", "2", "3", "4"]


def test_large_push_in_chunks_arrives_whole(town: Town) -> None:
    town.push({"new.py": "x = 1\n"})
    town.git("config", "http.postBuffer", "65536")
    content = os.urandom(400_000)
    sha = town.push({"blob.bin": content})
    found = town.repository().get_contents("blob.bin", ref=sha)
    assert found.decoded_content == content  # type: ignore[union-attr]


def test_protected_branch_takes_no_push_from_the_bot(town: Town) -> None:
    town.push({"new.py": "x = 1\n"})
    with pytest.raises(RuntimeError, match="Changes must be made through a pull request"):
        town.git("push", "origin", "HEAD:main")


def test_git_wants_a_valid_token(town: Town) -> None:
    town.work.mkdir(parents=True)
    with pytest.raises(RuntimeError):
        town.git("ls-remote", f"{town.github.origin}/{town.name}.git", token="wrong")  # noqa: S106 - not a password


def test_bad_token_is_refused(town: Town) -> None:
    client = town.client(Auth.Token("wrong"))
    assert refusal(lambda: client.get_user().login) == (401, "Bad credentials ")


def test_private_repository_does_not_exist_for_strangers(town: Town) -> None:
    assert refusal(lambda: town.repository(OUTSIDER))[0] == 404


def test_nobody_judges_an_own_pull_request(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    approval = refusal(lambda: pull.create_review(event="APPROVE"))
    rejection = refusal(lambda: pull.create_review(event="REQUEST_CHANGES", body="No"))
    assert (approval[0], rejection[0]) == (422, 422)
    assert "Can not approve your own pull request" in approval[1]


def test_second_pull_request_for_a_branch_is_refused(town: Town) -> None:
    town.open_pull({"new.py": "x = 1\n"})
    status, reason = refusal(lambda: town.repository().create_pull("main", "feat/x", title="Y"))
    assert status == 422
    assert "A pull request already exists for acme:feat/x." in reason


def test_pull_request_from_a_branch_that_was_never_pushed_is_refused(town: Town) -> None:
    status, reason = refusal(lambda: town.repository().create_pull("main", "nowhere", title="Y"))
    assert (status, "'field': 'head'" in reason) == (422, True)


def test_pull_request_without_commits_is_refused(town: Town) -> None:
    repository = town.repository()
    repository.create_git_ref("refs/heads/same", repository.get_branch("main").commit.sha)
    status, reason = refusal(lambda: repository.create_pull("main", "same", title="Y"))
    assert (status, "No commits between main and same" in reason) == (422, True)


def test_second_ref_of_a_name_is_refused(town: Town) -> None:
    sha = town.push({"new.py": "x = 1\n"})
    again = refusal(lambda: town.repository().create_git_ref("refs/heads/feat/x", sha))
    assert again == (422, "Reference already exists ")


def test_check_run_needs_an_app_and_a_known_commit(town: Town) -> None:
    sha = town.push({"new.py": "x = 1\n"})
    assert refusal(lambda: town.repository().create_check_run("x", sha))[0] == 403
    assert refusal(lambda: town.app_repository().create_check_run("x", "f" * 40))[0] == 422


def test_review_comment_outside_the_difference_is_refused(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    commit = pull.get_commits()[0]
    status, reason = refusal(lambda: pull.create_review_comment("Why?", commit, "app.py", line=1))
    assert (status, "Path could not be resolved" in reason) == (422, True)


def test_answer_can_get_lost_after_the_write(town: Town) -> None:
    town.push({"new.py": "x = 1\n"})
    town.github.faults.append(Fault("POST", "/pulls$", "drop_after"))
    answer = refusal(lambda: town.repository().create_pull("main", "feat/x", title="X"))
    assert answer[0] == 502
    assert [pull.title for pull in town.repository().get_pulls()] == ["X"]


def test_secondary_rate_limit_can_be_switched_on(town: Town) -> None:
    town.github.faults.append(secondary_rate_limit("GET", "/user$", seconds=7))
    client = town.client(Auth.Token(BOT.github_token))
    with pytest.raises(GithubException) as caught:
        client.get_user().login  # noqa: B018 - the attribute is fetched lazily
    assert (caught.value.headers or {})["retry-after"] == "7"
    assert client.get_user().login == BOT.login


def test_view_shows_the_pull_request_with_its_difference(town: Town) -> None:
    pull = town.open_pull({"new.py": "x = 1\n"})
    town.checks(pull.head.sha)
    shown = town.github.view()["repositories"][-1]["pulls"][0]
    assert (shown["title"], shown["mergeable_state"]) == ("X", "blocked")
    assert "+x = 1" in shown["files"][0]["diff"]
    assert [(check["name"], check["conclusion"]) for check in shown["checks"]] == [
        ("test", "success")
    ]


def test_only_pure_installs_are_taken_over_by_the_cached_environment(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    script = "python -m pip install -U pip\npip install -q -r requirements.txt && pip install idna"
    installs = parse_installs(script, tmp_path) or []
    words = [install.arguments for install in installs]
    assert words == [(), ("-r", str(tmp_path / "requirements.txt")), ("idna",)]
    assert parse_installs("pip install -e .", tmp_path) is None
    assert parse_installs("pip install six && pytest", tmp_path) is None
