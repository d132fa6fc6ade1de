"""What git says when it fails, in the words of our own errors."""

import re

from agent.domain.errors import (
    DeveloperError,
    NeedsHumanError,
    NotFoundError,
    PermanentError,
    PermissionDeniedError,
    TransientError,
)

_KINDS: tuple[tuple[type[DeveloperError], str], ...] = (
    (
        TransientError,
        r"could not resolve host|failed to connect|couldn't connect|connection (refused|reset)|"
        r"timed out|timeout:|early eof|rpc failed|hung up unexpectedly|error: (429|5\d\d)|"
        r"cannot lock ref|\.lock': file exists|gnutls|(tls|ssl)[ _](connect|handshake|routines)",
    ),
    (
        PermissionDeniedError,
        r"authentication failed|could not read (username|password)|terminal prompts disabled|"
        r"error: 40[13]|permission denied|access denied|dubious ownership|write access",
    ),
    (
        NotFoundError,
        r"repository .*not found|not found|does not appear to be a git repository|does not exist|"
        r"couldn't find remote ref|not our ref|unadvertised object|bad revision|unknown revision|"
        r"not a valid object|bad object|needed a single revision|no such file or directory",
    ),
)
_REJECTED = re.compile(r"^!\t\S+\t\[(?P<by>remote )?rejected\] \((?P<why>.*)\)", re.MULTILINE)


def translated(doing: str, said: str) -> DeveloperError:
    """Return the error for what git wrote to stderr while we were `doing` something."""
    text = re.sub(r"://[^/@\s]+@", "://", said).strip()[-1000:]
    for kind, words in _KINDS:
        if re.search(words, text, re.IGNORECASE):
            return kind(f"{doing} failed: {text}")
    return PermanentError(f"{doing} failed: {text or 'git gave no reason'}")


def push_failure(branch: str, report: str, said: str) -> DeveloperError:
    """Return the error for a push that failed; `report` is what `--porcelain` printed."""
    found = _REJECTED.search(report)
    if found is None:
        return translated(f"pushing {branch}", said)
    if found["by"]:
        reasons = "\n".join(line for line in said.splitlines() if line.startswith("remote:"))
        return NeedsHumanError(f"the server refused {branch} ({found['why']}): {reasons}".strip())
    return NeedsHumanError(
        f"{branch} has commits that we do not have ({found['why']}); nothing was overwritten: "
        "merge or remove them, then try again"
    )
