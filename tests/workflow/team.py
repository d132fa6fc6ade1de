"""The world around a ticket in memory: a team's Jira, GitHub, Slack, its model and its machine."""

import re
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from agent.desk import Desk
from agent.domain.conversation import Message
from agent.domain.errors import PermanentError, RateLimitedError
from agent.domain.ids import BranchName, CommitSha, LifeId, TicketKey
from agent.domain.progress import Card, ThreadRef
from agent.domain.pull_request import CheckRun, Feedback
from agent.domain.repository import Repository
from agent.domain.ticket import Ticket
from agent.ports import Command, CommandResult, PullRequestDraft
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.chat import FakeChat
from tests.fakes.chat_model import Script, ScriptedChatModel, call, calls
from tests.fakes.code_host import FakeCodeHost
from tests.fakes.ledger import FakeLedger
from tests.fakes.sandbox import FakeSandbox, Files
from tests.fakes.tracker import OURSELVES, FakeTracker
from tests.fakes.workspace import FakeWorkspace
from workflows.activities.agent import AgentActivities
from workflows.activities.chat import ChatActivities
from workflows.activities.code_host import CodeHostActivities
from workflows.activities.tracker import TrackerActivities
from workflows.activities.workspace import WorkspaceActivities
from workflows.catalogue import ConfiguredCatalogue, RepositoryEntry
from workflows.gateway import People
from workflows.state import Policy
from workflows.worker import activities_of

KEY = TicketKey("SHOP-1")
SHOP = Repository(name="acme/shop", git_url="https://git.example.com/acme/shop.git")
FILES = {"pyproject.toml": "[tool.pytest.ini_options]\n", "app.py": "price = 1\n"}
REPORT = re.compile(r"--junitxml=(\S+)")


class Hold:
    """A place where the world stands still until a test lets it go on."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.released = threading.Event()

    def stand_still(self) -> None:
        """Wait in short steps, so that a cancellation gets through to the thread."""
        self.reached.set()
        while not self.released.wait(0.01):
            pass


class Holds:
    """The places where a test wants the world to stand still, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Hold] = {}

    def at(self, name: str) -> Hold:
        """Let the next call of that name stand still."""
        return self._by_name.setdefault(name, Hold())

    def pass_by(self, name: str) -> None:
        """Stand still here if a test wants it."""
        if hold := self._by_name.get(name):
            hold.stand_still()

    def release(self) -> None:
        """Let everything go on."""
        for hold in self._by_name.values():
            hold.released.set()


class TeamHost(FakeCodeHost):
    """A code host whose CI answers each push with the next conclusion."""

    def __init__(self, holds: Holds) -> None:
        super().__init__()
        self.conclusions: list[str | None] = []
        """What CI says about the next pushes; when they are used up, it stays silent."""
        self.closings = 0
        self.checks_read = 0
        self.reviews_read = 0
        self._holds = holds

    def push(self, repository: str, branch: str, commit: str) -> None:
        super().push(repository, branch, commit)
        if self.conclusions:
            conclusion = self.conclusions.pop(0)
            self.report(repository, commit, "tests", conclusion, log="E  assert 1 == 2")

    def read_checks(self, repository: str, commit: CommitSha) -> tuple[CheckRun, ...]:
        self.checks_read += 1
        self._holds.pass_by("read_checks")
        return super().read_checks(repository, commit)

    def read_feedback(self, repository: str, number: int) -> Feedback:
        self.reviews_read += 1
        return super().read_feedback(repository, number)

    def close_pull_request(self, repository: str, number: int, reason: str) -> None:
        self.closings += 1
        self._holds.pass_by("close_pull_request")
        super().close_pull_request(repository, number, reason)


class TeamWorkspace(FakeWorkspace):
    """A workspace whose pushes arrive at the code host."""

    def __init__(self, host: TeamHost) -> None:
        super().__init__()
        self.closed: list[LifeId] = []
        self.is_stuck = False
        """Whether worktrees cannot be removed."""
        self._host = host

    def push(self, repository: Repository, branch: BranchName, commit: CommitSha) -> None:
        super().push(repository, branch, commit)
        if self._host.branches.get((repository.name, branch)) != commit:
            self._host.push(repository.name, branch, commit)

    def close(self, repository: Repository, life: LifeId) -> None:
        if self.is_stuck:
            raise PermanentError("the worktree cannot be removed: permission denied")
        super().close(repository, life)
        self.closed.append(life)


class TeamTracker(FakeTracker):
    """A tracker that a test can slow down."""

    def __init__(self, holds: Holds) -> None:
        super().__init__()
        self._holds = holds

    def fetch_ticket(self, key: TicketKey) -> Ticket:
        self._holds.pass_by("fetch_ticket")
        return super().fetch_ticket(key)


class TeamChat(FakeChat):
    """A chat that keeps its books, and can be down for as long as a test likes."""

    def __init__(self, ledger: FakeLedger) -> None:
        super().__init__()
        self.is_down = False
        self._ledger = ledger

    def post_card(self, key: str, card: Card) -> ThreadRef:
        thread = super().post_card(key, card)
        self._ledger.record_sent(key, f"{thread.channel}/{thread.ts}")
        return thread

    def _fail(self) -> None:
        if self.is_down:
            raise RateLimitedError("the chat wants to be left alone", timedelta(hours=3))


