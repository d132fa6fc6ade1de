"""REST: commits, comparisons and what was said about a commit."""

from __future__ import annotations

from office.github.acts.checks import add_status
from office.github.commits import Commit, is_ancestor, log, resolve
from office.github.diffs import EMPTY_TREE, changed_files, compare
from office.github.errors import Refused, invalid, not_found
from office.github.payloads.checks import check_run, check_suite, combined_status
from office.github.payloads.checks import status as status_payload
from office.github.payloads.commits import changed_file, git_commit
from office.github.payloads.commits import commit as commit_payload
from office.github.payloads.pulls import simple_pull
from office.github.records import Repository
from office.github.rest.call import Answer, Call, Table, page

table = Table()
_REPO = "/repos/{owner}/{repo}"
_COMMIT = f"{_REPO}/commits/{{ref:path}}"
_STATES = ("error", "failure", "pending", "success")


async def _sha(known: Repository, ref: str) -> str:
    sha = await resolve(known.path, ref.removeprefix("heads/"))
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {ref}")
    return sha


async def _commit(known: Repository, sha: str) -> Commit:
    return (await log(known.path, "--max-count=1", sha))[0]


@table("GET", f"{_REPO}/commits")
async def list_commits(call: Call) -> Answer:
    """Return the history of a branch or commit, newest first."""
    known = call.repository
    sha = await resolve(known.path, call.query("sha") or known.default_branch)
    if sha is None:
        raise not_found()
    listed = await log(known.path, sha)
    return page(call, listed, lambda entry: commit_payload(known, entry))


@table("GET", f"{_COMMIT}/check-runs")
async def list_check_runs(call: Call) -> Answer:
    """Return the check runs of a commit: the newest of each name unless `filter=all`."""
    known = call.repository
    sha = await _sha(known, call.path("ref"))
    runs = [run for run in known.check_runs.values() if run.suite.head_sha == sha]
    if call.query("filter", "latest") == "latest":
        runs = list({(run.suite.app.id, run.name): run for run in runs}.values())
    wanted = {"name": call.query("check_name"), "status": call.query("status")}
    for field, value in wanted.items():
        runs = [run for run in runs if not value or getattr(run, field) == value]
    if call.query("app_id"):
        runs = [run for run in runs if str(run.suite.app.id) == call.query("app_id")]
    return page(call, runs[::-1], lambda run: check_run(known, run), "check_runs")


@table("GET", f"{_COMMIT}/check-suites")
async def list_check_suites(call: Call) -> Answer:
    """Return the check suites of a commit."""
    known = call.repository
    sha = await _sha(known, call.path("ref"))
    suites = [suite for suite in known.suites if suite.head_sha == sha]
    return page(call, suites, lambda suite: check_suite(known, suite), "check_suites")


@table("GET", f"{_COMMIT}/status")
async def get_combined_status(call: Call) -> Answer:
    """Return the newest status of each context, and one word for all."""
    known = call.repository
    return Answer(combined_status(known, await _sha(known, call.path("ref"))))


@table("GET", f"{_COMMIT}/statuses")
async def list_statuses(call: Call) -> Answer:
    """Return all statuses of a commit, newest first."""
    known = call.repository
    sha = await _sha(known, call.path("ref"))
    found = [entry for entry in known.statuses[::-1] if entry.sha == sha]
    return page(call, found, lambda entry: status_payload(known, entry))


@table("POST", f"{_REPO}/statuses/{{sha}}")
async def create_status(call: Call) -> Answer:
    """Put a status on a commit."""
    if call.text("state", "Status") not in _STATES:
        raise invalid("Status", "state")
    known = call.repository
    entry = await add_status(call.hub, known, call.known.account, call.path("sha"), call.fields)
    answer = status_payload(known, entry)
    return Answer(answer, 201, {"Location": answer["url"]})


@table("GET", f"{_REPO}/commits/{{sha}}/pulls")
async def list_pulls_of_commit(call: Call) -> Answer:
    """Return the pull requests that contain a commit."""
    known = call.repository
    sha = await _sha(known, call.path("sha"))
    found = [
        pull
        for pull in known.pulls.values()
        if any(entry.sha == sha for entry in pull.diff.commits) or pull.merge_commit_sha == sha
    ]
    return page(call, found, simple_pull)


@table("GET", _COMMIT)
async def get_commit(call: Call) -> Answer:
    """Return a commit with its diff."""
    known = call.repository
    found = await _commit(known, await _sha(known, call.path("ref")))
    start = found.parents[0] if found.parents else EMPTY_TREE
    files = await changed_files(known.path, start, found.sha)
    added, removed = (
        sum(getattr(file, name) for file in files) for name in ("additions", "deletions")
    )
    return Answer(
        commit_payload(known, found)
        | {
            "stats": {"total": added + removed, "additions": added, "deletions": removed},
            "files": [changed_file(known, file, found.sha) for file in files],
        }
    )


@table("GET", f"{_REPO}/git/commits/{{sha}}")
async def get_git_commit(call: Call) -> Answer:
    """Return a commit object."""
    known = call.repository
    sha = await resolve(known.path, call.path("sha"))
    if sha is None:
        raise not_found()
    return Answer(git_commit(known, await _commit(known, sha)))


@table("GET", f"{_REPO}/compare/{{basehead:path}}")
async def compare_commits(call: Call) -> Answer:
    """Return what lies between two commits, `base...head`."""
    known = call.repository
    base_name, dots, head_name = call.path("basehead").partition("...")
    ends = [await resolve(known.path, name.rpartition(":")[2]) for name in (base_name, head_name)]
    base, head = ends
    if not dots or base is None or head is None:
        raise not_found()
    diff = await compare(known.path, base, head)
    if diff is None:
        raise not_found()
    behind = len(await log(known.path, f"{head}..{base}"))
    url = f"{known.api}/compare/{base_name}...{head_name}"
    html = f"{known.html}/compare/{base_name}...{head_name}"
    return Answer(
        {
            "url": url,
            "html_url": html,
            "permalink_url": f"{known.html}/compare/{base[:7]}...{head[:7]}",
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "base_commit": commit_payload(known, await _commit(known, base)),
            "merge_base_commit": commit_payload(known, await _commit(known, diff.merge_base)),
            "status": await _relation(known, base, head),
            "ahead_by": len(diff.commits),
            "behind_by": behind,
            "total_commits": len(diff.commits),
            "commits": [commit_payload(known, entry) for entry in diff.commits],
            "files": [changed_file(known, file, head) for file in diff.files],
        }
    )


async def _relation(known: Repository, base: str, head: str) -> str:
    if base == head:
        return "identical"
    if await is_ancestor(known.path, base, head):
        return "ahead"
    return "behind" if await is_ancestor(known.path, head, base) else "diverged"
