"""What the developer needs from the world, as Protocols. Adapters live in `integrations/`.

Every write is idempotent: an adapter first looks for the object that bears the given key or marker
and returns it, and only else creates it. All methods are synchronous and may block.
Errors: adapters raise only the classes of `agent.domain.errors`.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Literal, Protocol

from agent.domain.conversation import Message, ModelRequest, Reply, Spent, Usage
from agent.domain.event import Event
from agent.domain.evidence import Evidence, Verdict
from agent.domain.ids import BranchName, CommitSha, LifeId, TicketKey
from agent.domain.progress import Card, ThreadNote, ThreadRef
from agent.domain.pull_request import CheckRun, Feedback, PullRequest
from agent.domain.repository import Repository, Worktree
from agent.domain.ticket import Ticket
from agent.domain.value import Value


class TicketTracker(Protocol):
    """Jira, or what stands in for it."""

    def fetch_ticket(self, key: TicketKey) -> Ticket:
        """Read a ticket with its comments. Raises NotFoundError."""

    def comment(self, key: TicketKey, marker: str, text: str) -> str:
        """Comment in Markdown, once per `marker`; return the comment's id."""

    def transition(self, key: TicketKey, status: str) -> bool:
        """Move the ticket to the status of that name; False if it stood there already.

        Raises NeedsHumanError when the ticket's workflow offers no way to it.
        """

    def assign(self, key: TicketKey, account: str | None) -> None:
        """Give the ticket to an account id, or to nobody; nothing happens if it is so already."""

    def assigned_tickets(self) -> list[TicketKey]:
        """Return the open tickets that are assigned to our own account."""

    def whoami(self) -> str:
        """Return our own account id, prefixed `jira:`. Raises PermissionDeniedError."""


class PullRequestDraft(Value):
    """What to open."""

    repository: str
    branch: BranchName
    base: str
    title: str
    body: str


class CodeHost(Protocol):
    """GitHub, or what stands in for it."""

    def open_pull_request(self, draft: PullRequestDraft) -> PullRequest:
        """Open a draft pull request, or return the open one of the branch with its text updated."""

    def read_pull_request(self, repository: str, number: int) -> PullRequest:
        """Read a pull request as it stands now."""

    def show_verdict(
        self, repository: str, commit: CommitSha, verdict: Verdict, text: str, url: str
    ) -> None:
        """Put our verdict on a commit; nothing happens when it is shown there already."""

    def read_checks(self, repository: str, commit: CommitSha) -> tuple[CheckRun, ...]:
        """Return the newest check per name on a commit, failed ones with the tail of their log.

        Our own verdict is none of them.
        """

    def required_checks(self, repository: str, branch: str) -> frozenset[str]:
        """Return the names of the checks that branch protection asks for; empty when unknown.

        Our own verdict is none of them.
        """

    def read_feedback(self, repository: str, number: int) -> Feedback:
        """Return the newest decision and the comments by people that we have not answered."""

    def reply(self, repository: str, number: int, comment: str, text: str) -> str:
        """Answer one comment of `read_feedback`, once; return the answer's id."""

    def request_review(self, repository: str, number: int, reviewers: Sequence[str]) -> None:
        """Mark the pull request ready and ask for reviews; what is so already is left alone."""

    def close_pull_request(self, repository: str, number: int, reason: str) -> None:
        """Close without merging and say why, once."""


class Chat(Protocol):
    """Slack, or what stands in for it."""

    def post_card(self, key: str, card: Card) -> ThreadRef:
        """Post the ticket's one message, or return the one already posted under `key`."""

    def update_card(self, thread: ThreadRef, card: Card) -> None:
        """Edit the ticket's message in place."""

    def reply(self, thread: ThreadRef, key: str, note: ThreadNote) -> str:
        """Write in the ticket's thread, once per `key`; return the message's ts."""


class ChatModel(Protocol):
    """An endpoint that speaks the chat completions API."""

    def complete(self, request: ModelRequest, progress: Callable[[str], None]) -> Reply:
        """Answer a request; `progress` is called with text as it streams in.

        Raises ContextOverflowError when the request is longer than the model's window.
        """

    def count_tokens(self, request: ModelRequest) -> int:
        """Return how many tokens a request has, rather too many than too few; sends nothing."""

    def window(self, model: str) -> int:
        """Return how many tokens a request to a model may have, its answer included."""


