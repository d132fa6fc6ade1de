"""The root behind `backsmith verify`: the gates on a repository of this machine, no account."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

from agent.desk import Desk
from agent.diffs import changed_paths
from agent.domain.errors import NeedsHumanError, SettingsError, ToolError
from agent.domain.evidence import Gate, Verdict, verdict
from agent.domain.ids import CommitSha, LifeId
from agent.domain.repository import Repository
from agent.evidence.judging import Judged
from agent.permissions import LABELS
from agent.verifying import UNREACHABLE, Verification
from integrations.ledger.ledger import open_ledger
from integrations.sandbox.interpreters import installed, is_installed, to_install
from integrations.sandbox.reading import read_plain
from integrations.sandbox.requirements import gather
from workflows.persons_git import PersonsRepository
from workflows.settings import Settings, load_settings
from workflows.verify_report import Progress, show_json, show_table
from workflows.wiring import build_artifacts, build_sandbox, build_workspace, model_client

_AT_ONCE = 16
"""Verifications of one repository at the same time, each with worktrees of its own."""
_LEAST_MINUTES = 0.01


@dataclass(frozen=True)
class VerifyOptions:
    """What was asked for on the command line."""

    path: Path
    base: str | None = None
    head: str | None = None
    only: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    minutes: float | None = None
    junit: Path | None = None
    sarif: Path | None = None
    as_json: bool = False


@dataclass(frozen=True)
class Subject:
    """Two states of a repository, by the names that people have for them."""

    repository: PersonsRepository
    base_name: str
    base: CommitSha
    head: CommitSha
    changed: tuple[str, ...]
    """Paths of the working tree that are not as in `head`."""


def run_verify(options: VerifyOptions) -> int:
    """Run the gates on a change; 0 when they pass, 1 when one fails or could not run.

    3 when nothing fails, but the package index cannot be reached.

    Raises:
        SettingsError: The folder, a revision, a gate or a file cannot be used.
    """
    gates, labels = _gates(options.only), _labels(options.labels)
    limit = _limit(options.minutes)
    _require_writable({"--junit": options.junit, "--sarif": options.sarif})
    subject = _subject(options)
    settings = load_settings()
    progress = Progress(is_quiet=options.as_json and not sys.stderr.isatty())
    progress.say(f"base {subject.base[:12]} ({subject.base_name}), head {subject.head[:12]}")
    started = time.monotonic()
    with _verification(settings, subject, labels, limit, progress) as found:
        judged = _judged(found, gates)
        diff = found.desk.workspace.diff(found.repository, found.base, found.head)
    changed = changed_paths(diff)
    seconds = time.monotonic() - started
    _write_reports(options, judged, changed[0] if changed else "")
    says = verdict(tuple(item.evidence for item in judged), gates)
    if options.as_json:
        show_json(found.base, found.head, judged, says)
    else:
        show_table(judged, seconds, says)
    return _exit_code(judged, says)


def _exit_code(judged: tuple[Judged, ...], says: Verdict) -> int:
    keys = {problem.key for item in judged for problem in item.result.unable}
    if says is Verdict.INCOMPLETE and UNREACHABLE in keys:
        return 3
    return 0 if says is Verdict.PASS else 1


def _gates(names: tuple[str, ...]) -> tuple[Gate, ...]:
    """Return the gates of these names, several in one word with commas; all for none."""
    known = {gate.value: gate for gate in Gate}
    asked = _known(names, tuple(known), "gate (--only)")
    return tuple(known[name] for name in asked) or tuple(Gate)


def _labels(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return labels that mean something; one with a typing error would allow nothing, silently."""
    return _known(names, tuple(LABELS.values()), "label that allows anything (--label)")


