"""What a failed check run has to say."""

import re
from collections.abc import Iterator

import httpx
from github import Github, GithubException
from github.CheckRun import CheckRun

from agent.domain.errors import TransientError
from integrations.github.errors import is_rate_limit
from integrations.github.texts import plain

_LOG_BYTES = 20_000
_LOG_LINES = 200
_READ_BYTES = 1 << 18
_ANNOTATIONS = 50
_JOB = re.compile(r"/actions/runs/\d+/jobs?/(\d+)")
_TIME_STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ?", re.MULTILINE)
_ERROR = "##[error]"


def check_log(client: Github, repository: str, run: CheckRun) -> str:
    """Return the end of the job's log, or else what the check reported about itself."""
    text = _job_log(client, repository, run) or "\n".join(_report(run))
    return plain_log(text)


def plain_log(text: str) -> str:
    """Return the end of a log within the cap, without time stamps and terminal sequences."""
    lines = plain(_TIME_STAMP.sub("", text)).rstrip().split("\n")[-_LOG_LINES:]
    return "\n".join(lines).encode()[-_LOG_BYTES:].decode(errors="ignore")


def _job_log(client: Github, repository: str, run: CheckRun) -> str:
    """Return the log up to its last error; empty when there is none or we may not read it.

    GitHub redirects to a storage host that must not get our token, and that PyGithub refuses.
    Source: GitHub REST, "Download job logs for a workflow run".
    """
    found = _JOB.search(run.details_url or "")
    if not found:
        return ""
    path = f"/repos/{repository}/actions/jobs/{found.group(1)}/logs"
    status, headers, body = client.requester.requestJson("GET", path)
    if status == 302 and "location" in headers:
        body = _download(str(headers["location"]))
    elif status != 200:
        error = client.requester.createException(status, headers, {"message": body[:200]})
        if status >= 500 or is_rate_limit(error):
            raise error
        return ""
    end = body.rfind(_ERROR)
    # After the last error come only the steps that clean up.
    return body if end < 0 else body[: (body + "\n").index("\n", end)]


def _download(location: str) -> str:
    """Return the end of a file, as much as can matter."""
    tail = bytearray()
    try:
        with httpx.stream("GET", location, timeout=15) as answer:
            if not answer.is_success:
                return ""
            for piece in answer.iter_bytes():
                tail += piece
                del tail[:-_READ_BYTES]
    except httpx.HTTPError as error:
        raise TransientError(f"A job's log could not be read: {type(error).__name__}.") from error
    return tail.decode(errors="replace")


def _report(run: CheckRun) -> Iterator[str]:
    """Yield the check's own words. Source: GitHub REST, "List check run annotations"."""
    output = run.output
    yield from (text for text in (output.title, output.summary, output.text) if text)
    if not output.annotations_count:
        return
    try:
        annotations = list(run.get_annotations())[:_ANNOTATIONS]
    except GithubException as error:
        if error.status in (403, 404) and not is_rate_limit(error):
            return
        raise
    for note in annotations:
        yield f"{note.path}:{note.start_line}: {note.annotation_level}: {note.message}"
