"""Check runs and commit statuses of a commit, merged."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from github import Github
from github.CheckRun import CheckRun as GitHubCheckRun
from github.Commit import Commit
from github.CommitStatus import CommitStatus
from github.PaginatedList import PaginatedList

from agent.domain.evidence import Verdict
from agent.domain.pull_request import EVIDENCE_CHECK, CheckRun
from integrations.github.check_log import check_log, plain_log

_EPOCH = datetime.fromtimestamp(0, tz=UTC)
_STATES = {Verdict.PASS: "success", Verdict.FAIL: "failure", Verdict.INCOMPLETE: "error"}
_LONGEST_DESCRIPTION = 140
"""Characters. Source: GitHub REST, "Create a commit status"."""
_CONCLUSIONS = {"pending": None, "error": "failure"}


@dataclass(frozen=True)
class _Report:
    """One report on a commit, and what tells which one is newer."""

    made: datetime
    number: int
    check: CheckRun
    run: GitHubCheckRun | None = None


def read_checks(client: Github, repository: str, commit: Commit) -> tuple[CheckRun, ...]:
    """Return the newest report per name, by name; failed ones with the tail of their log.

    Our own verdict is left out.

    An empty answer means that CI has not started, not that it passed.

    Source: GitHub REST, "List check runs for a Git reference", "List commit statuses".
    """
    reports = [*_runs(commit), *_statuses(commit)]
    reports.sort(key=lambda report: (report.made, report.number))
    newest = {report.check.name: report for report in reports}
    newest.pop(EVIDENCE_CHECK, None)
    return tuple(_with_log(client, repository, newest[name]) for name in sorted(newest))


def show_verdict(commit: Commit, verdict: Verdict, text: str, url: str) -> None:
    """Set the status that carries our verdict, unless it stands there already.

    Source: GitHub REST, "Create a commit status"; the newest one of a context counts.
    """
    state, description = _STATES[verdict], text[:_LONGEST_DESCRIPTION]
    ours = [status for status in _all_statuses(commit) if status.context == EVIDENCE_CHECK]
    newest = max(ours, key=lambda status: (status.created_at or _EPOCH, status.id), default=None)
    if newest and (newest.state, newest.description) == (state, description):
        return
    commit.create_status(state, url, description, EVIDENCE_CHECK)


def _runs(commit: Commit) -> Iterator[_Report]:
    for run in commit.get_check_runs():
        conclusion = run.conclusion if run.status == "completed" else None
        check = CheckRun(name=run.name, conclusion=conclusion, url=run.html_url or run.details_url)
        yield _Report(run.started_at or run.completed_at or _EPOCH, run.id, check, run)


def _statuses(commit: Commit) -> Iterator[_Report]:
    for status in _all_statuses(commit):
        check = CheckRun(
            name=status.context,
            conclusion=_CONCLUSIONS.get(status.state, status.state),
            url=status.target_url,
            log=plain_log(status.description or ""),
        )
        yield _Report(status.created_at or _EPOCH, status.id, check)


def _all_statuses(commit: Commit) -> PaginatedList[CommitStatus]:
    # Commit.get_statuses reads an address that GitHub no longer describes (PyGithub 2.10).
    return PaginatedList(CommitStatus, commit.requester, f"{commit.url}/statuses")


def _with_log(client: Github, repository: str, report: _Report) -> CheckRun:
    if report.run is None:
        keeps_log = report.check.is_failure()
        return report.check if keeps_log else report.check.model_copy(update={"log": ""})
    if not report.check.is_failure():
        return report.check
    log = check_log(client, repository, report.run)
    return report.check.model_copy(update={"log": log})
