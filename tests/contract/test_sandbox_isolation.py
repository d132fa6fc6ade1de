"""What hostile code in the sandbox cannot do."""

import os
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from agent.domain.errors import PermanentError, SandboxUnavailableError, TransientError
from agent.domain.ids import LifeId
from agent.domain.repository import Repository, Worktree
from agent.ports import Command, CommandResult
from integrations.git.workspace import GitWorkspace
from integrations.sandbox import probe
from integrations.sandbox.bubblewrap import BubblewrapSandbox
from integrations.sandbox.environments import Environments
from integrations.sandbox.limits import Limits
from tests.contract.git_remote import GitRemote, bubblewrap, git
from tests.fakes.workspace import MemoryBundles


class Cell:
    """A sandbox with a real worktree of a real mirror."""

    def __init__(self, folder: Path) -> None:
        remote = GitRemote(folder / "host")
        commit = remote.commit("main", {"app.py": "x = 1\n"})
        self.home = folder / "home"
        self.sandbox: BubblewrapSandbox = bubblewrap(self.home)
        self.workspace = GitWorkspace(
            self.home,
            credentials=lambda repository: None,
            sandbox=self.sandbox,
            bundles=MemoryBundles(),
        )
        repository = Repository(name="acme/shop", git_url=str(remote.path))
        self.workspace.fetch(repository)
        self.worktree: Worktree = self.workspace.open(repository, LifeId("PAY-1-abcdefgh"), commit)
        self.mirror = next((self.home / "mirrors").iterdir())

    def run(self, *argv: str, seconds: float = 20) -> CommandResult:
        command = Command(argv=argv, timeout=timedelta(seconds=seconds))
        return self.sandbox.run(self.worktree, command)

    def shell(self, script: str, seconds: float = 20) -> CommandResult:
        return self.run("/bin/sh", "-c", script, seconds=seconds)


@pytest.fixture
def cell(tmp_path: Path) -> Cell:
    return Cell(tmp_path)


CONNECT = """
import errno, socket
for address in (("192.0.2.1", 80), ("169.254.169.254", 80)):
    try:
        socket.create_connection(address, 2)
    except OSError as error:
        print(errno.errorcode[error.errno])
with socket.socket() as server:
    server.bind(("127.0.0.1", 0))
    server.listen()
    socket.create_connection(server.getsockname(), 2).close()
    print("loopback works")
"""


def test_there_is_no_network_but_its_own_loopback(cell: Cell) -> None:
    done = cell.run("python", "-c", CONNECT)
    assert done.output == "ENETUNREACH\nENETUNREACH\nloopback works\n"


