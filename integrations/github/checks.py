"""Check runs and commit statuses of a commit, merged."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from github import Github
from github.CheckRun import CheckRun as GitHubCheckRun
from github.Commit import Commit
from github.CommitStatus import CommitStatus
from github.PaginatedList import PaginatedList

from agent.domain.pull_request import CheckRun
from integrations.github.check_log import check_log, plain_log

_EPOCH = datetime.fromtimestamp(0, tz=UTC)
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

    An empty answer means that CI has not started, not that it passed.

    Source: GitHub REST, "List check runs for a Git reference", "List commit statuses".
    """
    reports = [*_runs(commit), *_statuses(commit)]
    reports.sort(key=lambda report: (report.made, report.number))
    newest = {report.check.name: report for report in reports}
    return tuple(_with_log(client, repository, newest[name]) for name in sorted(newest))


def _runs(commit: Commit) -> Iterator[_Report]:
    for run in commit.get_check_runs():
        conclusion = run.conclusion if run.status == "completed" else None
        check = CheckRun(name=run.name, conclusion=conclusion, url=run.html_url or run.details_url)
        yield _Report(run.started_at or run.completed_at or _EPOCH, run.id, check, run)


def _statuses(commit: Commit) -> Iterator[_Report]:
    # Commit.get_statuses reads an address that GitHub no longer describes (PyGithub 2.10).
    address = f"{commit.url}/statuses"
    for status in PaginatedList(CommitStatus, commit.requester, address):
        check = CheckRun(
            name=status.context,
            conclusion=_CONCLUSIONS.get(status.state, status.state),
            url=status.target_url,
            log=plain_log(status.description or ""),
        )
        yield _Report(status.created_at or _EPOCH, status.id, check)


def _with_log(client: Github, repository: str, report: _Report) -> CheckRun:
    if report.run is None:
        keeps_log = report.check.is_failure()
        return report.check if keeps_log else report.check.model_copy(update={"log": ""})
    if not report.check.is_failure():
        return report.check
    log = check_log(client, repository, report.run)
    return report.check.model_copy(update={"log": log})
