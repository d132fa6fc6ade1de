"""The output of a child is whole, however late it comes."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.sandbox.process import Launch, execute

LATE = "import time; time.sleep(0.6); print('the whole answer')"
LEAVING = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("the parent's answer")
"""


def launched(program: str, folder: Path) -> Launch:
    return Launch(
        argv=(sys.executable, "-I", "-c", program),
        environment={},
        folder=folder,
        stdin=b"",
        timeout=timedelta(seconds=30),
        output_cap_bytes=1000,
    )


def test_what_a_child_says_just_before_its_end_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine a child may write and end after we looked for output, and before we ask
    # whether it has ended: here that question always takes as long as that.
    monkeypatch.setattr(subprocess.Popen, "poll", lambda process: process.wait())
    done = execute(launched(LATE, tmp_path))
    assert (done.exit_code, done.output, done.timed_out) == (0, "the whole answer\n", False)


def test_a_child_of_the_child_that_holds_the_pipe_is_not_waited_for(tmp_path: Path) -> None:
    done = execute(launched(LEAVING, tmp_path))
    assert (done.exit_code, done.output, done.timed_out) == (0, "the parent's answer\n", False)
    assert done.seconds < 20
