"""A desk over real files, real git and the tools of the running environment."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from agent.desk import Desk
from agent.domain.errors import NeedsHumanError
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from agent.ports import Command, CommandResult, Preparation
from agent.stacks.commands import Stack
from agent.tools.base import Bench
from integrations.git.workspace import GitWorkspace
from integrations.sandbox.environments import Environments
from integrations.sandbox.unsandboxed import UnsandboxedSandbox
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.bench import LIFE, TODAY
from tests.fakes.chat_model import ScriptedChatModel
from tests.fakes.ledger import FakeLedger
from tests.fakes.sandbox import Files
from tests.fakes.workspace import MemoryBundles

_TOOLS = Path(sys.executable).parent
Change = Callable[[Path], None]


class OurTools(UnsandboxedSandbox):
    """Runs commands with the programs that these tests run under; nothing is installed."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, environments=Environments(home))
        self.lines: list[str] = []

    def prepare(self, worktree: Worktree, asked: Preparation | None = None) -> tuple[str, ...]:
        """Install nothing."""
        return ()

    def run(self, worktree: Worktree, command: Command) -> CommandResult:
        """Run a command with our programs first on PATH."""
        if command.needs is not None and command.needs.alone and command.needs.also:
            raise NeedsHumanError("nothing is installed here")
        self.lines.append(command.argv[-1])
        ours = (
            ("PATH", f"{_TOOLS}:/usr/local/bin:/usr/bin:/bin"),
            ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"),
        )
        changed = command.model_copy(update={"environment": (*command.environment, *ours)})
        return self._run(worktree.path, None, changed)


class Live:
    """A repository with one commit on main, and the desk that works on it."""

    def __init__(self, home: Path, files: Files) -> None:
        self.home = home
        origin = home / "origin"
        write(origin, files)
        _git(origin, "init", "-q", "-b", "main")
        _git(origin, "add", "-A")
        _git(origin, "commit", "-q", "-m", "first")
        self.repository = Repository(name="acme/shop", git_url=str(origin))
        self.sandbox = OurTools(home)
        self.workspace = GitWorkspace(
            home, credentials=lambda url: None, sandbox=self.sandbox, bundles=MemoryBundles()
        )
        self.base = self.workspace.fetch(self.repository)
        self.ledger = FakeLedger()
        self.desk = Desk(
            self.ledger, FakeArtifacts(), self.workspace, self.sandbox, ScriptedChatModel()
        )

    def change(self, files: Files, head: CommitSha | None = None) -> CommitSha:
        """Return the snapshot of the base, or of `head`, with these files changed."""
        worktree = self.workspace.open(self.repository, LIFE, head or self.base)
        write(worktree.path, files)
        return self.workspace.snapshot(worktree, LIFE)

    def bench(self, stack: Stack, files: Files | None = None) -> Bench:
        """Return the worktree at the base with these files changed, but not kept."""
        worktree = self.workspace.open(self.repository, LIFE, self.base)
        write(worktree.path, files or {})
        return Bench(
            sandbox=self.sandbox,
            worktree=worktree,
            stack=stack,
            artifacts=FakeArtifacts(),
            today=TODAY,
            base=self.base,
            at_base=self.ledger.evidence(LIFE, self.base),
        )


def write(root: Path, files: Files) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=A Developer", "-c", "user.email=developer@example.com")
    subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True)  # noqa: S607 - our own arguments
