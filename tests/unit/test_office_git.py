"""The office's git commands leave nothing behind when nobody waits for them any more."""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

import pytest

from office.github.git import GitError, git, run_git


def test_command_whose_caller_is_cancelled_ends_with_the_loop(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    nap = "alias.nap=!echo yes >begun; sleep 0.2; touch ended"

    async def give_up() -> None:
        slow = asyncio.create_task(git(tmp_path, "-c", nap, "nap"))
        assert await asyncio.to_thread(begun.read_text) == "yes\n"
        slow.cancel()

    asyncio.run(give_up())
    assert (tmp_path / "ended").exists()
    gc.collect()  # pytest makes an error of what is left open


def test_failed_command_tells_what_git_said(tmp_path: Path) -> None:
    with pytest.raises(GitError, match=r"ended with 128: .*not a git repository"):
        asyncio.run(git(tmp_path, "rev-parse", "HEAD"))


def test_input_is_passed_on(tmp_path: Path) -> None:
    done = run_git(tmp_path, ("hash-object", "--stdin"), body=b"hello\n")
    assert done.stdout.strip() == b"ce013625030ba8dba906f756967f9e9ca394464a"
