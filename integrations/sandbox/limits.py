"""What one command may use, and how that is enforced before the command starts."""

import os
from datetime import timedelta

from agent.domain.value import Value

MEBIBYTE = 1 << 20
GIT_OUTPUT_CAP_BYTES = 16 * MEBIBYTE


class Limits(Value):
    """Ceilings for one command and everything that it starts."""

    processes: int = 256
    """Counted per user and user namespace; the kernel does not hold uid 0 of the host to it."""
    file_bytes: int = 256 * MEBIBYTE
    data_bytes: int = 2048 * MEBIBYTE
    """Private memory of each process; not address space, which Node and the JVM reserve."""
    open_files: int = 1024
    temporary_bytes: int = 512 * MEBIBYTE
    """Size of /tmp; the home folder gets half of it."""
    shared_memory_bytes: int = 64 * MEBIBYTE


def limited(
    argv: tuple[str, ...], limits: Limits, timeout: timedelta, *, count_processes: bool
) -> list[str]:
    """Return a command that first lowers its own limits, then becomes `argv`.

    A shell does it as the first step inside, because a process limit set from outside would count
    every process of our user. Shells disagree on the letter for processes (bash -u, dash -p).
    """
    seconds = (int(timeout.total_seconds()) + 1) * (os.cpu_count() or 1)
    steps = [
        "ulimit -c 0",
        f"ulimit -t {seconds}",
        f"ulimit -f {limits.file_bytes // 512}",
        f"ulimit -d {limits.data_bytes // 1024}",
        f"ulimit -n {limits.open_files}",
    ]
    if count_processes:
        steps.append(
            f"{{ ulimit -u {limits.processes} 2>/dev/null || ulimit -p {limits.processes}; }}"
        )
    script = " && ".join([*steps, 'exec "$@"'])
    return ["/bin/sh", "-c", script, "sh", *argv]
