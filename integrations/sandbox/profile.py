"""The bubblewrap profile: what a command sees, as arguments for bwrap.

An allow-list: what is not named here does not exist inside. `docs/adr/0005-the-sandbox.md` has the
reasons, flag by flag.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.domain.value import Value
from integrations.sandbox.limits import Limits

HOME = "/home/agent"
SHELL_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
ETC = (
    "alternatives", "ca-certificates", "gai.conf", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
    "localtime", "mime.types", "postgresql-common", "protocols", "services", "ssl/certs",
    "ssl/openssl.cnf", "timezone",
)  # fmt: skip
ACCOUNTS = "agent:x:{user}:{group}:agent:{home}:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
SYNTHETIC = (
    ("/etc/passwd", ACCOUNTS),
    ("/etc/group", "agent:x:{group}:\nnogroup:x:65534:\n"),
    ("/etc/hosts", "127.0.0.1 localhost sandbox{hosts}\n::1 localhost\n"),
    ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
)

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


class Profile(Value):
    """What one command may see and write."""

    user: int
    """The user id inside; git compares it with what its index says of each file."""
    group: int
    worktree: Path
    worktree_is_writable: bool
    pinned: Path | None
    """The worktree's `.git`, held in place read-only so that it cannot be exchanged."""
    read_only: tuple[Path, ...]
    """Visible at the same path: the mirror, the interpreter, the repository's dependencies."""
    scratch: Path | None
    """One more writable folder, at the same path."""
    helper: Path
    environment: dict[str, str]
    hosts: tuple[str, ...] = ()
    """More names of the sandbox itself."""


HELPER = "/run/backsmith/integrations/sandbox/helper.py"
"""Its parts stand beside it, in `inside`, as they do outside."""


def arguments(
    profile: Profile, limits: Limits, data: Callable[[bytes], int], seccomp: int | None = None
) -> list[str]:
    """Return the arguments for bwrap.

    Args:
        profile: What the command may see.
        limits: Sizes of the temporary file systems.
        data: Gives the number of an open file that holds the bytes.
        seccomp: Number of an open file with a compiled seccomp filter.
    """
    return [
        *_namespaces(profile),
        *(part for item in sorted(profile.environment.items()) for part in ("--setenv", *item)),
        *_system(profile, data),
        *_temporary(limits),
        *_project(profile),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *(() if seccomp is None else ("--seccomp", str(seccomp))),
    ]


def _namespaces(profile: Profile) -> list[str]:
    return [
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup-try", "--disable-userns", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--hostname", "sandbox"),
        *("--uid", str(profile.user), "--gid", str(profile.group)),
        "--clearenv",
    ]


def _system(profile: Profile, data: Callable[[bytes], int]) -> Iterator[str]:
    """Programs and the few files of /etc that they need; accounts and hosts are made up."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in SHELL_FOLDERS:
        folder = Path("/", name)
        if folder.is_symlink():
            yield from ("--symlink", str(folder.readlink()), str(folder))
        elif folder.is_dir():
            yield from ("--ro-bind", str(folder), str(folder))
    for name in ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    hosts = "".join(f" {name}" for name in profile.hosts if _HOST.fullmatch(name))
    for place, text in SYNTHETIC:
        filled = text.format(user=profile.user, group=profile.group, home=HOME, hosts=hosts)
        yield from ("--ro-bind-data", str(data(filled.encode())), place)


def _temporary(limits: Limits) -> list[str]:
    home_bytes = limits.temporary_bytes // 2
    return [
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(limits.shared_memory_bytes), "--tmpfs", "/dev/shm"),  # noqa: S108 - inside
        *("--size", str(limits.temporary_bytes), "--tmpfs", "/tmp"),  # noqa: S108 - inside
        *("--size", str(home_bytes), "--tmpfs", HOME),
        *("--dir", "/run", "--dir", "/var/tmp"),  # noqa: S108 - inside
    ]


def _project(profile: Profile) -> Iterator[str]:
    """Mount order matters: the `.git` pin lies upon the worktree."""
    for path in profile.read_only:
        if not path.is_relative_to("/usr"):
            yield from ("--ro-bind", str(path), str(path))
    for name in (profile.helper.name, "inside"):
        inner = Path(HELPER).with_name(name)
        yield from ("--ro-bind", str(profile.helper.with_name(name)), str(inner))
    kind = "--bind" if profile.worktree_is_writable else "--ro-bind"
    yield from (kind, str(profile.worktree), str(profile.worktree))
    if profile.pinned is not None:
        yield from ("--ro-bind", str(profile.pinned), str(profile.pinned))
    if profile.scratch is not None:
        yield from ("--bind", str(profile.scratch), str(profile.scratch))
    yield from ("--chdir", str(profile.worktree))
