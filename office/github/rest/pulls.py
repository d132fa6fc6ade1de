"""REST: pull requests, their commits and files, review requests and the merge."""

from __future__ import annotations

from office.github.acts.merging import merge_pull
from office.github.acts.pulls import edit_pull, open_pull, request_review, withdraw_request
from office.github.acts.refs import write_ref
from office.github.diffs import merged_tree
from office.github.errors import Refused, custom, invalid, not_found
from office.github.git import git, identity
from office.github.hub import require_write
from office.github.payloads.commits import changed_file
from office.github.payloads.commits import commit as commit_payload
from office.github.payloads.pulls import full_pull, simple_pull
from office.github.payloads.users import user
from office.github.records import PullRequest
from office.github.rest.call import Answer, Call, Table, page

table = Table()
_PULLS = "/repos/{owner}/{repo}/pulls"
_PULL = f"{_PULLS}/{{number}}"


@table("POST", _PULLS)
async def create_pull(call: Call) -> Answer:
    """Open a pull request."""
    pull = await open_pull(
        call.hub,
        call.repository,
        call.known.account,
        title=call.text("title", "PullRequest"),
        head=call.text("head", "PullRequest"),
        base=call.text("base", "PullRequest"),
        body=call.optional("body", str),
        draft=call.optional("draft", bool) or False,
    )
    answer = full_pull(pull)
    return Answer(answer, 201, {"Location": answer["url"]})


@table("GET", _PULLS)
async def list_pulls(call: Call) -> Answer:
    """Return pull requests by state, head (`owner:branch`) and base, newest first."""
    known = call.repository
    state, base = call.query("state", "open"), call.query("base")
    owner, colon, head = call.query("head").rpartition(":")
    found = [
        pull
        for pull in known.pulls.values()
        if state in ("all", pull.state)
        and (not base or pull.base_ref == base)
        # GitHub ignores a head without owner.
        and (not colon or (owner.lower(), head) == (known.owner.login.lower(), pull.head_ref))
    ]
    key = "updated_at" if call.query("sort") == "updated" else "number"
    newest_first = call.query("direction", "desc") == "desc"
    found.sort(key=lambda pull: getattr(pull, key), reverse=newest_first)
    return page(call, found, simple_pull)


@table("GET", _PULL)
async def get_pull(call: Call) -> Answer:
    """Return a pull request."""
    return Answer(full_pull(call.pull))


@table("PATCH", _PULL)
async def update_pull(call: Call) -> Answer:
    """Change title, body, base or state."""
    pull, state = call.pull, call.optional("state", str)
    if state not in (None, "open", "closed"):
        raise invalid("PullRequest", "state")
    async with call.repository.lock:
        await edit_pull(
            call.hub,
            pull,
            call.known.account,
            title=call.optional("title", str),
            body=call.optional("body", str),
            base=call.optional("base", str),
            state=state,
        )
    return Answer(full_pull(pull))


@table("GET", f"{_PULL}/commits")
async def list_pull_commits(call: Call) -> Answer:
    """Return the commits, oldest first."""
    pull = call.pull
    return page(call, pull.diff.commits, lambda entry: commit_payload(pull.repository, entry))


@table("GET", f"{_PULL}/files")
async def list_pull_files(call: Call) -> Answer:
    """Return the files that differ from the merge base."""
    pull = call.pull
    return page(
        call, pull.diff.files, lambda file: changed_file(pull.repository, file, pull.head_sha)
    )


@table("GET", f"{_PULL}/requested_reviewers")
async def list_requested(call: Call) -> Answer:
    """Return who was asked and has not answered yet."""
    users = [user(call.hub.site, account) for account in call.pull.requested]
    return Answer({"users": users, "teams": []})


def _logins(call: Call) -> list[str]:
    if call.optional("team_reviewers", list):
        raise Refused(422, "Could not resolve to a node with the global id of the team.")
    return [str(login) for login in call.optional("reviewers", list) or []]


@table("POST", f"{_PULL}/requested_reviewers")
async def add_requested(call: Call) -> Answer:
    """Ask for reviews."""
    pull = call.pull
    request_review(call.hub, pull, call.known.account, _logins(call))
    return Answer(simple_pull(pull), 201)


@table("DELETE", f"{_PULL}/requested_reviewers")
async def remove_requested(call: Call) -> Answer:
    """Take requests back."""
    pull = call.pull
    withdraw_request(call.hub, pull, call.known.account, _logins(call))
    return Answer(simple_pull(pull))


@table("GET", f"{_PULL}/merge")
async def is_merged(call: Call) -> Answer:
    """Answer 204 once it is merged, 404 before."""
    if call.pull.merged_at is None:
        raise not_found()
    return Answer(status=204)


@table("PUT", f"{_PULL}/merge")
async def merge(call: Call) -> Answer:
    """Merge it."""
    method = call.optional("merge_method", str) or "merge"
    if method not in ("merge", "squash", "rebase"):
        raise invalid("PullRequest", "merge_method")
    sha = await merge_pull(
        call.hub,
        call.pull,
        call.known.account,
        method=method,
        title=call.optional("commit_title", str),
        message=call.optional("commit_message", str),
        sha=call.optional("sha", str),
    )
    return Answer({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@table("PUT", f"{_PULL}/update-branch")
async def update_branch(call: Call) -> Answer:
    """Merge the base branch into the head branch."""
    pull, expected = call.pull, call.optional("expected_head_sha", str)
    require_write(pull.repository, call.known.account)
    async with pull.repository.lock:
        if expected not in (None, pull.head_sha):
            raise custom("PullRequest", "expected head sha didn't match current head ref.")
        await _merge_base(call, pull)
    url = f"{pull.repository.html}/pull/{pull.number}"
    return Answer({"message": "Updating pull request branch.", "url": url}, 202)


async def _merge_base(call: Call, pull: PullRequest) -> None:
    known, by = pull.repository, call.known.account
    base = known.branch(pull.base_ref) or ""
    if base == pull.diff.merge_base:
        raise Refused(422, "There are no new commits on the base branch.")
    tree = await merged_tree(known.path, pull.head_sha, base)
    if tree is None:
        raise Refused(422, "merge conflict between base and head")
    message = f"Merge branch '{pull.base_ref}' into {pull.head_ref}"
    parents = ("-p", pull.head_sha, "-p", base)
    who = identity(by.name or by.login, by.email)
    text = await git(known.path, "commit-tree", *parents, "-m", message, tree, environment=who)
    await write_ref(call.hub, known, by, f"refs/heads/{pull.head_ref}", text.strip())