def _known(names: tuple[str, ...], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    asked = tuple(part.strip() for name in names for part in name.split(",") if part.strip())
    unknown = [name for name in asked if name not in known]
    if unknown or (names and not asked):
        named = ", ".join(unknown) or "nothing"
        raise SettingsError(f"{named} is no {what}; there are {', '.join(known)}")
    return asked


def _limit(minutes: float | None) -> timedelta | None:
    if minutes is None:
        return None
    if not _LEAST_MINUTES <= minutes <= 24 * 60:
        raise SettingsError(f"{minutes:g} is no number of minutes (--timeout); give 30, or 1.5")
    return timedelta(minutes=minutes)


def _require_writable(files: dict[str, Path | None]) -> None:
    for option, file in files.items():
        if file is not None and not file.resolve().parent.is_dir():
            raise SettingsError(f"{file.parent} is no folder ({option}); make it first")
        if file is not None and file.is_dir():
            raise SettingsError(f"{file} is a folder ({option}); name a file")


def _subject(options: VerifyOptions) -> Subject:
    repository = PersonsRepository.at(options.path)
    head = repository.head(options.head)
    name, tip = repository.base(options.base)
    base = repository.merge_base(tip, head, name)
    changed = repository.changes() if options.head is None else ()
    if base == head and not changed:
        raise SettingsError(
            f"nothing to verify: the head {head[:12]} has nothing that {name} lacks (--base)"
        )
    return Subject(repository, name, base, head, changed)


@contextmanager
def _verification(
    settings: Settings,
    subject: Subject,
    labels: tuple[str, ...],
    limit: timedelta | None,
    progress: Progress,
) -> Iterator[Verification]:
    """Give what is verified, with worktrees at base and head that are removed afterwards."""
    root = subject.repository.root
    home = settings.backsmith_home.resolve()
    artifacts, sandbox = build_artifacts(settings), build_sandbox(settings)
    repository = Repository(name=root.name or "repository", git_url=str(root))
    with _slot(home, root) as life, TemporaryDirectory() as folder:
        trust = _trusting(Path(folder), root)
        workspace = build_workspace(home, sandbox, artifacts, lambda _repository: trust)
        ledger = open_ledger(f"sqlite:///{folder}/ledger.db")
        desk = Desk(ledger, artifacts, workspace, sandbox, model_client(settings))
        make = partial(
            Verification,
            desk,
            repository,
            life,
            subject.base,
            labels=labels,
            limit=limit,
            hear=progress.hear,
            say=progress.say,
        )
        try:
            yield make(_standing(desk, repository, life, subject, progress))
        finally:
            make(subject.head).close()
            ledger.close()


@contextmanager
def _slot(home: Path, root: Path) -> Iterator[LifeId]:
    """Give a name for worktrees that no other process uses; a killed one's are taken over."""
    name = f"verify-{sha256(str(root).encode()).hexdigest()[:8]}"
    locks = home / "locks"
    try:
        locks.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"BACKSMITH_HOME (environment): {home} cannot be used ({error.strerror})"
        ) from error
    for number in range(_AT_ONCE):
        lock = FileLock(locks / f"{name}-{number}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        with lock:
            yield LifeId(f"{name}-{number}")
        return
    raise SettingsError(f"{root} is being verified {_AT_ONCE} times already; wait for one to end")


def _trusting(folder: Path, root: Path) -> dict[str, str]:
    """Return the environment in which our git reads the person's repository.

    It may belong to another account, as in a container of CI. The person's own git has agreed to
    that before, or we had not come here.
    """
    quoted = str(root).replace("\\", "\\\\").replace('"', '\\"')
    file = folder / "gitconfig"
    file.write_text(f'[safe]\n\tdirectory = "{quoted}"\n\tdirectory = "{quoted}/.git"\n', "utf-8")
    return {"GIT_CONFIG_GLOBAL": str(file)}


def _standing(
    desk: Desk, repository: Repository, life: LifeId, subject: Subject, progress: Progress
) -> CommitSha:
    """Return the commit to verify: the head, with what is not committed on top of it."""
    worktree = desk.workspace.open(repository, life, subject.head)
    if not subject.changed:
        return subject.head
    subject.repository.lay_over(subject.changed, worktree.path)
    try:
        commit = desk.workspace.snapshot(worktree, life)
    except ToolError as error:
        raise SettingsError(
            f"what is not committed cannot be verified: {error}; or give --head HEAD"
        ) from error
    number = len(subject.changed)
    files = "1 file" if number == 1 else f"{number} files"
    progress.say(f"with changes of {files} that are not committed, as commit {commit[:12]}")
    return commit


def _judged(found: Verification, gates: tuple[Gate, ...]) -> tuple[Judged, ...]:
    worktree = found.desk.workspace.open(found.repository, found.life, found.head)
    asked, places = _asked_python(worktree.path), os.environ.get("PATH", "")
    return found.judge(gates, "" if is_installed(asked, places) else _lacking(asked, places))


def _lacking(asked: str, places: str) -> str:
    """Return which Python is not here, which ones are, and how to get one."""
    version, here = to_install(asked), ", ".join(installed(places))
    fix = f"; install one: uv python install {version}" if version else ""
    what = f"the repository asks for Python {_in_words(asked)}, which is not installed here"
    return f"{what} (here: {here}){fix}"


def _asked_python(folder: Path) -> str:
    """Return the versions that the repository asks for; empty when it does not say."""
    try:
        return gather(partial(read_plain, folder)).python
    except NeedsHumanError:
        return ""  # it is raised again, and reported, where the packages are installed


def _in_words(specifier: str) -> str:
    """Return versions without angle brackets, which are no part of a reason."""
    for sign, word in ((">=", "≥"), ("<=", "≤"), (">", "above "), ("<", "below ")):
        specifier = specifier.replace(sign, word)
    return specifier


def _write_reports(options: VerifyOptions, judged: tuple[Judged, ...], anchor: str) -> None:
    if options.junit:
        from agent.evidence.report.junit import render_junit

        _write(options.junit, "--junit", lambda: render_junit([i.evidence for i in judged]))
    if options.sarif:
        from agent.evidence.report.sarif import render_sarif

        _write(options.sarif, "--sarif", lambda: render_sarif(judged, anchor, version("backsmith")))


def _write(file: Path, option: str, render: Callable[[], str]) -> None:
    try:
        file.write_text(render(), "utf-8")
    except OSError as error:
        raise SettingsError(f"{file} cannot be written ({option}): {error.strerror}") from error