class Workspace(Protocol):
    """Mirrors, worktrees and snapshots of repositories."""

    def fetch(self, repository: Repository, rev: str | None = None) -> CommitSha:
        """Bring the mirror up to date; return the commit of `rev` (else of the default branch)."""

    def open(self, repository: Repository, life: LifeId, commit: CommitSha) -> Worktree:
        """Return the ticket's worktree standing exactly at `commit`, re-created if need be.

        A snapshot that the mirror lacks is taken from where `snapshot` kept it off the machine.
        Raises NotFoundError when the commit is nowhere.
        """

    def snapshot(self, worktree: Worktree, life: LifeId) -> CommitSha:
        """Keep the worktree's content as a commit on a hidden ref; its head if nothing changed."""

    def commit(
        self, repository: Repository, snapshot: CommitSha, parent: CommitSha, message: str
    ) -> CommitSha:
        """Return the commit with the snapshot's tree on `parent`; the same arguments, the same sha.

        Returns `parent` when the trees are equal.
        """

    def push(self, repository: Repository, branch: BranchName, commit: CommitSha) -> None:
        """Push to the branch, never by force; nothing happens if it stands there already."""

    def diff(self, repository: Repository, base: CommitSha, head: CommitSha) -> str:
        """Return the unified diff between two commits."""

    def log(self, repository: Repository, base: CommitSha, head: CommitSha) -> list[CommitSha]:
        """Return the commits after `base` up to `head`, oldest first."""

    def subjects(self, repository: Repository, head: CommitSha, most: int) -> list[str]:
        """Return the first lines of the newest commits up to `head`, without merges, newest first.

        A commit without a message has an empty one.
        """

    def committed_on(self, repository: Repository, commit: CommitSha) -> date:
        """Return the day (UTC) on which a commit was made, as the commit itself says."""

    def close(self, repository: Repository, life: LifeId) -> None:
        """Remove the worktree and its hidden ref; nothing happens if they are gone."""


class Needs(Value):
    """Packages for one command, other than those that `prepare` installs."""

    folder: str = ""
    """The folder whose requirements count; empty for the repository's root."""
    also: tuple[str, ...] = ()
    """Requirements beside those of the repository, such as `drf-spectacular`."""
    alone: bool = False
    """True: nothing of the repository, only `also`; such an environment serves all repositories."""
    extras: bool = False
    """True: every extra and group of pyproject.toml too, not only those for development."""


class Preparation(Value):
    """What is asked for beside the requirements that the repository itself names."""

    as_of: date | None = None
    """What no lock pins is resolved as it was at the end of this day (UTC); None for today."""
    later: date | None = None
    """The day that counts instead when that is not possible, such as that of the change itself."""
    tools: tuple[str, ...] = ()
    """Requirements that count where the repository's own ones do not name the package."""
    extras: tuple[str, ...] = ()
    """The project's own extras that are wanted beside those for development."""


class Command(Value):
    """A command for the sandbox."""

    argv: tuple[str, ...]
    timeout: timedelta
    environment: tuple[tuple[str, str], ...] = ()
    """Added to the sandbox's own small environment."""
    stdin: bytes = b""
    output_cap_bytes: int = 1 << 20
    needs: Needs | None = None
    """None: it runs with what `prepare` has installed. Else it may be installed first."""
    beside: tuple[str, ...] = ()
    """Packages in an environment of their own, whose folder the variable BACKSMITH_BESIDE has."""
    hosts: tuple[str, ...] = ()
    """Names that lead to the sandbox itself; those that are no plain host names are left out."""


class CommandResult(Value):
    """How a command ended; the output is stdout and stderr together, cut at the cap."""

    exit_code: int
    """Negative: ended by that signal."""
    output: str
    seconds: float
    timed_out: bool = False
    truncated_bytes: int = 0


class Sandbox(Protocol):
    """Where everything runs that executes or parses repository content."""

    def check(self) -> None:
        """Raise SandboxUnavailableError, with the fix, unless code can be run safely here."""

    def run(self, worktree: Worktree, command: Command) -> CommandResult:
        """Run a command in the worktree, without network, with the repository's environment.

        Raises NeedsHumanError when what the command needs cannot be installed.
        """

    def file_operation(self, worktree: Worktree, operation: str, arguments: dict[str, Any]) -> Any:
        """Run one operation of the file helper inside the sandbox and return its JSON result.

        Operations: `read` `list` `search` `edit` `stat` `gather` `result`. Raises ToolError with
        the helper's text.
        """

    def prepare(self, worktree: Worktree, asked: Preparation | None = None) -> tuple[str, ...]:
        """Make sure that the repository's dependencies are installed.

        Returns what people should know of it, each in a few words, such as
        `pytest-watch is not installed: it has no wheel`. Raises NeedsHumanError.
        """