def test_the_workers_environment_cannot_be_read(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_API_TOKEN", "canary-secret")
    done = cell.shell(
        "env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'; wc -c /proc/1/environ"
    )
    assert "canary-secret" not in done.output
    assert done.output.endswith("0 /proc/1/environ\n")


def test_the_workers_files_are_not_there(cell: Cell, tmp_path: Path) -> None:
    secret = tmp_path / "netrc"
    secret.write_text("canary-secret")
    done = cell.shell(f"cat {secret}; ls -A {Path.home()} {tmp_path} /var /run /opt /srv; ls /etc")
    assert "canary-secret" not in done.output
    assert "netrc\n" not in done.output.replace(str(secret), "")
    assert "shadow" not in done.output


def test_no_open_file_of_the_worker_is_inherited(cell: Cell, tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(folder, True)
    try:
        done = cell.shell("ls -l /proc/self/fd /proc/1/fd")
    finally:
        os.close(folder)
    assert str(tmp_path) not in done.output


@pytest.mark.parametrize(
    "script",
    [
        "rm .git",
        "mv .git elsewhere",
        "echo 'gitdir: /tmp/evil' > .git",
        "git config core.fsmonitor ./evil.sh",
        "git config --worktree core.fsmonitor ./evil.sh",
        "mkdir -p {mirror}/hooks && touch {mirror}/hooks/pre-commit",
        "echo x >> {mirror}/config",
        "echo x >> {mirror}/info/exclude",
        "touch {mirror}/worktrees/PAY-1-abcdefgh/config.worktree",
        "git update-ref refs/heads/evil HEAD",
        "git commit --allow-empty -m x",
        "touch /usr/evil",
        "touch /evil",
        "touch /dev/evil",
        "mount -t tmpfs none /mnt",
        "unshare -Ur true",
    ],
)
def test_what_must_not_change_cannot_be_changed(cell: Cell, script: str) -> None:
    pointer = (cell.worktree.path / ".git").read_text()
    assert cell.shell(script.format(mirror=cell.mirror)).exit_code != 0
    assert (cell.worktree.path / ".git").read_text() == pointer


def test_git_can_be_read(cell: Cell) -> None:
    (cell.worktree.path / "app.py").write_text("x = 2\n")
    done = cell.shell("git status --short && git log --format=%s && git diff --stat")
    assert done.output.startswith(" M app.py\nchange\n app.py | 2 +-\n")


def test_temporary_space_is_there_and_bounded(cell: Cell) -> None:
    done = cell.shell("touch $HOME/a $TMPDIR/b /dev/shm/c && df -k --output=size /tmp /dev/shm")
    assert done.output.split() == ["1K-blocks", "524288", "65536"]


def test_a_time_out_leaves_no_process_behind(cell: Cell) -> None:
    mark = "3141.59"
    done = cell.shell(
        f"setsid sleep {mark} & (trap '' TERM; sleep {mark}) & sleep {mark}", seconds=1
    )
    assert done.timed_out
    assert all_gone(mark)


def test_a_daemon_dies_with_its_command(cell: Cell) -> None:
    mark = "2718.28"
    assert cell.shell(f"setsid nohup sleep {mark} >/dev/null 2>&1 & exit 0").exit_code == 0
    assert all_gone(mark)


def all_gone(mark: str) -> bool:
    """The kernel ends a namespace's last processes just after its monitor has answered."""
    deadline = time.monotonic() + 10
    while processes_with(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def processes_with(mark: str) -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = place.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if mark in text and text.startswith("sleep"):
            found.append(text)
    return found


class CancelledError(Exception):
    """What the alarm raises in the waiting thread."""


def test_a_cancelled_caller_leaves_no_process_behind(cell: Cell) -> None:
    def cancel(number: int, frame: object) -> None:
        raise CancelledError

    assert threading.current_thread() is threading.main_thread()
    previous = signal.signal(signal.SIGALRM, cancel)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(CancelledError):
            cell.run("sleep", "1618.03", seconds=60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert all_gone("1618.03")


def test_a_pointer_that_leads_elsewhere_is_not_followed(cell: Cell, tmp_path: Path) -> None:
    (cell.worktree.path / ".git").write_text(f"gitdir: {tmp_path}/secrets/worktrees/x\n")
    with pytest.raises(PermanentError, match="open the worktree again"):
        cell.shell("true")


def test_git_over_the_worktree_can_write_only_its_scratch(cell: Cell) -> None:
    scratch = cell.home / "scratch"
    scratch.mkdir()
    script = f"touch {scratch}/ok; touch evil; touch {cell.mirror}/evil; git config a.b c; true"
    environment = {"WORD": "given"}
    done = cell.sandbox.run_git(
        cell.worktree.path,
        ("/bin/sh", "-c", f"{script}; echo $WORD"),
        environment,
        timedelta(seconds=20),
        scratch,
    )
    assert done.output.endswith("given\n")
    assert (scratch / "ok").exists()
    assert not (cell.worktree.path / "evil").exists()
    assert not (cell.mirror / "evil").exists()


def test_a_filter_of_a_nested_repository_does_no_harm(cell: Cell, tmp_path: Path) -> None:
    """The attack that runs code on a host that calls `git add -A` or `git status` itself."""
    proof = tmp_path / "proof"
    nested = cell.worktree.path / "nested"
    nested.mkdir()
    git(nested, "init", "-q")
    git(nested, "config", "filter.x.clean", f"touch {proof} {cell.mirror}/proof; cat")
    git(nested, "config", "core.fsmonitor", f"touch {proof}")
    (nested / ".gitattributes").write_text("* filter=x\n")
    (nested / "a.txt").write_text("a")
    git(nested, "commit", "-q", "--allow-empty", "-m", "x")
    proof.unlink(missing_ok=True)
    life = LifeId("PAY-1-abcdefgh")
    with pytest.raises(Exception, match="a git repository of its own"):
        cell.workspace.snapshot(cell.worktree, life)
    cell.workspace.open(cell.worktree.repository, life, cell.worktree.head)
    assert not proof.exists()
    assert not (cell.mirror / "proof").exists()
    assert not nested.exists()


def test_a_leak_found_by_the_self_test_makes_the_sandbox_unavailable() -> None:
    done = CommandResult(exit_code=0, output='["there is a way out"]', seconds=0.1)
    with pytest.raises(SandboxUnavailableError, match="leaks: there is a way out"):
        probe.judge(done)


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        ("bwrap: No permissions to create new namespace", "kernel.unprivileged_userns_clone"),
        ("bwrap: setting up uid map: Permission denied", "apparmor_restrict_unprivileged_userns"),
        ("bwrap: Can't mount proc on /newroot/proc", "systempaths=unconfined"),
    ],
)
def test_a_sandbox_that_cannot_be_built_names_the_fix(said: str, fix: str) -> None:
    with pytest.raises(SandboxUnavailableError, match=fix):
        probe.judge(CommandResult(exit_code=1, output=said, seconds=0.1))


def test_a_sandbox_that_cannot_be_built_is_not_taken_for_a_failed_command(cell: Cell) -> None:
    impossible = BubblewrapSandbox(
        cell.home, environments=Environments(cell.home), limits=Limits(temporary_bytes=0)
    )
    with pytest.raises(SandboxUnavailableError, match="no sandbox could be built"):
        impossible.file_operation(cell.worktree, "list", {})


def test_a_worktree_that_is_gone_is_worth_another_attempt(cell: Cell) -> None:
    cell.workspace.close(cell.worktree.repository, LifeId("PAY-1-abcdefgh"))
    with pytest.raises(TransientError, match="open it again"):
        cell.shell("true")
