"""What every workspace promises, the fake and the one on real git alike."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent.domain.errors import (
    DeveloperError,
    NeedsHumanError,
    NotFoundError,
    PermanentError,
    PermissionDeniedError,
    ToolError,
    TransientError,
)
from agent.domain.ids import BranchName, CommitSha, LifeId
from agent.domain.repository import Repository, Worktree
from agent.ports import Sandbox, Workspace
from integrations.git.workspace import GitWorkspace
from integrations.sandbox.environments import Environments
from integrations.sandbox.unsandboxed import UnsandboxedSandbox
from tests.contract.git_remote import GitRemote, bubblewrap, git
from tests.fakes.sandbox import FakeSandbox
from tests.fakes.workspace import FakeWorkspace, MemoryBundles

LIFE = LifeId("PAY-1-abcdefgh")
BRANCH = BranchName("backsmith/PAY-1-paging")
FILES = {"app/main.py": "x = 1\n", "README.md": "# Shop\n", ".gitignore": "*.log\n"}


class Stage:
    """A workspace, the sandbox that edits its worktrees, and the code host behind it."""

    def __init__(self, workspace: Workspace, sandbox: Sandbox, url: str) -> None:
        self.workspace = workspace
        self.sandbox = sandbox
        self.repository = Repository(name="acme/shop", git_url=url)
        self.commit_on_remote: Callable[[str, dict[str, str]], CommitSha]
        self.head_on_remote: Callable[[str], str]

    def begin(self) -> Worktree:
        """Put FILES on the remote's main branch and open a worktree there."""
        base = self.commit_on_remote("main", FILES)
        assert self.workspace.fetch(self.repository) == base
        return self.workspace.open(self.repository, LIFE, base)

    def edit(self, worktree: Worktree, path: str, content: str) -> None:
        edits = [{"path": path, "content": content}]
        self.sandbox.file_operation(worktree, "edit", {"edits": edits})

    def files(self, worktree: Worktree) -> list[str]:
        found = self.sandbox.file_operation(worktree, "list", {"depth": 5})["entries"]
        return [name for name in found if not name.endswith("/")]

    def text(self, worktree: Worktree, path: str) -> str:
        return "\n".join(self.sandbox.file_operation(worktree, "read", {"path": path})["lines"])


def fake_stage() -> Stage:
    workspace = FakeWorkspace()
    stage = Stage(workspace, FakeSandbox(workspace.trees), "/fake/remote.git")
    stage.commit_on_remote = lambda branch, files: workspace.commit_on_remote(
        stage.repository, branch, files
    )
    stage.head_on_remote = lambda branch: workspace.remotes["/fake/remote.git"][branch]
    return stage


def git_stage(folder: Path, kind: str, *, scheme: str = "", bundles: Any = None) -> Stage:
    home = folder / "home"
    sandbox: Any = bubblewrap(home)
    if kind == "unsandboxed":
        sandbox = UnsandboxedSandbox(home, environments=Environments(home))
    remote = GitRemote(folder / "host")
    workspace = GitWorkspace(
        home,
        credentials=lambda repository: None,
        sandbox=sandbox,
        bundles=bundles or MemoryBundles(),
    )
    stage = Stage(workspace, sandbox, f"{scheme}{remote.path}")
    stage.commit_on_remote = remote.commit
    stage.head_on_remote = remote.head
    return stage