class Transcripts(Protocol):
    """Every message to and from the model, by position, written once."""

    def read(self, life: LifeId, count: int) -> list[Message]:
        """Return the first `count` messages."""

    def message(self, life: LifeId, position: int) -> Message | None:
        """Return one message, or None when it is not written yet."""

    def write(self, life: LifeId, position: int, messages: Sequence[Message]) -> None:
        """Write messages from `position` on; what is written already stays."""


class Accounts(Protocol):
    """What was spent."""

    def book(
        self,
        life: LifeId,
        position: int,
        model: str,
        usage: Usage,
        cost_usd: str,
        purpose: str = "step",
    ) -> None:
        """Book the usage of one reply, once per `purpose` and transcript `position`."""

    def spent(self, life: LifeId, purpose: str | None = None) -> Spent:
        """Return the sum over a ticket's life, of one purpose or of all."""


class Records(Protocol):
    """Small JSON documents of a ticket's life: steps, plan, questions, evidence, what was sent."""

    def keep(self, life: LifeId, kind: str, name: str, body: Any) -> Any:
        """Keep `body` under (life, kind, name) unless one is kept already; return the kept one."""

    def replace(self, life: LifeId, kind: str, name: str, body: Any) -> None:
        """Keep `body` under (life, kind, name), in place of what was there."""

    def find(self, life: LifeId, kind: str, name: str) -> Any | None:
        """Return what is kept, or None."""

    def list(self, life: LifeId, kind: str) -> list[Any]:
        """Return all bodies of a kind, in the order in which they were first kept."""


class EvidenceStore(Protocol):
    """The gates' results, per commit."""

    def record(self, life: LifeId, evidence: Evidence) -> None:
        """Keep one gate's result at one commit, in place of an older one."""

    def evidence(self, life: LifeId, commit: CommitSha) -> tuple[Evidence, ...]:
        """Return the results at a commit, in the order of `Gate`."""


class Outbox(Protocol):
    """What was written to Jira, GitHub and Slack, by the key that makes it unique."""

    def sent(self, key: str) -> str | None:
        """Return the id of the object that was created under a key."""

    def record_sent(self, key: str, target: str) -> None:
        """Remember the id of the object created under a key; the first one stays."""

    def key_of(self, prefix: str, target: str) -> str | None:
        """Return the key, starting with `prefix`, under which an object was created."""


class Deliveries(Protocol):
    """What came in from outside."""

    def receive(self, event: Event) -> bool:
        """Store an event; False when its id was stored before."""

    def delivery(self, event_id: str) -> Event | None:
        """Return a stored event."""

    def mark_routed(self, event_id: str, decision: str) -> None:
        """Remember what became of a stored event."""

    def unrouted(self) -> list[Event]:
        """Return stored events whose fate is unknown, oldest first."""


class Audit(Protocol):
    """Who did what."""

    def note(self, life: LifeId, actor: str, action: str, detail: str) -> None:
        """Append to the audit trail."""

    def trail(self, life: LifeId) -> list[tuple[str, str, str, str]]:
        """Return (ISO time, actor, action, detail), oldest first."""


class Ledger(Transcripts, Accounts, Records, EvidenceStore, Outbox, Deliveries, Audit, Protocol):
    """The one store of everything that must survive a crash and is too large for a workflow."""

    def lives(self) -> list[LifeId]:
        """Return all lives with a record, newest first; names with a slash are no lives."""


class Artifacts(Protocol):
    """Large files by content: logs, diffs, reports, bundles."""

    def put(self, content: bytes, suffix: str) -> str:
        """Store content; return its name, `<sha256><suffix>`. Storing twice stores once."""

    def get(self, name: str) -> bytes:
        """Return the content. Raises NotFoundError."""


Vendor = Literal["jira", "github", "slack"]


class Bundles(Protocol):
    """Where the workspace keeps snapshots off the machine."""

    def keep_bundle(self, commit: CommitSha, content: bytes) -> None:
        """Keep a git bundle that holds `commit`."""

    def find_bundle(self, commit: CommitSha) -> bytes | None:
        """Return the bundle that holds `commit`, or None."""
