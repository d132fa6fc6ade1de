"""Git over HTTP: the real `git http-backend` in front of the bare repositories."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from office.github.acts.refs import settle
from office.github.auth import Caller, Keys
from office.github.errors import Refused
from office.github.git import run_git
from office.github.hub import Hub, role
from office.github.records import Repository

_PASSED_ON = {
    "content-type": "CONTENT_TYPE",
    "content-encoding": "HTTP_CONTENT_ENCODING",
    "git-protocol": "GIT_PROTOCOL",
    "user-agent": "HTTP_USER_AGENT",
}

UPDATE_HOOK = """#!/bin/sh
# Protected branches take changes through pull requests; administrators may bypass.
[ "$OFFICE_MAY_BYPASS" = 1 ] && exit 0
[ "$1" = "refs/heads/main" ] || exit 0
echo "error: GH006: Protected branch update failed for refs/heads/main." >&2
echo "error: Changes must be made through a pull request." >&2
exit 1
"""
"""git runs it once per ref of a push."""


async def serve(hub: Hub, keys: Keys, request: Request) -> Response:
    """Answer one request of a git client; after a push do all that follows from it."""
    writes = "git-receive-pack" in (
        request.query_params.get("service", ""),
        request.path_params["tail"],
    )
    name = f"{request.path_params['owner']}/{request.path_params['name']}"
    try:
        caller = keys.identify(request.headers.get("authorization"))
        repository = _allowed(hub, name, caller, writes=writes)
    except Refused as refusal:
        return _refusal(refusal)
    body = await request.body()
    if request.method == "GET" or not writes or caller is None:
        return await _backend(repository, request, body, caller)
    async with repository.lock:
        answer = await _backend(repository, request, body, caller)
        await settle(hub, repository, caller.account)
    return answer


def _allowed(hub: Hub, name: str, caller: Caller | None, *, writes: bool) -> Repository:
    account = caller.account if caller else None
    if caller is None and (writes or name.lower() not in hub.repositories):
        raise Refused(401, "Authentication required")
    repository = hub.repository(name)
    held = role(repository, account)
    if caller is None and held == "none":
        raise Refused(401, "Authentication required")
    if held == "none":
        raise Refused(404, "Repository not found.")
    if writes and held == "read":
        raise Refused(403, f"Permission to {name}.git denied.")
    return repository


def _refusal(refusal: Refused) -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="GitHub"'} if refusal.status == 401 else {}
    return PlainTextResponse(refusal.message + "\n", refusal.status, headers)


def _environment(
    repository: Repository, request: Request, body: bytes, caller: Caller | None
) -> Mapping[str, str]:
    headers = {
        variable: request.headers[name]
        for name, variable in _PASSED_ON.items()
        if name in request.headers
    }
    login = caller.account.login if caller else ""
    bypass = role(repository, caller.account if caller else None) == "admin"
    return {
        **headers,
        "GIT_PROJECT_ROOT": str(repository.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "OFFICE_MAY_BYPASS": "1" if bypass else "0",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "PATH_INFO": f"/{request.path_params['tail']}",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        # Without a user, git http-backend refuses to receive.
        **({"REMOTE_USER": login} if login else {}),
    }


async def _backend(
    repository: Repository, request: Request, body: bytes, caller: Caller | None
) -> Response:
    surroundings = _environment(repository, request, body, caller)
    done = await asyncio.to_thread(run_git, repository.path, ("http-backend",), surroundings, body)
    output, errors = done.stdout, done.stderr
    head, blank, content = output.partition(b"\r\n\r\n")
    if not blank:
        return PlainTextResponse(errors.decode(errors="replace"), 500)
    headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n"))
    status = int(headers.pop("Status", "200").split(" ", 1)[0])
    return Response(content, status, headers)