@pytest.fixture(params=["fake", "unsandboxed", "bubblewrap"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    return fake_stage() if request.param == "fake" else git_stage(tmp_path, request.param)


@pytest.fixture(params=["", "file://"])
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    return git_stage(tmp_path, "bubblewrap", scheme=request.param)


@pytest.fixture
def local(tmp_path: Path) -> Stage:
    return git_stage(tmp_path, "bubblewrap")


def test_fetch_finds_what_was_pushed_since(stage: Stage) -> None:
    stage.begin()
    newer = stage.commit_on_remote("main", {"b.py": "b"})
    feature = stage.commit_on_remote("feature/x", {"c.py": "c"})
    assert stage.workspace.fetch(stage.repository) == newer
    assert stage.workspace.fetch(stage.repository, "feature/x") == feature
    assert stage.workspace.fetch(stage.repository, newer) == newer


def test_an_unknown_revision_is_not_found(stage: Stage) -> None:
    stage.begin()
    with pytest.raises(NotFoundError):
        stage.workspace.fetch(stage.repository, "no-such-branch")


def test_a_worktree_holds_the_commits_files(stage: Stage) -> None:
    worktree = stage.begin()
    assert stage.files(worktree) == [".gitignore", "README.md", "app/main.py"]


def test_opening_again_discards_what_was_not_kept(stage: Stage) -> None:
    worktree = stage.begin()
    stage.edit(worktree, "app/main.py", "x = 2\n")
    stage.edit(worktree, "new.py", "")
    worktree = stage.workspace.open(stage.repository, LIFE, worktree.head)
    assert stage.files(worktree) == [".gitignore", "README.md", "app/main.py"]
    assert stage.text(worktree, "app/main.py") == "x = 1"


def test_the_day_of_a_commit_is_told(stage: Stage) -> None:
    base = stage.begin().head
    newer = stage.commit_on_remote("main", {"b.py": "b"})
    days = [stage.workspace.committed_on(stage.repository, commit) for commit in (base, newer)]
    assert date(2020, 1, 1) < days[0] <= days[1]
    with pytest.raises(NotFoundError):
        stage.workspace.committed_on(stage.repository, CommitSha("1" * 40))


def test_the_newest_subjects_are_told(stage: Stage) -> None:
    worktree = stage.begin()
    stage.edit(worktree, "b.py", "b")
    snapshot = stage.workspace.snapshot(worktree, LIFE)
    message = "feat: pagin\u00e9\n\nRun-Id: 1"
    made = stage.workspace.commit(stage.repository, snapshot, worktree.head, message)
    told = stage.workspace.subjects(stage.repository, made, 9)
    assert (told[0], len(told)) == ("feat: pagin\u00e9", 2)
    assert stage.workspace.subjects(stage.repository, made, 1) == told[:1]


def test_opening_a_commit_that_is_nowhere_is_not_found(stage: Stage) -> None:
    stage.begin()
    with pytest.raises(NotFoundError):
        stage.workspace.open(stage.repository, LIFE, CommitSha("1" * 40))


def test_a_snapshot_of_nothing_new_is_the_head(stage: Stage) -> None:
    worktree = stage.begin()
    assert stage.workspace.snapshot(worktree, LIFE) == worktree.head


def test_the_same_content_gives_the_same_snapshot(stage: Stage) -> None:
    worktree = stage.begin()
    stage.edit(worktree, "new.py", "n = 1\n")
    first = stage.workspace.snapshot(worktree, LIFE)
    assert first != worktree.head
    assert stage.workspace.snapshot(worktree, LIFE) == first


def test_a_snapshot_can_be_opened_and_built_upon(stage: Stage) -> None:
    worktree = stage.begin()
    stage.edit(worktree, "new.py", "n = 1\n")
    first = stage.workspace.snapshot(worktree, LIFE)
    later = stage.workspace.open(stage.repository, LIFE, first)
    stage.edit(later, "new.py", "n = 2\n")
    second = stage.workspace.snapshot(later, LIFE)
    assert stage.workspace.log(stage.repository, worktree.head, second) == [first, second]
    back = stage.workspace.open(stage.repository, LIFE, first)
    assert stage.text(back, "new.py") == "n = 1"


def snapshot_of(stage: Stage, worktree: Worktree, content: str) -> CommitSha:
    stage.edit(worktree, "new.py", content)
    return stage.workspace.snapshot(worktree, LIFE)


def test_a_commit_is_the_same_for_the_same_arguments(stage: Stage) -> None:
    worktree = stage.begin()
    snapshot = snapshot_of(stage, worktree, "n = 1\n")
    message = "feat: paging\n\nRun-Id: 1"
    first = stage.workspace.commit(stage.repository, snapshot, worktree.head, message)
    assert stage.workspace.commit(stage.repository, snapshot, worktree.head, message) == first
    assert first not in (snapshot, worktree.head)
    other = stage.workspace.commit(stage.repository, snapshot, worktree.head, "other")
    assert other != first


def test_a_commit_without_a_change_is_its_parent(stage: Stage) -> None:
    head = stage.begin().head
    assert stage.workspace.commit(stage.repository, head, head, "nothing") == head


def test_a_push_makes_the_branch_and_can_be_repeated(stage: Stage) -> None:
    worktree = stage.begin()
    snapshot = snapshot_of(stage, worktree, "n = 1\n")
    commit = stage.workspace.commit(stage.repository, snapshot, worktree.head, "feat: n")
    stage.workspace.push(stage.repository, BRANCH, commit)
    stage.workspace.push(stage.repository, BRANCH, commit)
    assert stage.head_on_remote(BRANCH) == commit


def test_a_push_never_overwrites_what_others_pushed(stage: Stage) -> None:
    worktree = stage.begin()
    snapshot = snapshot_of(stage, worktree, "n = 1\n")
    commit = stage.workspace.commit(stage.repository, snapshot, worktree.head, "feat: n")
    theirs = stage.commit_on_remote(BRANCH, {"theirs.py": "t"})
    with pytest.raises(NeedsHumanError, match="commits that we do not have"):
        stage.workspace.push(stage.repository, BRANCH, commit)
    assert stage.head_on_remote(BRANCH) == theirs


def test_the_default_branch_is_never_pushed_to(stage: Stage) -> None:
    worktree = stage.begin()
    with pytest.raises(PermanentError, match="default branch"):
        stage.workspace.push(stage.repository, BranchName("main"), worktree.head)


def test_a_diff_shows_what_changed(stage: Stage) -> None:
    worktree = stage.begin()
    stage.edit(worktree, "app/main.py", "x = 2\n")
    diff = stage.workspace.diff(
        stage.repository, worktree.head, stage.workspace.snapshot(worktree, LIFE)
    )
    assert "diff --git a/app/main.py b/app/main.py" in diff
    assert "-x = 1\n+x = 2\n" in diff


def test_closing_twice_is_fine(stage: Stage) -> None:
    stage.begin()
    stage.workspace.close(stage.repository, LIFE)
    stage.workspace.close(stage.repository, LIFE)


def test_a_closed_worktree_can_be_opened_again(stage: Stage) -> None:
    worktree = stage.begin()
    stage.workspace.close(stage.repository, LIFE)
    worktree = stage.workspace.open(stage.repository, LIFE, worktree.head)
    assert "README.md" in stage.files(worktree)


# From here on: what only real git can show.


def test_another_machine_goes_on_from_a_kept_snapshot(tmp_path: Path) -> None:
    bundles = MemoryBundles()
    here = git_stage(tmp_path / "here", "bubblewrap", bundles=bundles)
    worktree = here.begin()
    first = snapshot_of(here, worktree, "n = 1\n")
    second = snapshot_of(here, here.workspace.open(here.repository, LIFE, first), "n = 2\n")
    commit = here.workspace.commit(here.repository, second, worktree.head, "feat: n")
    there = git_stage(tmp_path / "there", "bubblewrap", bundles=bundles)
    for sha in (second, commit):
        found = there.workspace.open(here.repository, LIFE, sha)
        assert there.text(found, "new.py") == "n = 2"
    third = LifeId("PAY-1-third")
    elsewhere = git_stage(tmp_path / "elsewhere", "bubblewrap", bundles=bundles)
    assert elsewhere.workspace.log(here.repository, worktree.head, second) == [first, second]
    elsewhere.workspace.push(here.repository, BRANCH, commit)
    assert here.head_on_remote(BRANCH) == commit
    elsewhere.workspace.close(here.repository, third)


def test_the_worktree_is_exactly_the_commit_whatever_was_done_to_it(local: Stage) -> None:
    worktree = local.begin()
    path = worktree.path
    (path / "app").joinpath("main.py").unlink()
    (path / "app").rmdir()
    (path / "app").symlink_to("/etc")
    (path / "debug.log").write_text("ignored")
    (path / "locked").mkdir(mode=0o000)
    (path / "README.md").chmod(0o755)
    local.workspace.open(local.repository, LIFE, worktree.head)
    assert not (path / "app").is_symlink()
    assert (path / "app" / "main.py").read_text() == "x = 1\n"
    assert sorted(item.name for item in path.iterdir()) == [
        ".git",
        ".gitignore",
        "README.md",
        "app",
    ]
    assert (path / "README.md").stat().st_mode & 0o111 == 0


def test_a_change_of_the_same_size_and_time_is_seen(local: Stage) -> None:
    worktree = local.begin()
    code = worktree.path / "app" / "main.py"
    status = code.stat()
    code.write_text("x = 9\n")
    os.utime(code, ns=(status.st_atime_ns, status.st_mtime_ns))
    local.workspace.open(local.repository, LIFE, worktree.head)
    assert code.read_text() == "x = 1\n"


def test_a_replaced_git_pointer_is_put_right(local: Stage) -> None:
    worktree = local.begin()
    (worktree.path / ".git").unlink()
    git(worktree.path, "init", "-q")
    git(worktree.path, "config", "core.fsmonitor", f"touch {worktree.path.parent}/proof")
    local.workspace.open(local.repository, LIFE, worktree.head)
    assert (worktree.path / ".git").is_file()
    assert not (worktree.path.parent / "proof").exists()


def test_ignored_files_and_reports_are_not_kept(local: Stage) -> None:
    worktree = local.begin()
    (worktree.path / "debug.log").write_text("x")
    (worktree.path / ".backsmith-results").mkdir()
    (worktree.path / ".backsmith-results" / "junit.xml").write_text("<x/>")
    assert local.workspace.snapshot(worktree, LIFE) == worktree.head
    local.workspace.open(local.repository, LIFE, worktree.head)
    assert (worktree.path / "debug.log").exists()


def fifo(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("big.bin", lambda path: path.write_bytes(b"x" * 5_000_001), "over 5 MB"),
        ("link", lambda path: path.symlink_to("/etc/passwd"), "leads out of the repository"),
        ("app/up", lambda path: path.symlink_to("../../x"), "leads out of the repository"),
        ("pipe", fifo, "pipe, a socket or a device"),
    ],
)
def test_what_must_not_be_committed_is_refused_by_name(
    local: Stage, name: str, make: Callable[[Path], None], reason: str
) -> None:
    worktree = local.begin()
    make(worktree.path / name)
    with pytest.raises(ToolError, match=f"^{name} .*{reason}"):
        local.workspace.snapshot(worktree, LIFE)


@pytest.mark.parametrize("has_commit", [True, False])
def test_a_nested_repository_is_refused_by_name(local: Stage, has_commit: bool) -> None:
    worktree = local.begin()
    nested = worktree.path / "vendor" / "lib"
    nested.mkdir(parents=True)
    git(nested, "init", "-q")
    (nested / "a.py").write_text("a")
    if has_commit:
        git(nested, "commit", "-q", "--allow-empty", "-m", "x")
    with pytest.raises(ToolError, match=r"vendor/lib.* git repository of its own"):
        local.workspace.snapshot(worktree, LIFE)


def test_a_symlink_within_the_repository_is_kept(local: Stage) -> None:
    worktree = local.begin()
    (worktree.path / "app" / "readme").symlink_to("../README.md")
    assert local.workspace.snapshot(worktree, LIFE) != worktree.head


def test_the_clean_check_and_snapshot_work_over_both_kinds_of_address(real: Stage) -> None:
    worktree = real.begin()
    inode = (worktree.path / "README.md").stat().st_ino
    real.workspace.open(real.repository, LIFE, worktree.head)
    assert (worktree.path / "README.md").stat().st_ino == inode
    snapshot_of(real, worktree, "n = 1\n")


def test_tags_head_and_steps_back_are_revisions(local: Stage, tmp_path: Path) -> None:
    first = local.begin().head
    second = local.commit_on_remote("main", {"b.py": "b"})
    remote = tmp_path / "host" / "remote.git"
    git(remote, "tag", "v1", first)
    found = [local.workspace.fetch(local.repository, rev) for rev in ("v1", "HEAD", "main~1")]
    assert found == [first, second, first]


@pytest.mark.parametrize("rev", ["--upload-pack=touch x", "a..b", "main:README.md", "@{-1}", ""])
def test_odd_revisions_never_reach_git(local: Stage, rev: str) -> None:
    local.begin()
    with pytest.raises(PermanentError, match="is not a"):
        local.workspace.fetch(local.repository, rev)


@pytest.mark.parametrize("branch", ["--force", "+main", "a:main", "../x", "a b", "x.lock", "a/"])
def test_odd_branches_never_reach_git(local: Stage, branch: str) -> None:
    worktree = local.begin()
    with pytest.raises(PermanentError, match="is not a branch name"):
        local.workspace.push(local.repository, BranchName(branch), worktree.head)


def test_helpers_in_the_address_are_refused(local: Stage, tmp_path: Path) -> None:
    for url in (f"ext::touch {tmp_path}/proof", f"--upload-pack=touch {tmp_path}/proof"):
        with pytest.raises(DeveloperError):
            local.workspace.fetch(Repository(name="evil", git_url=url))
    assert not (tmp_path / "proof").exists()


def test_a_branch_that_is_checked_out_is_left_alone(local: Stage, tmp_path: Path) -> None:
    """A person's own repository: we may add a branch, never move the one they work on."""
    theirs = tmp_path / "theirs"
    git(tmp_path, "clone", "-q", local.repository.git_url, str(theirs))
    (theirs / "a.py").write_text("a")
    git(theirs, "add", "-A")
    git(theirs, "commit", "-q", "-m", "one")
    git(theirs, "checkout", "-q", "-b", BRANCH)
    repository = Repository(name="theirs", git_url=str(theirs))
    head = local.workspace.fetch(repository, "HEAD")
    snapshot = snapshot_of(local, local.workspace.open(repository, LIFE, head), "n = 1\n")
    with pytest.raises(NeedsHumanError, match="refused"):
        local.workspace.push(repository, BRANCH, snapshot)
    local.workspace.push(repository, BranchName("backsmith/PAY-2-x"), snapshot)
    assert git(theirs, "rev-parse", "backsmith/PAY-2-x") == snapshot


def test_a_missing_repository_is_not_found(local: Stage, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        local.workspace.fetch(Repository(name="none", git_url=str(tmp_path / "none.git")))


class Refusing(BaseHTTPRequestHandler):
    """Answers every request with the status in its path, and remembers who asked."""

    asked: list[str | None] = []  # noqa: RUF012 - shared by all requests on purpose

    def do_GET(self) -> None:
        self.asked.append(self.headers["Authorization"])
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def refusing() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, PermissionDeniedError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (503, TransientError),
    ],
)
def test_what_the_server_says_becomes_our_error(
    tmp_path: Path, refusing: str, status: int, error: type[DeveloperError]
) -> None:
    header = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{refusing}/.extraHeader",
        "GIT_CONFIG_VALUE_0": "Authorization: Basic canary",
    }
    workspace = GitWorkspace(
        tmp_path,
        credentials=lambda repository: header,
        sandbox=UnsandboxedSandbox(tmp_path, environments=Environments(tmp_path)),
        bundles=MemoryBundles(),
    )
    with pytest.raises(error) as caught:
        workspace.fetch(Repository(name="acme/shop", git_url=f"{refusing}/{status}/shop.git"))
    assert Refusing.asked[-1] == "Basic canary"
    assert "canary" not in str(caught.value)


