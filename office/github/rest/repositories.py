"""REST: repositories, branches, refs, files and who may do what."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from office.github.accounts import BY_LOGIN
from office.github.acts.refs import write_ref
from office.github.commits import is_ancestor, log, resolve
from office.github.errors import Refused, not_found
from office.github.git import GitError, git, git_bytes
from office.github.hub import require_write, role
from office.github.payloads.commits import commit as commit_payload
from office.github.payloads.repositories import (
    branch_protection_summary,
    full_repository,
    git_ref,
    is_protected,
    protection,
    required_status_checks,
    short_branch,
)
from office.github.payloads.users import collaborator
from office.github.records import Repository
from office.github.rest.call import Answer, Call, Table, page

table = Table()
_REPO = "/repos/{owner}/{repo}"


@table("GET", _REPO)
async def get_repository(call: Call) -> Answer:
    """Return a repository."""
    known = call.repository
    held = role(known, call.caller.account if call.caller else None)
    return Answer(full_repository(known, held))


def _branches(repository: Repository) -> list[tuple[str, str]]:
    heads = "refs/heads/"
    return sorted(
        (name.removeprefix(heads), sha)
        for name, sha in repository.refs.items()
        if name.startswith(heads)
    )


@table("GET", f"{_REPO}/branches")
async def list_branches(call: Call) -> Answer:
    """Return all branches by name."""
    known = call.repository
    return page(call, _branches(known), lambda entry: short_branch(known, *entry))


def _protected(call: Call) -> tuple[Repository, str]:
    known, branch = call.repository, call.path("branch")
    if known.branch(branch) is None:
        raise Refused(404, "Branch not found")
    if not is_protected(known, branch):
        raise Refused(404, "Branch not protected")
    if role(known, call.known.account) != "admin" and call.known.kind == "person":
        raise not_found()
    return known, branch


@table("GET", f"{_REPO}/branches/{{branch:path}}/protection/required_status_checks")
async def get_required_checks(call: Call) -> Answer:
    """Return which checks a merge needs; admins only."""
    return Answer(required_status_checks(*_protected(call)))


@table("GET", f"{_REPO}/branches/{{branch:path}}/protection")
async def get_protection(call: Call) -> Answer:
    """Return the rules of a branch; admins only."""
    return Answer(protection(*_protected(call)))


@table("GET", f"{_REPO}/branches/{{branch:path}}")
async def get_branch(call: Call) -> Answer:
    """Return a branch, with a summary of its protection that every reader gets."""
    known, branch = call.repository, call.path("branch")
    sha = known.branch(branch)
    if sha is None:
        raise Refused(404, "Branch not found")
    tip = (await log(known.path, "--max-count=1", sha))[0]
    return Answer(
        {
            "name": branch,
            "commit": commit_payload(known, tip),
            "_links": {
                "html": f"{known.html}/tree/{branch}",
                "self": f"{known.api}/branches/{branch}",
            },
        }
        | branch_protection_summary(known, branch)
    )


@table("GET", f"{_REPO}/git/ref/{{ref:path}}")
async def get_ref(call: Call) -> Answer:
    """Return a ref; the path has no `refs/`."""
    known, name = call.repository, f"refs/{call.path('ref')}"
    sha = known.refs.get(name)
    if sha is None:
        raise not_found()
    return Answer(git_ref(known, name, sha))


@table("GET", f"{_REPO}/git/refs")
@table("GET", f"{_REPO}/git/matching-refs/{{ref:path}}")
async def list_refs(call: Call) -> Answer:
    """Return all refs that begin with a name."""
    known = call.repository
    prefix = f"refs/{call.request.path_params.get('ref', '')}"
    found = sorted(entry for entry in known.refs.items() if entry[0].startswith(prefix))
    return page(call, found, lambda entry: git_ref(known, *entry))


@table("POST", f"{_REPO}/git/refs")
async def create_ref(call: Call) -> Answer:
    """Make a branch or a tag at a commit that is there."""
    known, name, sha = call.repository, call.text("ref", "Reference"), call.text("sha", "Reference")
    require_write(known, call.known.account)
    try:
        await git(known.path, "check-ref-format", name)
    except GitError as error:
        raise Refused(422, f"{name} is not a valid ref name.") from error
    if not name.startswith("refs/") or name.count("/") < 2:
        raise Refused(422, "Reference name must start with 'refs/' and have at least two slashes.")
    async with known.lock:
        if name in known.refs:
            raise Refused(422, "Reference already exists")
        if len(sha) != 40 or await resolve(known.path, sha) != sha:
            raise Refused(422, "Object does not exist")
        await write_ref(call.hub, known, call.known.account, name, sha)
    answer = git_ref(known, name, sha)
    return Answer(answer, 201, {"Location": answer["url"]})


def _writable(call: Call, known: Repository, name: str) -> str:
    require_write(known, call.known.account)
    sha = known.refs.get(name)
    if sha is None:
        raise Refused(422, "Reference does not exist")
    bypass = role(known, call.known.account) == "admin"
    if is_protected(known, name.removeprefix("refs/heads/")) and not bypass:
        raise Refused(422, "Changes must be made through a pull request.")
    return sha


@table("PATCH", f"{_REPO}/git/refs/{{ref:path}}")
async def update_ref(call: Call) -> Answer:
    """Move a branch; backwards only with `force`."""
    known, name = call.repository, f"refs/{call.path('ref')}"
    sha = call.text("sha", "Reference")
    async with known.lock:
        old = _writable(call, known, name)
        if len(sha) != 40 or await resolve(known.path, sha) != sha:
            raise Refused(422, "Object does not exist")
        if not call.optional("force", bool) and not await is_ancestor(known.path, old, sha):
            raise Refused(422, "Update is not a fast forward")
        await write_ref(call.hub, known, call.known.account, name, sha)
    return Answer(git_ref(known, name, sha))


@table("DELETE", f"{_REPO}/git/refs/{{ref:path}}")
async def delete_ref(call: Call) -> Answer:
    """Remove a branch or a tag; open pull requests from it close."""
    known, name = call.repository, f"refs/{call.path('ref')}"
    async with known.lock:
        _writable(call, known, name)
        await write_ref(call.hub, known, call.known.account, name, None)
    return Answer(status=204)


@table("GET", f"{_REPO}/contents/{{path:path}}")
@table("GET", f"{_REPO}/contents")
async def get_contents(call: Call) -> Answer:
    """Return a file with its content, or the entries of a folder."""
    known = call.repository
    path = str(call.request.path_params.get("path", "")).strip("/")
    ref = call.query("ref") or known.default_branch
    sha = await resolve(known.path, ref)
    if sha is None:
        raise Refused(404, f"No commit found for the ref {ref}")
    try:
        kind = (await git(known.path, "cat-file", "-t", f"{sha}:{path}")).strip()
    except GitError as error:
        raise not_found() from error
    if kind == "tree":
        listing = await git(known.path, "ls-tree", "-l", "-z", f"{sha}:{path}")
        return Answer([_entry(known, ref, path, row) for row in listing.split("\0") if row])
    row = (await git(known.path, "ls-tree", "-l", "-z", sha, "--", path)).strip("\0")
    content = await git_bytes(known.path, "cat-file", "blob", f"{sha}:{path}")
    coded = base64.encodebytes(content).decode()
    return Answer(_entry(known, ref, "", row) | {"encoding": "base64", "content": coded})


def _entry(known: Repository, ref: str, folder: str, row: str) -> dict[str, Any]:
    """Read one row of `git ls-tree -l`."""
    facts, _, name = row.partition("\t")
    _, what, sha, size = facts.split()
    path = f"{folder}/{name}".lstrip("/")
    url = f"{known.api}/contents/{quote(path)}?ref={quote(ref)}"
    git_url = f"{known.api}/git/{what}s/{sha}"
    html = f"{known.html}/{what}/{ref}/{quote(path)}"
    return {
        "type": "dir" if what == "tree" else "file",
        "size": int(size) if size.isdecimal() else 0,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "url": url,
        "git_url": git_url,
        "html_url": html,
        "download_url": None if what == "tree" else f"{known.html}/raw/{ref}/{quote(path)}",
        "_links": {"self": url, "git": git_url, "html": html},
    }


@table("GET", f"{_REPO}/collaborators/{{login}}/permission")
async def get_permission(call: Call) -> Answer:
    """Return what an account may do."""
    known = call.repository
    require_write(known, call.known.account)
    account = BY_LOGIN.get(call.path("login"))
    if account is None:
        raise not_found()
    held = role(known, account)
    shown = collaborator(call.hub.site, account, held)
    return Answer({"permission": held, "role_name": held, "user": shown})


@table("GET", f"{_REPO}/collaborators/{{login}}")
async def is_collaborator(call: Call) -> Answer:
    """Answer 204 for a collaborator and 404 for anyone else."""
    known = call.repository
    account = BY_LOGIN.get(call.path("login"))
    if account is None or role(known, account) not in ("admin", "write"):
        raise not_found()
    return Answer(status=204)
