"""A bare mirror of one repository, shared by all worktrees of this machine."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from agent.domain.errors import DeveloperError, NotFoundError, TransientError
from agent.domain.ids import CommitSha
from agent.domain.repository import Repository
from agent.ports import Bundles
from integrations.git import bundle, names
from integrations.git.command import Git

NETWORK_SECONDS = 900
_LOCK_SECONDS = 900
_FETCH = (
    *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
    *("--no-recurse-submodules", "--update-shallow"),
)
_STRICT = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "fetch.fsckObjects",
    "GIT_CONFIG_VALUE_0": "true",
}
_IGNORED = """/.backsmith-results/
__pycache__/
.mypy_cache/
.pytest_cache/
.ruff_cache/
"""
"""What commands leave in a worktree and is no part of the work: our reports, programs' caches.

A cache has its own .gitignore only once its program has ended; until then it looks like a change.
"""


class Mirror:
    """The repository's objects, and its branches under `refs/backsmith/base`."""

    def __init__(
        self,
        home: Path,
        repository: Repository,
        credentials: Mapping[str, str] | None,
        bundles: Bundles,
    ) -> None:
        self.repository = repository
        self.path = home / "mirrors" / names.mirror(repository)
        self.git = Git(self.path)
        self._lock = home / "locks" / f"{self.path.name}.lock"
        self._credentials = dict(credentials or {})
        self._bundles = bundles

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the mirror's lock; what a killed process left half done is cleared first."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock = FileLock(self._lock, timeout=_LOCK_SECONDS).acquire()
        except Timeout as error:
            raise TransientError(f"{self.path.name} was locked for 15 minutes") from error
        with lock:
            self._create()
            self._clear_stale_locks()
            yield

    def fetch(self) -> None:
        """Bring the branches up to date; the lock must be held."""
        self._fetch("--prune", "--force", refspec=f"refs/heads/*:{names.BASE}/*")

    def resolve(self, rev: str) -> str:
        """Return the commit of a branch, a tag, HEAD or a commit id; the lock must be held."""
        name, steps = names.revision(rev)
        for ref in self._candidates(name):
            said = self.git.ask("rev-parse", "--verify", "--quiet", f"{ref}{steps}^{{commit}}")
            if said.status == 0:
                return said.text()
        raise NotFoundError(f"{self.repository.name} has no revision {rev}")

    def _candidates(self, name: str) -> Iterator[str]:
        """Yield what a name may stand for, fetching what is not fetched as a rule."""
        if name == "HEAD":
            self._fetch("--force", refspec="HEAD:refs/backsmith/head")
            yield "refs/backsmith/head"
            return
        yield f"{names.BASE}/{name}"
        if all(letter in "0123456789abcdef" for letter in name) and len(name) >= 7:
            yield name
        self._fetch("--force", refspec="refs/tags/*:refs/backsmith/tags/*")
        yield f"refs/backsmith/tags/{name}"

    def has(self, commit: str) -> bool:
        """Tell whether a commit is in the mirror."""
        return self.git.ask("cat-file", "-e", f"{names.sha(commit)}^{{commit}}").status == 0

    def ensure(self, *commits: str) -> None:
        """Make sure that commits are here: from a kept bundle, else from the remote."""
        if self.path.is_dir() and all(self.has(commit) for commit in commits):
            return
        with self.locked():
            for commit in commits:
                self._obtain(commit)

    def _obtain(self, commit: str) -> None:
        if self.has(commit):
            return
        kept = self._bundles.find_bundle(CommitSha(commit))
        if kept is not None:
            for prerequisite in bundle.prerequisites_of(kept):
                self._obtain(names.sha(prerequisite))
            self.take_in(kept)
            return
        self.fetch()
        if not self.has(commit):
            self._obtain_by_id(commit)

    def _obtain_by_id(self, commit: str) -> None:
        """Ask the remote for a commit that no branch reaches; many servers refuse."""
        try:
            self._fetch(refspec=commit)
        except DeveloperError as error:
            if isinstance(error, TransientError):
                raise
        if not self.has(commit):
            raise NotFoundError(
                f"commit {commit} of {self.repository.name} is neither here, nor on the remote, "
                "nor among the kept snapshots"
            )

    def take_in(self, content: bytes) -> None:
        """Add a bundle's objects, checked as strictly as git can."""
        place = self.path / "incoming.bundle"
        place.write_bytes(content)
        try:
            self.git.run(*_FETCH, "--", str(place), bundle.REF, environment=_STRICT)
        finally:
            place.unlink()

    def keep(self, commit: str) -> None:
        """Keep off the machine what the remote does not have of a commit's history."""
        history = self.git.run(
            "rev-list", "--boundary", commit, "--not", f"--glob={names.BASE}/*"
        ).text()
        lines = history.split("\n")
        if all(line.startswith("-") for line in lines if line):
            return
        needs = [line[1:] for line in lines if line.startswith("-")]
        wanted = "\n".join([commit, *(f"^{sha}" for sha in needs)]) + "\n"
        pack = self.git.run(
            *("pack-objects", "--revs", "--thin", "--delta-base-offset", "--stdout", "-q"),
            stdin=wanted.encode(),
        ).output
        self._bundles.keep_bundle(CommitSha(commit), bundle.packed(commit, needs, pack))

    def push(self, commit: str, branch: str) -> tuple[int, str, str]:
        """Push without force; return status, porcelain report and complaints."""
        said = self.git.ask(
            *("push", "--porcelain", "--no-verify", "--no-recurse-submodules", "--"),
            self.repository.git_url,
            f"{commit}:refs/heads/{branch}",
            environment=self._credentials,
            seconds=NETWORK_SECONDS,
        )
        if said.status == 0:
            with self.locked():
                self.git.run("update-ref", f"{names.BASE}/{branch}", commit)
        return said.status, said.text(), said.problem

    def tidy(self) -> None:
        """Pack what has piled up, if it is much; the lock must be held."""
        self.git.run("-c", "gc.auto=6700", "gc", "--auto", "--quiet", seconds=NETWORK_SECONDS)

    def _fetch(self, *options: str, refspec: str) -> None:
        arguments = (*_FETCH, *options, "--", self.repository.git_url, refspec)
        self.git.run(*arguments, environment=self._credentials, seconds=NETWORK_SECONDS)

    def _create(self) -> None:
        ignored = self.path / "info" / "exclude"
        if ignored.exists() and ignored.read_text() == _IGNORED:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self.git.run("init", "--quiet", "--bare", "--template=", str(self.path))
        ignored.parent.mkdir(exist_ok=True)
        ignored.write_text(_IGNORED)

    def _clear_stale_locks(self) -> None:
        """Every writer holds the mirror's lock, so a lock file of git's has no owner."""
        for pattern in ("*.lock", "refs/backsmith/**/*.lock", "worktrees/*/*.lock"):
            for stale in self.path.glob(pattern):
                stale.unlink(missing_ok=True)