def test_an_unreachable_server_is_worth_another_attempt(local: Stage) -> None:
    with pytest.raises(TransientError):
        local.workspace.fetch(Repository(name="x", git_url="http://127.0.0.1:1/x.git"))


def test_what_a_killed_process_left_locked_is_cleared(local: Stage, tmp_path: Path) -> None:
    worktree = local.begin()
    mirror = next((tmp_path / "home" / "mirrors").iterdir())
    (mirror / "packed-refs.lock").touch()
    (mirror / "worktrees" / LIFE / "index.lock").touch()
    (mirror / "refs" / "backsmith" / "wip" / f"{LIFE}.lock").touch()
    newer = local.commit_on_remote("main", {"b.py": "b"})
    assert local.workspace.fetch(local.repository) == newer
    local.workspace.open(local.repository, LIFE, newer)
    snapshot_of(local, worktree, "n = 1\n")


def test_two_workers_can_open_worktrees_of_one_repository_at_once(local: Stage) -> None:
    base = local.begin().head
    lives = [LifeId(f"PAY-{number}-abcdefgh") for number in range(2, 6)]
    failures: list[BaseException] = []

    def work(life: LifeId) -> None:
        try:
            worktree = local.workspace.open(local.repository, life, base)
            local.edit(worktree, "who.py", f"life = '{life}'\n")
            local.workspace.snapshot(worktree, life)
        except DeveloperError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(life,)) for life in lives]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_snapshots_are_fast_enough_to_take_after_every_step(local: Stage) -> None:
    local.commit_on_remote("main", {f"p{n % 20}/m{n}.py": f"x = {n}\n" for n in range(400)})
    worktree = local.begin()
    snapshot_of(local, worktree, "n = 0\n")
    seconds = []
    for number in range(1, 3):
        started = time.monotonic()
        snapshot_of(local, worktree, f"n = {number}\n")
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 1.0


def test_the_environment_of_another_repositorys_hook_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = tmp_path / "proof"
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {proof}")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'core.fsmonitor=touch {proof}'")
    stage = git_stage(tmp_path, "bubblewrap")
    worktree = stage.begin()
    snapshot = snapshot_of(stage, worktree, "n = 1\n")
    assert "n = 1" in stage.workspace.diff(stage.repository, worktree.head, snapshot)
    commit = stage.workspace.commit(stage.repository, snapshot, worktree.head, "feat: n")
    stage.workspace.push(stage.repository, BRANCH, commit)
    stage.workspace.close(stage.repository, LIFE)
    assert not (tmp_path / "elsewhere").exists()
    assert not proof.exists()