class Team:
    """All fakes of one test, and the activities over them."""

    def __init__(self, *script: Script, **policy: Any) -> None:
        self.holds = Holds()
        self.people = People(own=frozenset({OURSELVES}))
        self.ledger, self.model = FakeLedger(), ScriptedChatModel(*script)
        self.tracker, self.chat = TeamTracker(self.holds), TeamChat(self.ledger)
        self.host = TeamHost(self.holds)
        self.workspace = TeamWorkspace(self.host)
        self.sandbox = FakeSandbox(self.workspace.trees, self._run)
        known = {"model": "scripted", "budget_usd": Decimal(10), "self_review": False}
        self.policy = Policy(**(known | policy))
        self.base = self.workspace.commit_on_remote(SHOP, SHOP.default_branch, FILES)

    def assign(self, description: str = "The price must be 2.") -> TicketKey:
        """A person writes a ticket and gives it to us."""
        return self.tracker.add_ticket(KEY, "Fix the price", description, assignee=OURSELVES)

    def text(self) -> dict[str, Any]:
        """Return what intake keeps of the ticket."""
        summary, description = "Fix the price", "The price must be 2."
        known = {"key": KEY, "summary": summary, "description": description, "url": ""}
        return known | {"labels": [], "clarifications": []}

    def activities(self) -> tuple[Sequence[Callable[..., Any]], Sequence[Callable[..., Any]]]:
        """Return the real activities over the fakes, for the heavy and the light queue."""
        artifacts = FakeArtifacts()
        desk = Desk(
            ledger=self.ledger,
            artifacts=artifacts,
            workspace=self.workspace,
            sandbox=self.sandbox,
            model=self.model,
        )
        entry = RepositoryEntry(repository=SHOP, projects=("SHOP",), policy=self.policy)
        catalogue = ConfiguredCatalogue(entries=(entry,))
        code = CodeHostActivities(self.host, self.ledger, self.workspace, artifacts)
        kept = WorkspaceActivities(workspace=self.workspace, ledger=self.ledger)
        tracker = TrackerActivities(self.tracker, self.ledger, catalogue, self.people.may_talk)
        chat = ChatActivities(chat=self.chat, ledger=self.ledger)
        heavy = activities_of(AgentActivities(desk=desk), code, kept)
        return heavy, activities_of(tracker, chat, code, kept)

    def _run(self, files: Files, command: Command) -> CommandResult:
        """Run the repository's tests: they pass unless the code says that it is broken."""
        self.holds.pass_by("tests")
        failed = "broken" in files["app.py"]
        verdict = "<failure>assert price == 2</failure>" if failed else ""
        if report := REPORT.search(command.argv[-1]):
            case = f"<testcase name='test_price'>{verdict}</testcase>"
            files[report[1]] = f"<testsuite>{case}</testsuite>"
        return CommandResult(exit_code=int(failed), output="1 test", seconds=0.1)

    # What tests look at

    @property
    def pull(self) -> tuple[str, int]:
        """Return the one pull request."""
        (found,) = self.host.pulls
        return found

    @property
    def headline(self) -> str:
        """Return the phase as the card in the channel says it; empty before there is a card."""
        text = self.chat.cards[0].text.splitlines() if self.chat.cards else []
        return text[2] if text else ""

    @property
    def thread(self) -> list[str]:
        """Return what was said in the ticket's thread."""
        return [post.text for post in self.chat.replies]

    def __repr__(self) -> str:
        """Say where the team stands, for a test that waits in vain."""
        asked = f"{len(self.model.heard)} model calls, {self.model.left} turns left"
        return f"{self.headline!r}; {asked}; the thread: {self.thread}"

    def heard(self, turn: int = -1) -> str:
        """Return all that the model was shown in one of its turns."""
        return "\n".join(message.content for message in self.model.heard[turn].messages)

    def open_pull_request(self, change: Files, conclusion: str | None = None) -> CommitSha:
        """Publish a change as the developer would have done; return its commit."""
        tree = self.workspace.commit_on_remote(SHOP, "elsewhere", {**FILES, **change})
        commit = self.workspace.commit(SHOP, tree, self.base, "work")
        self.host.conclusions.insert(0, conclusion)
        self.workspace.push(SHOP, BRANCH, commit)
        draft = PullRequestDraft(
            repository=SHOP.name, branch=BRANCH, base=SHOP.default_branch, title="", body=""
        )
        self.host.open_pull_request(draft)
        return commit


BRANCH = BranchName("backsmith/SHOP-1-fix-the-price")


def plan(**more: Any) -> Message:
    """Return the turn in which the model proposes its plan."""
    return call("propose_plan", summary="Change the price.", files=["app.py"], **more)


def write(text: str) -> Message:
    """Return the turn in which the model writes the file and says that it is done."""
    edit = call("edit_files", edits=[{"path": "app.py", "content": text}])
    return calls(edit, finish())


def finish() -> Message:
    """Return the call that says that the work is done."""
    return call("finish", title="Fix the price", summary="The price is 2 now.")


def look() -> Message:
    """Return a turn that changes nothing."""
    return call("list_files")
