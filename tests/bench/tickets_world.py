"""What a ticket of the bench is, where it is worked on, and how a result of it is judged.

Nothing here knows who does the work: the product and any peer are handed the same repository and
are judged by the same hidden tests.
"""

import os
import shutil
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from agent.domain.errors import DeveloperError
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository, Worktree
from integrations.sandbox.environments import Environments

BENCH = Path(__file__).parent
ROOT = BENCH.parents[1]
TICKETS = BENCH / "tickets"
REPOSITORIES = {
    "shop": ROOT / "office" / "samples" / "shop",
    "clinic": ROOT / "office" / "samples" / "clinic",
    "courier": BENCH / "repositories" / "courier",
    "library": BENCH / "repositories" / "library",
}
HIDDEN = "acceptance"
"""Name of the folder with the hidden tests, beside a ticket and in the clone that is judged."""
JUDGE_SECONDS = 600
_LEFTOVERS = (".venv", "__pycache__", ".*_cache", "*.db", "*.sqlite3", ".coverage")
_COMMITTER = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in {
        "NAME": "Tech Lead",
        "EMAIL": "lead@example.com",
        "DATE": "2026-01-05T09:00:00+00:00",
    }.items()
}


@dataclass(frozen=True)
class Ticket:
    """One ticket of the bench."""

    slug: str
    repository: str
    """A name in `REPOSITORIES`."""
    title: str
    kind: str
    """What sort of work it is, in a word or two."""

    @property
    def folder(self) -> Path:
        return TICKETS / self.slug

    @property
    def text(self) -> Path:
        """Where the ticket's text is, as anyone who works on it may read it."""
        return self.folder / "ticket.md"

    @property
    def hidden(self) -> Path:
        """Where the tests are that decide; nobody who works on the ticket may see them."""
        return self.folder / HIDDEN


@dataclass(frozen=True)
class Judgement:
    """What the hidden tests say about one commit."""

    solved: bool
    passed: int
    failed: int
    failures: tuple[str, ...] = ()
    """Names of the tests that failed; one line of explanation when none could run."""


def load_tickets(only: tuple[str, ...] = ()) -> tuple[Ticket, ...]:
    """Return the tickets by slug; with `only`, those. Raises KeyError for an unknown slug."""
    found = {path.parent.name: _load(path) for path in sorted(TICKETS.glob("*/ticket.toml"))}
    return tuple(found[slug] for slug in only) if only else tuple(found.values())


def _load(path: Path) -> Ticket:
    values = tomllib.loads(path.read_text("utf-8"))
    return Ticket(slug=path.parent.name, **values)


def make_repository(ticket: Ticket, target: Path) -> Path:
    """Make a git repository with one commit at `target`, which must not exist; return it.

    The commit is the same each time, down to its id.
    """
    source = REPOSITORIES[ticket.repository]
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_LEFTOVERS))
    git(target, "init", "-q", "-b", "main")
    git(target, "add", "-A")
    git(target, "commit", "-q", "-m", f"The {ticket.repository} service as it stands")
    return target


def git(folder: Path, *arguments: str) -> str:
    """Run git without anybody's settings; return what it printed."""
    own = {"PATH": os.environ["PATH"], "HOME": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607 - git is on the path of whoever measures
        cwd=folder,
        env=own | _COMMITTER,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def cache() -> Path:
    """Return where environments are kept from one run of the bench to the next."""
    return Path(os.environ.get("BACKSMITH_CACHE") or Path.home() / ".cache" / "backsmith-bench")


def python_of(ticket: Ticket) -> Path:
    """Return an interpreter with what the ticket's repository requires; install it if need be."""
    return _python(REPOSITORIES[ticket.repository], ticket)


def _python(folder: Path, ticket: Ticket) -> Path:
    repository = Repository(name=ticket.repository, git_url=str(folder))
    worktree = Worktree(path=folder, repository=repository, head=CommitSha(""))
    environment = Environments(cache()).ensure(worktree).path
    if environment is None:
        raise DeveloperError(f"{ticket.repository} names no requirements")
    return environment / "bin" / "python"


def judge(ticket: Ticket, repository_path: Path, rev: str) -> Judgement:
    """Run the hidden tests on a commit, in a clean clone with what that commit requires."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, f"judged-{ticket.slug}")
        git(repository_path, "clone", "-q", "--no-hardlinks", ".", str(clone))
        git(clone, "checkout", "-q", "--detach", git(repository_path, "rev-parse", rev))
        shutil.rmtree(clone / HIDDEN, ignore_errors=True)
        shutil.copytree(ticket.hidden, clone / HIDDEN, ignore=shutil.ignore_patterns("__pycache__"))
        try:
            return _run(_python(clone, ticket), clone, Path(folder))
        except DeveloperError as error:
            return Judgement(solved=False, passed=0, failed=0, failures=(str(error),))


def _run(python: Path, clone: Path, folder: Path) -> Judgement:
    report = folder / "report.xml"
    # The repository's own settings hold but for what would turn a warning into a failure.
    pytest = ("-m", "pytest", HIDDEN, "-q", "-p", "no:cacheprovider", "-o", "filterwarnings=")
    try:
        done = subprocess.run(
            [str(python), *pytest, f"--junitxml={report}"],
            cwd=clone,
            env={"PATH": f"{python.parent}:{os.environ['PATH']}", "HOME": str(folder)},
            capture_output=True,
            text=True,
            timeout=JUDGE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Judgement(solved=False, passed=0, failed=0, failures=("the time was up",))
    if not report.exists():
        return Judgement(solved=False, passed=0, failed=0, failures=(_last_line(done.stderr),))
    return _read(report, whole=done.returncode == 0)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no test ran"])[-1]


def _read(report: Path, *, whole: bool) -> Judgement:
    cases = list(ElementTree.parse(report).getroot().iter("testcase"))  # noqa: S314 - pytest's own
    bad = [case for case in cases if {"failure", "error"} & {part.tag for part in case}]
    skipped = [case for case in cases if case.find("skipped") is not None]
    passed = len(cases) - len(bad) - len(skipped)
    return Judgement(
        solved=whole and passed > 0 and not skipped,
        passed=passed,
        failed=len(bad) + len(skipped),
        failures=tuple(str(case.get("name")) for case in [*bad, *skipped]),
    )
